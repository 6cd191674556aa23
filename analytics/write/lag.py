"""How long events wait from their accept to their commit, measured by the writer after each commit.

In Valkey: `ingest:lag` is the histogram since ever over all projects (bucket → events, `sum` in ms);
`ingest:lag:{project}:{minute}` that of a project's commits of a minute, kept for a quarter of an hour;
`ingest:lag:last` a project's last one, in ms; `ingest:committed:{shard}:{entry}` the moment of a commit that
somebody waits for. None of it is needed to write events: what fails here is logged and forgotten. What is
redelivered after a crash is measured again.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass

import structlog
from redis.client import Pipeline
from redis.exceptions import RedisError

from agentry import valkey
from analytics.write.reader import Received, project_of

# Upper bounds in seconds; the last bucket has none.
BOUNDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
MINUTES = 15
TOLD_SECONDS = 3600
ALL, LAST = "ingest:lag", "ingest:lag:last"
_BOUNDS_MS = [round(bound * 1000) for bound in BOUNDS]
log = structlog.get_logger()


@dataclass(frozen=True)
class Lag:
    """Seconds from accept to commit of the events committed since some minutes ago; `last` is of any age."""

    events: int
    median: float | None
    slow: float | None  # 99 of 100 were quicker
    last: float | None


def committed(shard: int, runs: list[list[Received]], began: float) -> None:
    """Measure entries whose transaction has committed just now, and say so in the log."""
    entries = [entry for run in runs for entry in run]
    now = time.time_ns() // 1_000_000
    projects: defaultdict[int, Counter[int]] = defaultdict(Counter)
    last: dict[int, int] = {}
    total = events = longest = 0
    for entry in entries:
        waited = max(now - entry.id[0], 0)
        project_id = project_of(entry.data)
        projects[project_id][bisect_left(_BOUNDS_MS, waited)] += entry.events
        last[project_id] = waited
        longest = max(longest, waited)
        events += entry.events
        total += waited * entry.events
    ms = round((time.perf_counter() - began) * 1000, 1)
    log.info("written", shard=shard, entries=len(entries), events=events, ms=ms, waited_ms=longest)
    pipeline = valkey.client().pipeline(transaction=False)
    _keep(pipeline, projects, last, total, now)
    for entry in entries:
        if entry.waits:
            pipeline.set(committed_name(shard, entry.name), now, ex=TOLD_SECONDS, nx=True)
    try:
        pipeline.execute()
    except RedisError as error:
        log.warning("lag_not_kept", error=type(error).__name__)


def _keep(
    pipeline: Pipeline, projects: dict[int, Counter[int]], last: dict[int, int], total: int, now: int
) -> None:
    everywhere: Counter[int] = Counter()
    for project_id, buckets in projects.items():
        everywhere.update(buckets)
        name = _minute_name(project_id, now // 60_000)
        for bucket, events in buckets.items():
            pipeline.hincrby(name, str(bucket), events)
        pipeline.expire(name, (MINUTES + 1) * 60)
    for bucket, events in everywhere.items():
        pipeline.hincrby(ALL, str(bucket), events)
    pipeline.hincrby(ALL, "sum", total)
    if last:
        pipeline.hset(LAST, mapping={str(project_id): waited for project_id, waited in last.items()})


def committed_name(shard: int, entry: str) -> str:
    return f"ingest:committed:{shard}:{entry}"


def _minute_name(project_id: int, minute: int) -> str:
    return f"ingest:lag:{project_id}:{minute}"


def of_project(project_id: int, now: int) -> Lag:
    """Over the last 15 minutes, the current one included. Raises redis.RedisError."""
    pipeline = valkey.client().pipeline(transaction=False)
    for minute in range(now // 60_000 - MINUTES + 1, now // 60_000 + 1):
        pipeline.hgetall(_minute_name(project_id, minute))
    pipeline.hget(LAST, str(project_id))
    *minutes, last = pipeline.execute()
    buckets = [0] * (len(BOUNDS) + 1)
    for minute in minutes:
        for bucket, events in minute.items():
            buckets[int(bucket)] += int(events)
    return Lag(
        sum(buckets), quantile(buckets, 0.5), quantile(buckets, 0.99), int(last) / 1000 if last else None
    )


def everywhere() -> tuple[list[int], float]:
    """Events by bucket since ever, and the sum of their lags in seconds. Raises redis.RedisError."""
    found: dict[bytes, bytes] = valkey.client().hgetall(ALL)  # type: ignore[assignment]
    buckets = [int(found.get(b"%d" % bucket, 0)) for bucket in range(len(BOUNDS) + 1)]
    return buckets, int(found.get(b"sum", 0)) / 1000


def quantile(buckets: list[int], part: float) -> float | None:
    """Seconds, as if a bucket's events were spread evenly over it; the last bound for what is beyond it."""
    wanted, below = part * sum(buckets), 0
    for bucket, events in enumerate(buckets):
        if events and below + events >= wanted:
            if bucket == len(BOUNDS):
                return float(BOUNDS[-1])
            lower = BOUNDS[bucket - 1] if bucket else 0.0
            return lower + (BOUNDS[bucket] - lower) * max(wanted - below, 0) / events
        below += events
    return None
