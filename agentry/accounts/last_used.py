"""When each key was last used: marked in Valkey, written to PostgreSQL once a minute by a task."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import cast

import structlog
from django.db.models import Q
from redis.exceptions import RedisError

from agentry import valkey
from agentry.accounts.models import ApiToken, DsnKey

MARKS = "keys:used"  # hash: "dsn:17" → seconds since the epoch
EVERY = 60.0  # seconds between two marks of one key by one process

_marked: dict[str, float] = {}  # when this process last marked a key, time.monotonic(); one entry a live key
log = structlog.get_logger()


def mark(kind: str, key_id: int) -> None:
    """Note that a key was used now: one small write to Valkey a minute, never to PostgreSQL."""
    name = f"{kind}:{key_id}"
    now = time.monotonic()
    if _marked.get(name, -EVERY) > now - EVERY:
        return
    _marked[name] = now
    try:
        valkey.client().hset(MARKS, name, str(int(time.time())))
    except RedisError as error:
        log.warning("valkey_unreachable", what="last_used", error=type(error).__name__)


def flush() -> int:
    """Move the marks to PostgreSQL and return how many. A mark made meanwhile comes again in a minute."""
    marks = cast(dict[bytes, bytes], valkey.client().hgetall(MARKS))
    for name, seconds in marks.items():
        kind, _, key_id = name.decode().partition(":")
        at = datetime.fromtimestamp(int(seconds), UTC)
        earlier = Q(last_used_at=None) | Q(last_used_at__lt=at)
        model = DsnKey if kind == "dsn" else ApiToken
        model._default_manager.filter(earlier, pk=int(key_id)).update(last_used_at=at)
    if marks:
        valkey.client().hdel(MARKS, *marks)
    return len(marks)


def forget() -> None:
    """Let the next use of each key be marked again."""
    _marked.clear()
