"""Events in when it is busy: how long an accept takes at half load, what three times the load does, and how
soon a backlog is gone."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
import psutil

from tests.bench import load, openloop
from tests.bench.rows_ingest import INGEST, event, wait_for, wait_until_drained
from tests.bench.stack import Running
from tests.bench.table import Row

SECONDS = 8.0
BATCH = 20  # events a request: what a middleware sends that batches
BACKLOG, BACKLOG_BATCH = 100_000, 1_000


def measure(running: Running) -> list[Row]:
    return [*overload(running), backlog(running)]


def overload(running: Running) -> list[Row]:
    """Saturation by a load that waits for answers; then half and three times of it by one that does not."""
    rng = random.Random(3)
    sent = [event("bench_load", datetime.now(UTC), rng) for _ in range(BATCH)]
    for one in sent:
        del one["uuid"], one["timestamp"]
    job = load.Job(
        running.port,
        "POST",
        INGEST,
        running.headers(running.dsn),
        [msgspec.json.encode(sent)],
        seconds=SECONDS,
    )
    saturation = load.run(job).only(202).per_second
    half = openloop.run(job, saturation / 2)
    assert set(half.statuses) == {"202"} and not half.late, half
    wait_until_drained(running)
    triple = openloop.run(job, saturation * 3)
    assert not triple.wrong and not triple.late, triple
    goodput = triple.accepted / triple.seconds
    wait_until_drained(running)
    at = f"of {saturation:,.0f} requests/s with {BATCH} events"
    return [
        Row("accept at half load", f"p99 {half.p99_ms:.0f} ms", f"half {at}", half.p99_ms, 100, "less"),
        Row(
            "goodput at three times the load",
            f"{goodput:,.0f} requests/s",
            at,
            goodput / saturation,
            0.8,
            "more",
        ),
        Row("any answer then", f"p99 {triple.p99_ms:.0f} ms", "202 or 503", triple.p99_ms, 500, "less"),
    ]


def backlog(running: Running) -> Row:
    """The worker stands still while events come; from when it goes on until a query counts them all."""
    rng = random.Random(4)
    now = datetime.now(UTC)
    bodies = [
        msgspec.json.encode([event("bench_backlog", now, rng) for _ in range(BACKLOG_BATCH)])
        for _ in range(BACKLOG // BACKLOG_BATCH)
    ]
    job = load.Job(running.port, "POST", INGEST, running.headers(running.dsn), bodies, True, 120, 4)
    with stopped(running.pids["worker"]):
        load.run(job).only(202)
    began = time.perf_counter()
    wait_for(running, "select count() as n from events where event = 'bench_backlog'", BACKLOG)
    took = time.perf_counter() - began
    return Row(f"backlog of {BACKLOG:,} gone", f"{took:.1f} s", "all of it queryable", took, 10, "less")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process and all below it stand still."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    for member in family:
        member.suspend()
    try:
        yield
    finally:
        for member in family:
            member.resume()
