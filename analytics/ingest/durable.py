"""Whether an append is on disk when Valkey has answered it.

With `appendfsync always` it is. With any other policy WAITAOF must follow and say that one log has it. A
Valkey without a log keeps nothing: production takes no event then; development and the tests do.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.conf import settings
from redis.exceptions import RedisError, ResponseError

from agentry.valkey import client
from analytics.ingest.line import pack

SECONDS = 3.0  # `everysec` syncs once a second, and up to two later while a sync is under way
BELIEVED = 10.0  # seconds; the policy may be changed on a running server
_WAITAOF = pack(["WAITAOF", 1, 0, round(SECONDS * 1000)])
log = structlog.get_logger()


class NotOnDiskError(RedisError):
    """The append was answered, but no log has it."""


class _Heard:
    command = b""
    until = 0.0
    connections = 0


def command(connections: int = 0) -> bytes:
    """What must follow an append, packed; empty when nothing must. Raises RedisError.

    With another number of connections than before it may be another server, or the same one restarted."""
    if time.monotonic() > _Heard.until or connections != _Heard.connections:
        _Heard.command = _ask()
        _Heard.until, _Heard.connections = time.monotonic() + BELIEVED, connections
    return _Heard.command


def check(replies: list[Any]) -> None:
    """Raises RedisError unless each reply of WAITAOF, [local, replicas], says that the local log has it."""
    for reply in replies:
        if isinstance(reply, RedisError):
            raise reply
        if reply[0] < 1:
            raise NotOnDiskError("WAITAOF ran out of time.")


def forget() -> None:
    """Ask again before the next append: after an error the server may be another one."""
    _Heard.until = 0.0


def _ask() -> bytes:
    try:
        config = client().config_get("appendonly", "appendfsync")
    except ResponseError:
        return _WAITAOF  # a managed server that does not show its settings
    if config.get("appendonly") == "yes":
        return b"" if config.get("appendfsync") == "always" else _WAITAOF
    if settings.PRODUCTION:
        raise NotOnDiskError("Valkey keeps no append-only file.")
    log.warning("valkey_keeps_nothing", hint="Events are lost when Valkey ends: set appendonly yes.")
    return b""
