"""Events for the tests of the write side: appended as ingest does, and looked at in every table."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection

from agentry.accounts.models import Project
from analytics.ingest.batch import Batch
from analytics.ingest.event import AcceptedEvent, Entry
from analytics.ingest.stream import Receipt, append
from analytics.ingest.times import Clock
from analytics.write.accounting import accounting
from analytics.write.drain import drain

NOW = int(time.time() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR
TABLES = ("usage_day", "usage_hour", "usage_detail_day", "usage_detail_hour")

# What each level must hold, computed anew from the raw events.
READINGS = """
SELECT project_id, event, "timestamp",
       coalesce(customer_id, rest->>'customer_id') AS customer_id,
       coalesce(endpoint, rest->>'endpoint') AS endpoint,
       coalesce(method, rest->>'method') AS method, coalesce(plan, rest->>'plan') AS plan,
       coalesce(status::float8, property_number(rest->>'status')) AS status,
       coalesce(latency_ms, property_number(rest->>'latency_ms'))::numeric AS latency_ms,
       coalesce(bytes::numeric, property_number(rest->>'bytes')::numeric) AS bytes
FROM events
"""
MEASURES = "calls, first_at, last_at, latency_ms_count, bytes_count, latency_ms_sum, bytes_sum"
DIFFERENCES = """
WITH readings AS ({readings}), expected AS (
    SELECT project_id, event, {bucket} AS bucket, customer_id{detail}, count(*) AS calls,
           min("timestamp") AS first_at, max("timestamp") AS last_at,
           count(latency_ms) AS latency_ms_count, count(bytes) AS bytes_count,
           coalesce(sum(latency_ms), 0) AS latency_ms_sum, coalesce(sum(bytes), 0) AS bytes_sum
    FROM readings GROUP BY project_id, event, 3, customer_id{detail}
), kept AS (
    SELECT project_id, event, {column} AS bucket, customer_id{detail}, {measures} FROM {table}
), differences AS (
    (TABLE expected EXCEPT ALL TABLE kept) UNION ALL (TABLE kept EXCEPT ALL TABLE expected)
)
SELECT * FROM differences WHERE {where}
"""
NO_GAP = """NOT EXISTS (SELECT FROM detail_gaps g WHERE g.project_id = differences.project_id
    AND g.event = differences.event AND date_trunc('{unit}', g."hour") = differences.bucket)"""


def event(**values: Any) -> AcceptedEvent:
    """An ordinary accepted event; `values` replace its own."""
    ordinary: dict[str, Any] = {
        "uuid": str(uuid.uuid4()),
        "timestamp": NOW,
        "floating": False,
        "event": "api_request",
        "distinct_id": "acme_corp",
        "customer_id": "acme_corp",
        "endpoint": "/v1/things",
        "method": "GET",
        "plan": "pro",
        "status": 200,
        "latency_ms": 12.5,
        "bytes": 512,
        "rest": '{"sdk_version":"1.2.0"}',
    }
    return AcceptedEvent(**{**ordinary, **values})


def send(project: Project | int, *events: AcceptedEvent, wait: bool = False, types: Any = None) -> Receipt:
    """Append events as one entry, by the ingest path's own function."""
    project_id = project if isinstance(project, int) else project.id
    entry = Entry(project_id, NOW, list(events), types or {})
    batch = Batch(project_id, Clock.at(NOW, settings.RETENTION_DAYS))
    batch.entries.append((msgspec.msgpack.encode(entry), len(events)))
    batch.accepted = len(events)
    return append(batch, wait)


def drain_all() -> None:
    for shard in range(settings.SHARDS):
        assert drain(shard) is False


def ask(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def stored() -> Counter[str]:
    """uuid → rows."""
    return Counter(str(found) for (found,) in ask("SELECT uuid FROM events"))


def rollup_differences() -> list[tuple[Any, ...]]:
    """Rows of the four levels that are not what the raw events say, and the other way round; of details only
    where no gap is marked."""
    found: list[tuple[Any, ...]] = []
    for table in TABLES:
        daily, detailed = table.endswith("day"), "detail" in table
        query = DIFFERENCES.format(
            readings=READINGS,
            bucket="(\"timestamp\" AT TIME ZONE 'UTC')::date"
            if daily
            else "date_trunc('hour', \"timestamp\")",
            column="day" if daily else '"hour"',
            detail=", endpoint, method, status, plan" if detailed else "",
            measures=MEASURES,
            table=table,
            where=NO_GAP.format(unit="day" if daily else "hour") if detailed else "true",
        )
        found += [(table, *row) for row in ask(query)]
    return found


def assert_accounted(project: Project | int, **counts: int) -> None:
    """The identity holds, and the counts are these (rejected: all reasons)."""
    found = accounting(project if isinstance(project, int) else project.id)
    assert found.unaccounted == 0, found
    for outcome, events in counts.items():
        value = found.rejected.total() if outcome == "rejected" else getattr(found, outcome)
        assert value == events, (outcome, found)
