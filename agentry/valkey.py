"""The one Valkey client of a process."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
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
