"""What the levels of rollups must hold, computed anew from the raw events: SQL that needs no Django."""

from __future__ import annotations

from analytics.hogql.levels import LEVELS

TABLES = {level.table: level for level in LEVELS}

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
    SELECT project_id, event, {bucket} AS bucket, {dimensions}, count(*) AS calls,
           min("timestamp") AS first_at, max("timestamp") AS last_at,
           count(latency_ms) AS latency_ms_count, count(bytes) AS bytes_count,
           coalesce(sum(latency_ms), 0) AS latency_ms_sum, coalesce(sum(bytes), 0) AS bytes_sum
    FROM readings GROUP BY project_id, event, 3, {dimensions}
), kept AS (
    SELECT project_id, event, {column} AS bucket, {dimensions}, {measures} FROM {table}
), differences AS (
    (TABLE expected EXCEPT ALL TABLE kept) UNION ALL (TABLE kept EXCEPT ALL TABLE expected)
)
SELECT * FROM differences WHERE {where}
"""
NO_GAP = """NOT EXISTS (SELECT FROM detail_gaps g WHERE g.project_id = differences.project_id
    AND g.event = differences.event AND date_trunc('{unit}', g."hour") = differences.bucket)"""


def differences(table: str) -> str:
    """The query for a level's rows that are not what the raw events say, and the other way round; of details
    only where no gap is marked."""
    level = TABLES[table]
    daily = level.bucket == "day"
    return DIFFERENCES.format(
        readings=READINGS,
        bucket="(\"timestamp\" AT TIME ZONE 'UTC')::date" if daily else "date_trunc('hour', \"timestamp\")",
        column=f'"{level.bucket}"',
        dimensions=", ".join(level.dimensions),
        measures=MEASURES,
        table=table,
        where=NO_GAP.format(unit=level.bucket) if level.detailed else "true",
    )
