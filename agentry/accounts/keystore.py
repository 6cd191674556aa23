"""Whose key is this? Answered on every API request, so it is quick, and it holds when servers fall.

A process remembers a key for CACHED seconds; behind that Valkey holds every key, written through when it is
issued or revoked; behind that stands PostgreSQL, the truth, asked only for what Valkey does not know (a
Valkey that restarts empty heals itself). A live key that Valkey knows works while PostgreSQL is down.

Revocation leaves a tombstone in Valkey. Nothing but time removes it, and a live record never replaces it, so
a slow reader that saw the key alive a moment ago cannot bring it back. Tombstones outlive live records.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple

import msgspec
import structlog
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError
from structlog.contextvars import bind_contextvars

from agentry import valkey
from agentry.accounts import last_used
from agentry.accounts.models import ApiToken, DsnKey, Limited, Project
from agentry.accounts.secrets import API_TOKEN, DSN_KEY, fingerprint
from agentry.errors import AgentryError, not_found

Kind = Literal["dsn", "token"]

LIMITS = ("events_per_second", "requests_per_second", "events_per_month")
CACHED = 2.0  # seconds a process believes what it last heard; revocation may take 5 in all
WRONG_CACHED = 5  # seconds Valkey remembers that PostgreSQL does not know a key
CACHE_SIZE = 10_000  # keys a process remembers, some 5 MB
LIVE = timedelta(days=7)  # `mirror` renews live records long before
REVOKED_FOR = timedelta(days=8)

_REVOKED = b"revoked"
_UNKNOWN = b"unknown"
_PUT_UNLESS_REVOKED = """
if redis.call('GET', KEYS[1]) == 'revoked' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
_BEARER = {
    "dsn": re.compile(rf"(?i:bearer) +({DSN_KEY}[A-Za-z0-9_-]{{32}}) *"),
    "token": re.compile(rf"(?i:bearer) +({API_TOKEN}[A-Za-z0-9_-]{{32}}) *"),
}
_CALLED = {"dsn": f"a DSN key ({DSN_KEY}…)", "token": f"an API token ({API_TOKEN}…)"}
_WHAT_TO_SEND = {
    "dsn": f"Send Authorization: Bearer {DSN_KEY}… with a DSN key from the project's Setup page.",
    "token": f"Send Authorization: Bearer {API_TOKEN}… with a token from the team's API tokens page.",
}
log = structlog.get_logger()


class Limit(NamedTuple):
    """At most `amount` of `kind` for a holder: "project" or "key", and its id."""

    holder: str
    id: int
    kind: str  # a field of models.Limited
    amount: int


@dataclass(frozen=True)
class Access:
    """What a key opens. A DSN key has a project and no scopes; an API token has scopes and its whole team.
    `limits` are those of a DSN key and of its project. At `ends_at` (seconds since the epoch) a rotated key
    dies by itself: every process looks at its own clock, so nobody has to be told."""

    kind: Kind
    key_id: int
    team_id: int
    project_id: int | None
    project_slug: str | None
    scopes: frozenset[str]
    limits: tuple[Limit, ...] = ()
    ends_at: float | None = None

    @property
    def has_ended(self) -> bool:
        return self.ends_at is not None and time.time() >= self.ends_at


@dataclass(frozen=True)
class _Heard:
    """What this process last heard of a key (None: a wrong key), and until when it believes it."""

    access: Access | None
    until: float  # time.monotonic()


# Wrong keys have their own shelf, so that a flood of them does not push out the good ones.
_good: dict[str, _Heard] = {}
_wrong: dict[str, _Heard] = {}
# A stalled PostgreSQL may hold two threads of a process; every further lookup is told to come back.
_postgres_turns = threading.BoundedSemaphore(2)
_decode = msgspec.json.Decoder(Access).decode


def authorize(header: str | None, kind: Kind) -> Access:
    """What the Authorization header opens. Raises 401 `unauthorized`, 503 `keys_unavailable`."""
    match = _BEARER[kind].fullmatch(header) if header else None
    if match is None:
        raise _wrong_kind(header, kind) or _unauthorized(kind)
    mark = fingerprint(match[1])
    heard = _good.get(mark) or _wrong.get(mark)
    if heard is None or heard.until < time.monotonic():
        heard = _ask(mark, kind)
    if heard.access is None or heard.access.has_ended:
        raise _unauthorized(kind)
    last_used.mark(heard.access.kind, heard.access.key_id)
    return heard.access


def require_scope(access: Access, scope: str) -> None:
    """Raises 403 `missing_scope` when the token may not do this. Log and audit log say which token did."""
    bind_contextvars(token=access.key_id)
    if scope not in access.scopes:
        message = f"This token does not have the scope {scope}."
        raise AgentryError(403, "missing_scope", message, f"Make an API token with the scope {scope}.")


def project_of(access: Access, slug: str) -> Project:
    """The project of that slug which the key opens. Raises 404 `not_found`; asks PostgreSQL.

    Ingest must not need PostgreSQL: it compares `access.project_slug` and takes `access.project_id`.
    """
    projects = Project.objects.select_related("team").filter(team_id=access.team_id, slug=slug)
    if access.project_id is not None:
        projects = projects.filter(pk=access.project_id)
    project = None if "\0" in slug else projects.first()  # PostgreSQL takes no NUL
    if project is None:
        raise not_found(f"This key opens no project called {slug[:50]}.")
    return project


def put(mark: str, access: Access) -> None:
    """Write a live key through to Valkey, unless it lies revoked there. Raises RedisError."""
    seconds = int(LIVE.total_seconds())
    valkey.client().eval(_PUT_UNLESS_REVOKED, 1, _name(mark), msgspec.json.encode(access), seconds)


def bury(marks: Iterable[str]) -> None:
    """Leave tombstones for revoked keys. Raises RedisError."""
    pipeline = valkey.client().pipeline(transaction=False)
    for mark in marks:
        _good.pop(mark, None)
        pipeline.set(_name(mark), _REVOKED, ex=REVOKED_FOR)
    pipeline.execute()


def access_of(key: DsnKey | ApiToken) -> Access:
    if isinstance(key, DsnKey):
        project = key.project
        limits = (*_limits("project", project), *_limits("key", key))
        return Access(
            "dsn", key.pk, project.team_id, project.pk, project.slug, frozenset(), limits, _end(key)
        )
    return Access("token", key.pk, key.team_id, None, None, frozenset(key.scopes), ends_at=_end(key))


def _end(key: DsnKey | ApiToken) -> float | None:
    return None if key.ends_at is None else key.ends_at.timestamp()


def _limits(holder: str, limited: Limited) -> Iterator[Limit]:
    for kind in LIMITS:
        amount = getattr(limited, kind)
        if amount is not None:
            yield Limit(holder, limited.pk, kind, amount)


def forget() -> None:
    """Drop what this process remembers."""
    _good.clear()
    _wrong.clear()


def _ask(mark: str, kind: Kind) -> _Heard:
    asked = time.monotonic()  # before the question: an answer is never believed for longer than CACHED
    access = _from_valkey_or_postgres(mark, kind)
    shelf = _wrong if access is None else _good
    if len(shelf) >= CACHE_SIZE:
        shelf.clear()
    heard = _Heard(access, asked + CACHED)
    (_good if access is None else _wrong).pop(mark, None)
    shelf[mark] = heard
    return heard


def _from_valkey_or_postgres(mark: str, kind: Kind) -> Access | None:
    if valkey.is_away():
        return _from_postgres(mark, kind)
    try:
        record = valkey.client().get(_name(mark))
    except RedisError as error:
        valkey.answered(error)
        log.warning("valkey_unreachable", what="key", error=type(error).__name__)
        return _from_postgres(mark, kind)
    valkey.answered()
    if record in (_REVOKED, _UNKNOWN):
        return None
    if record is not None:
        try:
            return _decode(record)
        except msgspec.DecodeError:
            log.warning("key_record_unreadable")  # another version's; written anew below
    access = _from_postgres(mark, kind)
    _remember(mark, access)
    return access


def _remember(mark: str, access: Access | None) -> None:
    try:
        if access is None:
            valkey.client().set(_name(mark), _UNKNOWN, ex=WRONG_CACHED, nx=True)
        else:
            put(mark, access)
    except RedisError:
        pass  # the next request asks PostgreSQL again


def _from_postgres(mark: str, kind: Kind) -> Access | None:
    if not _postgres_turns.acquire(timeout=0.25):
        raise _unavailable()
    try:
        live = {"secret_hash": mark, "revoked_at": None}
        key: DsnKey | ApiToken | None
        if kind == "dsn":
            key = DsnKey.objects.select_related("project").filter(**live).first()
        else:
            key = ApiToken.objects.filter(**live).first()
    except (OperationalError, InterfaceError):
        raise _unavailable() from None
    finally:
        _postgres_turns.release()
    return None if key is None else access_of(key)


def _name(mark: str) -> str:
    return f"key:{mark}"


def _unauthorized(kind: Kind) -> AgentryError:
    return AgentryError(401, "unauthorized", "The key is missing, wrong or revoked.", _WHAT_TO_SEND[kind])


def _wrong_kind(header: str | None, kind: Kind) -> AgentryError | None:
    """What to say of a key that by its form is of the other kind: it is not looked up, so nothing is told."""
    other: Kind = "token" if kind == "dsn" else "dsn"
    if not header or not _BEARER[other].fullmatch(header):
        return None
    message = f"This takes {_CALLED[kind]}; the key sent is {_CALLED[other]}."
    return AgentryError(401, "unauthorized", message, _WHAT_TO_SEND[kind])


def _unavailable() -> AgentryError:
    message = "The key cannot be checked at the moment."
    return AgentryError(
        503, "keys_unavailable", message, "Send the request again in a few seconds.", retry_after=5
    )
