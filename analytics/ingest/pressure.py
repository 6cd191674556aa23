"""Whether Valkey has memory for more events.

Events stop at four fifths of it: the rest is for what takes them away again, Celery's messages among it, and
for what is on its way meanwhile. Looked at once a second, because a script cannot ask.
"""

from __future__ import annotations

import time

from redis.exceptions import ResponseError

from agentry.valkey import client

SHARE = 0.8
BELIEVED = 1.0  # seconds


class _Seen:
    full = False
    until = 0.0


def is_full() -> bool:
    """Raises RedisError when Valkey does not answer."""
    now = time.monotonic()
    if now > _Seen.until:
        _Seen.until = now + BELIEVED  # before the question: one thread asks
        _Seen.full = _ask()
    return _Seen.full


def forget() -> None:
    """Look again before the next append: it may be another server, or have been told otherwise."""
    _Seen.full, _Seen.until = False, 0.0


def _ask() -> bool:
    try:
        memory = client().info("memory")
    except ResponseError:
        return False  # a managed server that does not say: it refuses by itself
    limit = int(memory.get("maxmemory", 0))
    return limit > 0 and int(memory["used_memory"]) > SHARE * limit
