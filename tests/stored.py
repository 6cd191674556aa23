"""Events laid into the tables without the writer: rollups recomputed by one plain GROUP BY each.

For tests of what reads them; an independent second way to the same rows that the writer makes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection

from analytics.hogql.levels import LEVELS, Level

COLUMNS = ("customer_id", "endpoint", "method", "plan", "status", "latency_ms", "bytes")
READ = {
    **{
        name: f"coalesce({name}, rest ->> '{name}')" for name in ("customer_id", "endpoint", "method", "plan")
    },
    **{
        name: f"coalesce({name}::float8, property_number(rest ->> '{name}'))"
        for name in ("status", "latency_ms", "bytes")
    },
}


def store(project_id: int, events: list[dict[str, Any]]) -> None:
    """Rows of {timestamp, event, distinct_id, <column properties>, rest}: into events and all rollups."""
    with connection.cursor() as cursor:
        for day in sorted({event["timestamp"].date() for event in events}):
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS events_{day:%Y%m%d} PARTITION OF events"
                f" FOR VALUES FROM ('{start}') TO ('{start + timedelta(days=1)}')"
            )
        cursor.executemany(
            'INSERT INTO events (project_id, uuid, event, distinct_id, "timestamp", rest,'
            f" {', '.join(COLUMNS)}) VALUES (%s, %s, %s, %s, %s, %s{', %s' * len(COLUMNS)})",
            [
                (
                    project_id,
                    event.get("uuid", uuid4()),
                    event.get("event", "api_request"),
                    event.get("distinct_id", ""),
                    event["timestamp"],
                    json.dumps(event["rest"]) if event.get("rest") else None,
                    *(event.get(name) for name in COLUMNS),
                )
                for event in events
            ],
        )
        for level in LEVELS:
            cursor.execute(_rollup(level), [project_id])


def _rollup(level: Level) -> str:
    cut = (
        "(\"timestamp\" AT TIME ZONE 'UTC')::date"
        if level.bucket == "day"
        else "date_trunc('hour', \"timestamp\", 'UTC')"
    )
    keys = ", ".join(READ[name] for name in level.dimensions)
    return (
        f'INSERT INTO {level.table} (project_id, event, "{level.bucket}", {", ".join(level.dimensions)},'
        " first_at, last_at, calls, latency_ms_sum, latency_ms_count, bytes_sum, bytes_count)"
        f' SELECT project_id, event, {cut}, {keys}, min("timestamp"), max("timestamp"), count(*),'
        f" coalesce(sum({READ['latency_ms']}::numeric), 0), count({READ['latency_ms']}),"
        f" coalesce(sum({READ['bytes']}::numeric), 0), count({READ['bytes']})"
        f" FROM events WHERE project_id = %s GROUP BY project_id, event, {cut}, {keys}"
    )
