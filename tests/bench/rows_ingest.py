"""Events in: batches against COPY, single events against an empty view, and how soon they are queryable."""

from __future__ import annotations

import random
import time
import uuid
from bisect import bisect
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import msgspec
import psycopg

from tests.bench import load
from tests.bench.generate import customers
from tests.bench.stack import Running, database
from tests.bench.table import Row, interleaved

BATCH_EVENTS = 2_000
BATCHES = 60
ROUNDS = 3
PROBES = 60
INGEST = "/v1/analytics/default/"
EMPTY = "/v1/bench/empty"
NAMES = list(customers())
SHARES = list(accumulate(customers().values()))
COLUMNS = (
    'project_id, status, "timestamp", latency_ms, bytes, uuid, event, distinct_id, customer_id, endpoint,'
    " method, plan, rest"
)


def measure(running: Running) -> list[Row]:
    return [batches(running), singles(running), freshness(running), *memory(running)]


def event(name: str, at: datetime, rng: random.Random) -> dict[str, Any]:
    """An event of the walkthrough's shape, with measures: nine in ten are of its five customers."""
    number = bisect(SHARES, rng.random() * SHARES[-1])
    customer = NAMES[number]
    endpoint = rng.randrange(12)
    return {
        "event": name,
        "distinct_id": customer,
        "uuid": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "timestamp": at.isoformat(),
        "properties": {
            "customer_id": customer,
            "plan": ("starter", "growth", "scale")[number % 3],
            "endpoint": f"/v1/resource{endpoint}",
            "method": ("GET", "GET", "POST")[endpoint % 3],
            "status": rng.choice((200,) * 24 + (404, 500)),
            "latency_ms": round(rng.uniform(5, 300), 1),
            "bytes": rng.randrange(20_000),
            "sdk_version": f"node/4.{rng.randrange(5)}",
            "ip_country": rng.choice(("US", "DE", "IN")),
        },
    }


def batches(running: Running) -> Row:
    """POST until queryable, against COPY of the same rows into a copy of the table, in turns."""
    numbers = iter(range(ROUNDS))
    names = iter([f"bench_{number}" for number in range(ROUNDS)])
    with database() as connection:
        connection.autocommit = True
        ours, theirs = interleaved(
            ROUNDS,
            lambda: posted(running, next(names)),
            lambda: copied(connection, running.project.pk, f"bench_{next(numbers)}"),
        )
    return Row(
        "batch ingest, POST to queryable",
        f"{ours:,.0f} events/s",
        f"COPY {theirs:,.0f} events/s",
        ours / theirs,
        0.5,
        "more",
    )


def posted(running: Running, name: str) -> float:
    """Events per second from the first POST until a query counts the last event. They are of the last hour,
    as live traffic is."""
    rng = random.Random(name)
    now = datetime.now(UTC)
    span = timedelta(hours=1) / (BATCH_EVENTS * BATCHES)
    bodies = [
        msgspec.json.encode(
            [event(name, now - span * (batch * BATCH_EVENTS + row), rng) for row in range(BATCH_EVENTS)]
        )
        for batch in range(BATCHES)
    ]
    job = load.Job(running.port, "POST", INGEST, running.headers(running.dsn), bodies, True, 120, 4)
    began = time.perf_counter()
    load.run(job).only(202)
    wait_for(running, f"select count() as n from events where event = '{name}'", BATCH_EVENTS * BATCHES)
    return BATCH_EVENTS * BATCHES / (time.perf_counter() - began)


def wait_for(running: Running, hogql: str, number: int) -> None:
    deadline = time.monotonic() + 120
    while running.ask(hogql)["rows"][0]["n"] < number:
        assert time.monotonic() < deadline, f"not {number} after two minutes: {hogql}"
        time.sleep(0.02)


def copied(connection: psycopg.Connection, project_id: int, name: str) -> float:
    """Rows per second of one COPY, committed, of the same rows into the same partitions and key."""
    select = f"SELECT {COLUMNS} FROM events WHERE project_id = {project_id} AND event = '{name}'"
    rows: list[bytes] = []
    with connection.cursor() as cursor, cursor.copy(f"COPY ({select}) TO STDOUT") as out:
        rows = [bytes(row) for row in out]
    connection.execute("DROP TABLE IF EXISTS events_copied")
    connection.execute(
        'CREATE TABLE events_copied (LIKE events INCLUDING ALL) PARTITION BY RANGE ("timestamp")'
    )
    today = datetime.now(UTC).date()
    for day in (today + timedelta(days=offset) for offset in range(-3, 2)):
        connection.execute(
            f"CREATE TABLE events_copied_{day:%Y%m%d} PARTITION OF events_copied"
            f" FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
        )
    began = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY events_copied ({COLUMNS}) FROM STDIN") as into:
        for row in rows:
            into.write(row)
    return len(rows) / (time.perf_counter() - began)


def singles(running: Running) -> Row:
    """One event a request over 16 connections, against the same request to an empty view."""
    rng = random.Random(1)
    sent = event("bench_single", datetime.now(UTC), rng)
    del sent["uuid"], sent["timestamp"]  # as the walkthrough's middleware sends it
    body, headers = msgspec.json.encode(sent), running.headers(running.dsn)

    def per_second(path: str, status: int) -> float:
        return load.run(load.Job(running.port, "POST", path, headers, [body])).only(status).per_second

    ours, theirs = interleaved(ROUNDS, lambda: per_second(INGEST, 202), lambda: per_second(EMPTY, 200))
    wait_until_drained(running)
    return Row(
        "single-event POST",
        f"{ours:,.0f} requests/s",
        f"empty view {theirs:,.0f}/s",
        ours / theirs,
        0.35,
        "more",
    )


def wait_until_drained(running: Running) -> None:
    """Until the count stands still, so that the next row is not measured against a busy writer."""
    counts = [-1, 0]
    while counts[-1] != counts[-2]:
        time.sleep(1)
        counts.append(running.ask("select count() as n from events")["rows"][0]["n"])


def freshness(running: Running) -> Row:
    """From the start of a POST until a query sees its event, with batches going in beside it."""
    rng = random.Random(2)
    beside = [event("bench_beside", datetime.now(UTC), rng) for _ in range(100)]
    for sent in beside:
        del sent["uuid"]
    headers = running.headers(running.dsn)
    job = load.Job(running.port, "POST", INGEST, headers, [msgspec.json.encode(beside)], False, 30, 1)
    background = load.start(job)
    waits = [probe(running, rng, number) for number in range(PROBES)]
    load.finish(background).only(202)
    wait_until_drained(running)
    worst = sorted(waits)[int(PROBES * 0.99)]
    measured = f"p99 {worst:.2f} s, median {sorted(waits)[PROBES // 2]:.2f} s"
    return Row("POST to queryable", measured, f"{PROBES} probes", worst, 5.0, "less")


def probe(running: Running, rng: random.Random, number: int) -> float:
    sent = event(f"bench_probe_{number}", datetime.now(UTC), rng)
    began = time.perf_counter()
    running.post(INGEST, sent, running.dsn)
    wait_for(running, f"select count() as n from events where event = 'bench_probe_{number}'", 1)
    return time.perf_counter() - began


def memory(running: Running) -> list[Row]:
    """After all of the above."""
    limits = {"web": 250.0, "worker": 300.0}
    return [
        Row(f"memory of {name}", f"{(used := running.memory_mb(name)):.0f} MB", "", used, limit, "less")
        for name, limit in limits.items()
    ]
