"""The door of a publication: who shows the right key comes in, for everybody else there is nothing here.

An unknown id, a wrong key, a missing one, a revoked link and a revoked publication are told apart by
nothing that a visitor can see. The key is looked up by its SHA-256, so the comparison's time says nothing
about a key that is nearly right, and all of them cost the same one look.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils import timezone
from redis.exceptions import RedisError

from agentry import valkey
from agentry.accounts.models import Project
from agentry.accounts.secrets import fingerprint
from agentry.errors import AgentryError, not_found
from publications.models import Link

BELIEVED = 3.0  # seconds a process believes that a key is right; revocation may take 5 in all
KEYS_REMEMBERED = 10_000
MISSES = 20  # from one address, for one publication, before it has to wait
WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Shared:
    """What a right key opens: enough to answer without a look at the database."""

    link_id: int
    publication_id: str
    version: int
    description: str
    query: str
    project: Project  # with its team


_open: dict[tuple[str, str], tuple[float, Shared]] = {}  # (publication, key's hash) → until, what it opens
_waiting: dict[str, float] = {}  # who has missed too often → until when


def enter(request: HttpRequest, publication_id: str, cookie: str) -> Shared:
    """What the request's key opens. Raises 404 `not_found`, 429 `too_many_misses`, 503.

    Who has missed too often waits, whatever the key: were a right key let through, every guess would still
    be answered. So the misses are looked at before the key is.
    """
    visitor = f"{request.META.get('REMOTE_ADDR', '')}:{publication_id[:40]}"
    now = time.monotonic()
    if _waiting.get(visitor, 0.0) > now:
        raise _wait(_waiting[visitor] - now)
    mark = fingerprint(shown_key(request, cookie))
    until, shared = _open.get((publication_id, mark), (0.0, None))
    if shared is None or until < now:
        _refuse_who_misses(visitor)
        try:
            shared = _look_up(publication_id, mark)
        except (OperationalError, InterfaceError):
            raise unavailable() from None
        if shared is None:
            _count_miss(visitor)
            raise not_found(hint="Ask whoever gave you the link for a new one.")
        if len(_open) >= KEYS_REMEMBERED:
            _open.clear()
        _open[publication_id, mark] = (now + BELIEVED, shared)
    return shared


def shown_key(request: HttpRequest, cookie: str) -> str:
    """The key a request carries: in the address, as Bearer, or in the cookie of an earlier visit."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    bearer = header[7:].strip() if header[:7].lower() == "bearer " else ""
    return key_in_address(request) or bearer or request.COOKIES.get(cookie, "")


def key_in_address(request: HttpRequest) -> str:
    return request.GET.get("key", "") if request.META.get("QUERY_STRING") else ""


def unavailable() -> AgentryError:
    """What a viewer hears when there is no answer: no cause, for it may quote the question."""
    message = "This publication has no answer at the moment."
    hint = "Try again in a minute. If it stays so, tell whoever sent you the link."
    return AgentryError(503, "publication_unavailable", message, hint, retry_after=5)


def forget() -> None:
    """Drop what this process remembers."""
    _open.clear()
    _waiting.clear()


def _look_up(publication_id: str, mark: str) -> Shared | None:
    links = Link.objects.filter(Link.live(timezone.now()), key_hash=mark, publication__revoked_at=None)
    link = links.select_related("publication__project__team").first()
    if link is None or not secrets.compare_digest(link.publication_id.encode(), publication_id.encode()):
        return None
    found = link.publication
    return Shared(link.pk, found.id, found.version, found.description, found.query, found.project)


def _refuse_who_misses(visitor: str) -> None:
    """Raises 429 for who has missed too often. Without Valkey nobody waits: 192 bits are not guessed."""
    try:
        misses = cast(bytes | None, valkey.client().get(_name(visitor)))
        if int(misses or 0) < MISSES:
            return
        seconds = int(valkey.client().ttl(_name(visitor)))
    except RedisError:
        return
    if len(_waiting) >= KEYS_REMEMBERED:
        _waiting.clear()
    _waiting[visitor] = time.monotonic() + max(seconds, 1)
    raise _wait(max(seconds, 1))


def _count_miss(visitor: str) -> None:
    with suppress(RedisError):
        pipeline = valkey.client().pipeline()
        pipeline.incr(_name(visitor))
        pipeline.expire(_name(visitor), WAIT, nx=True)
        pipeline.execute()


def _name(visitor: str) -> str:
    return f"publication:misses:{visitor}"


def _wait(seconds: float) -> AgentryError:
    message = "Too many addresses were tried that lead nowhere."
    hint = "Wait, then open the link as it was sent to you."
    return AgentryError(429, "too_many_misses", message, hint, retry_after=int(seconds) + 1)
