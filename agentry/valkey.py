"""The one Valkey client of a process."""

from __future__ import annotations

import time
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as UnreachableError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as SilentError
from redis.retry import Retry


@cache
def client() -> redis.Redis:
    """A pooled client that answers bytes. One second to connect or answer, then redis.exceptions.*.

    No retries: the client's own would hold a web thread for seconds, and send an append twice. The pool
    notices by itself that a connection was closed while it lay idle.
    """
    return redis.Redis.from_url(
        settings.VALKEY_URL, socket_timeout=1.0, socket_connect_timeout=1.0, retry=Retry(NoBackoff(), 0)
    )


AGAIN_SECONDS = 1.0


class _Away:
    client: redis.Redis | None = None  # of which the rest is known
    again_at = 0.0  # time.monotonic(); 0 while it answers


def is_away() -> bool:
    """Whether it has not answered lately: every further question would cost a thread a second. Once in a
    second one who asks is told that it may be back, and finds out."""
    if not _Away.again_at:
        return False
    now = time.monotonic()
    if _Away.client is client() and now < _Away.again_at:
        return True
    _Away.again_at = now + AGAIN_SECONDS
    return False


def answered(error: RedisError | None = None) -> None:
    """What became of a question that `is_away` is asked before."""
    if isinstance(error, UnreachableError | SilentError):
        _Away.client, _Away.again_at = client(), time.monotonic() + AGAIN_SECONDS
    elif _Away.again_at:
        _Away.again_at = 0.0
