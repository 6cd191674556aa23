"""Requests that were refused whole, with a valid key: counted by project and code, beside the accounting.

What they held was never an event, so the identity does not know them. `ingest:refused` has the requests by
`project:code`, `ingest:refused:at` when that was last, in milliseconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.db import close_old_connections
from redis.exceptions import RedisError

from agentry import valkey
from agentry.accounts.keystore import authorize
from agentry.errors import AgentryError

REFUSED = "ingest:refused"
AT = "ingest:refused:at"
# What is wrong with what was sent. Limits (429) and our own trouble (503) are no fault of a body.
STATUSES = frozenset((400, 408, 413, 415, 422))
_PROJECT = re.compile(rb"/v1/analytics/([^/]+)/?")
log = structlog.get_logger()


@dataclass(frozen=True)
class Refused:
    """Requests refused for one reason, and when the last one was, in milliseconds."""

    code: str
    requests: int
    at: int


@contextmanager
def counted(project_id: int) -> Iterator[None]:
    """Count the refusal that escapes, if it is one of a whole request."""
    try:
        yield
    except AgentryError as error:
        if error.status in STATUSES:
            note(project_id, error.code)
        raise


def note(project_id: int, code: str) -> None:
    """Count one. Without Valkey nothing is counted: the answer matters more."""
    pipeline = valkey.client().pipeline(transaction=False)
    pipeline.hincrby(REFUSED, f"{project_id}:{code}")
    pipeline.hset(AT, f"{project_id}:{code}", time.time_ns() // 1_000_000)
    try:
        pipeline.execute()
    except RedisError as error:
        log.warning("refusal_not_counted", code=code, error=type(error).__name__)


def note_unread(path: bytes, authorization: bytes, code: str) -> None:
    """Count a request that the front refused before anything looked at its key. In a thread of no request."""
    try:
        note_by_key(path, authorization, code)
    finally:
        close_old_connections()


def note_by_key(path: bytes, authorization: bytes, code: str) -> None:
    """Count a request that was refused before its key was looked at, if the key is one of the address."""
    address = _PROJECT.fullmatch(path)
    if address is None:
        return
    try:
        access = authorize(authorization.decode("latin-1"), "dsn")
    except AgentryError:
        return
    if access.project_id is not None and access.project_slug == address[1].decode("latin-1"):
        note(access.project_id, code)


def by_project() -> dict[tuple[int, str], int]:
    """(project, code) → requests. Raises redis.RedisError."""
    found: dict[bytes, bytes] = valkey.client().hgetall(REFUSED)  # type: ignore[assignment]
    return {_key(name): int(requests) for name, requests in found.items()}


def of_project(project_id: int) -> list[Refused]:
    """A project's, the most frequent first. Raises redis.RedisError."""
    codes = {code: requests for (owner, code), requests in by_project().items() if owner == project_id}
    if not codes:
        return []
    moments: list[bytes | None] = valkey.client().hmget(AT, [f"{project_id}:{code}" for code in codes])  # type: ignore[assignment]
    found = [
        Refused(code, requests, int(at or 0))
        for (code, requests), at in zip(codes.items(), moments, strict=True)
    ]
    return sorted(found, key=lambda refused: (-refused.requests, refused.code))


def _key(name: bytes) -> tuple[int, str]:
    project, _, code = name.decode().partition(":")
    return int(project), code
