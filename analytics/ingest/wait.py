"""`?wait=true`: hold the answer until the writer has committed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from redis.exceptions import RedisError

from agentry import valkey
from agentry.errors import AgentryError
from analytics.ingest.stream import Receipt

SECONDS = 15.0
PLACES = 16  # requests of a process that wait at once; each holds a thread that pages and queries need too
PLACE_SECONDS = 1.0
POLL_SECONDS = 0.5  # shorter than the client's socket timeout

_places = threading.BoundedSemaphore(PLACES)


@dataclass
class Outcome:
    stored: int = 0
    duplicates: int = 0
    dead_lettered: int = 0


@contextmanager
def place() -> Iterator[None]:
    """A place to wait in, taken before the events are appended. Raises 503 `overloaded`."""
    if not _places.acquire(timeout=PLACE_SECONDS):
        message = "Too many requests are waiting for their events to be stored."
        hint = "Send the request again, or without ?wait=true."
        raise AgentryError(503, "overloaded", message, hint, retry_after=2)
    try:
        yield
    finally:
        _places.release()


def outcome(receipt: Receipt) -> Outcome:
    """What became of the events of a request. Raises 503 `not_yet_stored` after 15 seconds."""
    deadline = time.monotonic() + SECONDS
    total = Outcome()
    for entry_id in receipt.entry_ids:
        stored, duplicates, dead_lettered = _of_entry(f"ingest:done:{receipt.shard}:{entry_id}", deadline)
        total.stored += stored
        total.duplicates += duplicates
        total.dead_lettered += dead_lettered
    return total


def _of_entry(key: str, deadline: float) -> list[int]:
    while time.monotonic() < deadline:
        try:
            found = valkey.client().blpop([key], timeout=POLL_SECONDS)
        except RedisError:
            time.sleep(POLL_SECONDS)
            continue
        if found:
            return msgspec.json.decode(found[1], type=list[int])
    message = "The events are accepted and safe, but not stored yet."
    hint = "Do not send them again: they will be stored as soon as the database can."
    raise AgentryError(503, "not_yet_stored", message, hint, retry_after=5)
