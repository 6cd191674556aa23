"""The one Valkey client of a process."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings


@cache
def client() -> redis.Redis:
    """A pooled client that answers bytes. One second to connect or answer, then redis.exceptions.*."""
    return redis.Redis.from_url(settings.VALKEY_URL, socket_timeout=1.0, socket_connect_timeout=1.0)
