"""How many queries a project may run at once, counted over all processes in Valkey."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import redis
from django.conf import settings

from agentry import valkey
from agentry.errors import AgentryError

# A sorted set of running queries by the moment at which each must have ended: a process that died gives
# its place back by itself.
TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
"""


@contextmanager
def slot(project_id: int) -> Iterator[None]:
    """Hold one of the project's places while a query runs. Raises AgentryError 429 when all are taken.

    Without Valkey there is no limit: answering matters more than counting.
    """
    key, member = f"queries:{project_id}", uuid4().hex
    now, longest = int(time.time() * 1000), settings.QUERY_TIMEOUT_MS + 5_000
    try:
        taken = valkey.client().eval(
            TAKE, 1, key, now, now + longest, settings.QUERIES_AT_ONCE, member, longest
        )
    except redis.RedisError:
        yield
        return
    if not taken:
        raise AgentryError(
            429,
            "too_many_queries",
            f"This project runs {settings.QUERIES_AT_ONCE} queries already.",
            "Try again when one of them has ended.",
            retry_after=2,
        )
    try:
        yield
    finally:
        release(key, member)


def release(key: str, member: str) -> None:
    try:
        valkey.client().zrem(key, member)
    except redis.RedisError:
        return  # the place frees itself when its time is over
