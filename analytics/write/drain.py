"""Drain one shard's stream into PostgreSQL: read, write, commit, acknowledge, until it is empty.

One drain a shard at a time, by a session's advisory lock: it and the open transaction end together, so a
drain that lost its lock has written nothing. Whatever dies, entries stay in the stream until their commit.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import redis
import structlog
from django.db import connection

from analytics.engines import postgres_write as sql
from analytics.write import batch, lag
from analytics.write.failure import DATABASE_ERRORS, is_refusal, sqlstate
from analytics.write.reader import NoGroupError, Outcome, Reader, Received

SECONDS = 20.0
# Measured: 31.8 µs of PostgreSQL's time an event in batches of 10,000, 29.4 of 20,000, 26.3 of 40,000 (fewer
# rollup rows are raised twice), 25.3 of 80,000; the worker then has 97, 105, 128 and 174 MB.
BATCH_EVENTS = 40_000
BATCH_BYTES = 8_000_000
PIECE_EVENTS = 1_000  # a transaction that looks for what PostgreSQL refuses: a few seconds if it refuses all
READ_ENTRIES = 1_000  # a call: Valkey answers nobody else for some 10 ms
LOCK = 0x61677264  # the advisory lock's first key; the second is the shard
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Deadline:
    at: float

    def passed(self) -> bool:
        return time.monotonic() >= self.at


def drain(shard: int, seconds: float = SECONDS) -> bool:
    """Drain a shard for at most about `seconds`. Gives whether entries are left that nobody else drains."""
    reader = Reader(shard)
    deadline = Deadline(time.monotonic() + seconds)
    pause = FIRST_PAUSE
    while True:
        try:
            reader.wake_heard()
            # Looked at again after each unlocking: whoever found the lock taken relies on that.
            while reader.waiting():
                if deadline.passed():
                    return True
                with _lock(shard) as held:
                    if not held:
                        return False
                    _drain_locked(reader, deadline)
                pause = FIRST_PAUSE
            return False
        except (*DATABASE_ERRORS, redis.RedisError) as error:
            log.warning("drain_held", shard=shard, error=type(error).__name__, sqlstate=sqlstate(error))
            _reset()
            if time.monotonic() + pause >= deadline.at:
                return False  # beat tries again
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE)


def _drain_locked(reader: Reader, deadline: Deadline) -> None:
    after = "0"  # pending entries first: a predecessor read them and died
    while not deadline.passed():
        try:
            runs = list(_runs(reader, after))
        except NoGroupError:
            _begin(reader)
            continue
        if runs:
            _write(reader, runs, deadline)
        elif after == ">":
            return
        else:
            after = ">"


def _runs(reader: Reader, after: str) -> Iterator[list[Received]]:
    """Atomic reads until the batch is full or the stream has no more."""
    events = size = 0
    while events < BATCH_EVENTS and size < BATCH_BYTES:
        run = reader.read(after, READ_ENTRIES, BATCH_EVENTS - events, BATCH_BYTES - size)
        if not run:
            return
        yield run
        events += sum(entry.events for entry in run)
        size += sum(len(entry.data) for entry in run)
        if after != ">":
            after = run[-1].name


def _write(reader: Reader, runs: list[list[Received]], deadline: Deadline) -> None:
    """Write and acknowledge; if PostgreSQL refuses something, in small pieces, each for good: a batch of
    nothing but poison would else take longer than its task may, and begin anew for ever."""
    began = time.perf_counter()
    try:
        outcomes = batch.write(reader.shard, runs)
    except DATABASE_ERRORS as error:
        if not is_refusal(error):
            raise
    else:
        lag.committed(reader.shard, runs, began)
        _acknowledge(reader, runs, outcomes, deadline)
        return
    for piece in _pieces(runs):
        began = time.perf_counter()
        outcomes = batch.write(reader.shard, [piece], halve=True)
        lag.committed(reader.shard, [piece], began)
        _acknowledge(reader, [piece], outcomes, deadline)
        if deadline.passed():
            return


def _pieces(runs: list[list[Received]]) -> Iterator[list[Received]]:
    for run in runs:
        piece: list[Received] = []
        events = 0
        for entry in run:
            if piece and events + entry.events > PIECE_EVENTS:
                yield piece
                piece, events = [], 0
            piece.append(entry)
            events += entry.events
        yield piece


def _acknowledge(
    reader: Reader,
    runs: list[list[Received]],
    outcomes: Mapping[tuple[int, int], Outcome],
    deadline: Deadline,
) -> None:
    """Tried again here, where the outcomes are still known, before it is left to a redelivery."""
    entries = [entry for run in runs for entry in run]
    while True:
        try:
            return reader.acknowledge(entries, outcomes)
        except redis.RedisError:
            if deadline.passed():
                raise
            time.sleep(FIRST_PAUSE)


def _begin(reader: Reader) -> None:
    """The group is gone, and with it what was delivered before. Ids may even begin again, if Valkey was
    emptied and its clock went back: what is known of earlier ones must not stand in the way of new ones."""
    with connection.cursor() as cursor:
        sql.forget_runs(cursor, reader.shard)
    reader.make_group()


@contextlib.contextmanager
def _lock(shard: int) -> Iterator[bool]:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, shard])
        held: bool = cursor.fetchone()[0]
    try:
        yield held
    finally:
        if held:
            _unlock(shard)


def _unlock(shard: int) -> None:
    """Where the connection is broken, so is the lock."""
    with contextlib.suppress(*DATABASE_ERRORS), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, shard])


def _reset() -> None:
    """A connection that failed is not asked again."""
    if not connection.in_atomic_block:
        connection.close()
