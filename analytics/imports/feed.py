"""Batches into the stream, in order, and what became of each: the path of every other event.

The worker writes them if one runs; if none does, this process does, so that an import needs PostgreSQL and
Valkey only.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from django.conf import settings
from redis.exceptions import RedisError

from agentry import valkey
from agentry.errors import AgentryError
from analytics.ingest import stream
from analytics.ingest.batch import Batch
from analytics.ingest.stream import Receipt
from analytics.ingest.wake import wake
from analytics.write.drain import drain

Mark = TypeVar("Mark")

IN_FLIGHT_EVENTS = 20_000  # far below the backlog's cap, and two batches of the writer
PATIENCE_SECONDS = 60.0  # with a Valkey that does not answer, or a backlog that stays full
WORKER_SECONDS = (
    0.5  # how long a worker is given before this process writes itself; below the socket's timeout
)
DRAIN_SECONDS = 5.0
STALLED = AgentryError(
    503,
    "not_yet_stored",
    "The events are safe, but nothing has been stored for a minute.",
    "See whether PostgreSQL answers, then start the import again: it goes on.",
)


@dataclass(frozen=True)
class Fed(Generic[Mark]):
    """A batch that is answered for: every event of it is in PostgreSQL or among the dead letters."""

    mark: Mark
    batch: Batch
    stored: int
    duplicate: int
    dead_lettered: int


def feed(batches: Iterable[tuple[Mark, Batch]]) -> Iterator[Fed[Mark]]:
    """Send batches, some ahead; gives them back in order once they are answered for. Batches must be safe to
    send again: their events have uuids. Raises AgentryError 503 after a minute without progress."""
    feeder = _Feeder()
    waiting: deque[tuple[Mark, Batch, Receipt]] = deque()
    in_flight = 0
    for mark, batch in batches:
        waiting.append((mark, batch, feeder.append(batch)))
        in_flight += batch.accepted
        while in_flight > IN_FLIGHT_EVENTS:
            in_flight -= waiting[0][1].accepted
            yield feeder.settle(*waiting.popleft())
    while waiting:
        yield feeder.settle(*waiting.popleft())


class _Feeder:
    def __init__(self) -> None:
        self.worker_runs = True  # until it lets us wait

    def append(self, batch: Batch) -> Receipt:
        patience = _Patience()
        while True:
            try:
                receipt = stream.append(batch, waiting=True)
            except AgentryError as error:
                patience.check(error)
                for shard in range(settings.SHARDS):
                    drain(shard, DRAIN_SECONDS)
                time.sleep(WORKER_SECONDS)
                continue
            if receipt.wake:
                wake(receipt.shard)
            return receipt

    def settle(self, mark: Mark, batch: Batch, receipt: Receipt) -> Fed[Mark]:
        """Wait until every entry of a batch is answered for."""
        stored = duplicate = dead_lettered = 0
        for entry_id, entry in zip(receipt.entry_ids, batch.entries, strict=True):
            outcome = self._outcome(receipt.shard, entry_id)
            if outcome is None:
                again = Batch(batch.project_id, batch.clock, [entry], entry[1])
                fed = self.settle(mark, again, self.append(again))
                outcome = [fed.stored, fed.duplicate, fed.dead_lettered]
            stored += outcome[0]
            duplicate += outcome[1]
            dead_lettered += outcome[2]
        return Fed(mark, batch, stored, duplicate, dead_lettered)

    def _outcome(self, shard: int, entry_id: str) -> list[int] | None:
        """[stored, duplicate, dead-lettered] of an entry; None if it was written and nobody knows how: this
        process slept for longer than outcomes are kept."""
        patience = _Patience()
        key = f"ingest:done:{shard}:{entry_id}"
        wait = self.worker_runs
        while True:
            with suppress(RedisError):
                found = _popped(key, wait)
                if found is not None:
                    return found
                if not valkey.client().xrange(stream.name(shard), entry_id, entry_id):
                    return _popped(key, False)
            patience.check(STALLED)
            drain(shard, DRAIN_SECONDS)
            with suppress(RedisError):
                found = _popped(key, False)
                self.worker_runs = wait = found is None  # then somebody else holds the shard, or has trouble
                if found is not None:
                    return found


def _popped(key: str, wait: bool) -> list[int] | None:
    client = valkey.client()
    found = client.blpop([key], timeout=WORKER_SECONDS) if wait else [key, client.lpop(key)]
    return msgspec.json.decode(found[1], type=list[int]) if found and found[1] else None  # type: ignore[arg-type]


class _Patience:
    """Ends a wait after a minute in which the backlog did not move."""

    def __init__(self) -> None:
        self.backlog: object = None
        self.since = time.monotonic()

    def check(self, error: AgentryError) -> None:
        with suppress(RedisError):
            backlog = valkey.client().get(stream.BACKLOG)
            if backlog != self.backlog:
                self.backlog, self.since = backlog, time.monotonic()
        if time.monotonic() - self.since > PATIENCE_SECONDS:
            raise error
