"""Customer ids that look like what must not be one: a raw key, a token, an e-mail address.

Looked for in the newest days of the rollups, never at ingest. A bounded number is looked at: the mistake is
made in code, so that it shows with nearly every customer or with none. What is found is masked before it is
kept or shown.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from redis.exceptions import RedisError

from agentry import valkey
from analytics.engines import postgres_suspects

KEPT_SECONDS = 60
# Nothing found among few customers: quick to look up, and the first bad id may come at any moment.
SOON_SECONDS = 2
EXAMPLES = 3
# What ids of accounts begin with, at those who give out long ones.
ACCOUNT = re.compile(
    r"(?:org|cus|cust|customer|acct|acc|account|user|usr|team|ws|workspace|tenant|proj|project|app|client|company)"
    r"(?:anization)?[_:.-]",
    re.IGNORECASE,
)
UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
JWT = re.compile(r"(?:bearer\s+)?eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
SCHEME = re.compile(r"(?:bearer|basic|token|apikey)[\s:]+\S{8,}", re.IGNORECASE)
PREFIX = re.compile(
    r"(?:(?:sk|pk|rk|ak|key|api|apikey|api[_-]key|tok|token|secret|pat|live|test|prod)[_-]\S*[A-Za-z0-9]{12,}\S*"
    r"|(?:agd|agt|agp|ghp|gho|ghs|ghu|github_pat|shpat|whsec|npm|hf)_\S{16,}"
    r"|(?:glpat|xox[abeoprs])-\S{10,}|SG\.\S{16,}|A(?:KIA|SIA)[A-Z0-9]{16}|AIza[\w-]{35})",
    re.IGNORECASE,
)
RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9_+/=-]{40,}")  # a client id of OAuth has 32
KINDS = {
    "key": (
        "like a raw API key",
        "Send the account that the key belongs to: whoever sees customers sees the key.",
    ),
    "token": ("like a JWT", "Send a claim that you control, such as sub or the organization's id."),
    "email": (
        "like an e-mail address",
        "Send the account's id: an address is personal data, and it changes.",
    ),
}


@dataclass(frozen=True)
class Found:
    """How many customer ids look like something, how that is said, what to do, and masked examples."""

    customers: int
    looks: str
    remedy: str
    examples: list[str]


@dataclass(frozen=True)
class Suspects:
    """`looked_at`: ids of the newest two days, counted once a day and event; `all` unless there were more."""

    found: list[Found]
    all: bool


def kind_of(customer_id: str) -> str | None:
    """ "key", "token", "email" or None."""
    text = customer_id.strip()
    if JWT.fullmatch(text):
        return "token"
    if EMAIL.fullmatch(text):
        return "email"
    if UUID.fullmatch(text) or ACCOUNT.match(text):
        return None
    return "key" if any(shape.fullmatch(text) for shape in (SCHEME, PREFIX, RANDOM)) else None


def masked(text: str) -> str:
    """As much as one needs to find it in one's own records: never more than a third."""
    name, at, domain = text.partition("@")
    if at:
        return f"{name[:1]}…@{domain[:1]}…"
    ends = min(4, len(text) // 6)
    return f"{text[:ends]}…{text[-ends:]}" if ends else "…"


def suspects(project_id: int) -> Suspects:
    """Those of a project, at most a minute old; where few customers call and all are good, two seconds."""
    key = f"suspects:{project_id}"
    try:
        kept = valkey.client().get(key)
    except RedisError:
        kept = None
    if isinstance(kept, bytes):
        return msgspec.json.decode(kept, type=Suspects)
    found = look(project_id)
    with suppress(RedisError):  # the next page looks again
        seconds = SOON_SECONDS if found.all and not found.found else KEPT_SECONDS
        valkey.client().set(key, msgspec.json.encode(found), ex=seconds)
    return found


def look(project_id: int) -> Suspects:
    ids, complete = postgres_suspects.long_customer_ids(project_id)
    kinds = {customer_id: kind for customer_id in ids if (kind := kind_of(customer_id))}
    counts = Counter(kinds.values())
    return Suspects(
        [
            Found(
                counts[kind], *said, [masked(each) for each, its in kinds.items() if its == kind][:EXAMPLES]
            )
            for kind, said in KINDS.items()
            if counts[kind]
        ],
        complete,
    )
