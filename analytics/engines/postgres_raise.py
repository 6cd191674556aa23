"""How each level of rollups is raised from the staged usage (`postgres_write`): rows sorted by key, levels in
one order, so that writers of the same rows wait for each other and never deadlock.
"""

from __future__ import annotations

ENDPOINT = "endpoint, method, status, plan"
DETAIL = f"customer_id, {ENDPOINT}"
NO_GAP = """short AND NOT EXISTS (SELECT FROM detail_gaps g WHERE g.project_id = staged_usage.project_id
    AND g.event = staged_usage.event AND g."hour" = staged_usage."hour")"""


MEASURES = "first_at, last_at, calls, latency_ms_count, bytes_count, latency_ms_sum, bytes_sum"
SUMMED = """min(first_at), max(last_at), sum(calls), sum(latency_ms_count), sum(bytes_count),
       sum(latency_ms_sum), sum(bytes_sum)"""


def raise_rollup(table: str, bucket: str, dimensions: str, where: str = "true", group: bool = True) -> str:
    """One level, raised from the staged usage.

    Without `group` the staged rows are taken as they are: they have this level's key already.
    """
    value = """("hour" AT TIME ZONE 'UTC')::date""" if bucket == "day" else bucket
    key = f"project_id, event, {value}, {dimensions}"
    order = f"{dimensions}, {value}, event, project_id"
    return f"""
INSERT INTO {table} AS kept (project_id, event, {bucket}, {dimensions}, {MEASURES})
SELECT {key}, {SUMMED if group else MEASURES} FROM staged_usage WHERE {where}
{f"GROUP BY {key}" if group else ""} ORDER BY {order}
ON CONFLICT ON CONSTRAINT {table}_key DO UPDATE SET
    first_at = least(kept.first_at, excluded.first_at),
    last_at = greatest(kept.last_at, excluded.last_at),
    calls = kept.calls + excluded.calls,
    latency_ms_count = kept.latency_ms_count + excluded.latency_ms_count,
    bytes_count = kept.bytes_count + excluded.bytes_count,
    latency_ms_sum = kept.latency_ms_sum + excluded.latency_ms_sum,
    bytes_sum = kept.bytes_sum + excluded.bytes_sum
"""


# xmax is 0 in a row that was inserted, not updated: only new keys are counted, only when there are any.
RAISE_DETAIL_HOUR = f"""
WITH raised AS (
{raise_rollup("usage_detail_hour", '"hour"', DETAIL, NO_GAP, group=False)}
    RETURNING project_id, event, "hour", xmax = 0 AS new
), counted AS (
    INSERT INTO detail_keys AS kept (project_id, event, "hour", keys)
    SELECT project_id, event, "hour", count(*) FROM raised WHERE new GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (project_id, event, "hour") DO UPDATE SET keys = kept.keys + excluded.keys
    RETURNING project_id, event, "hour", keys
)
INSERT INTO detail_gaps (project_id, event, "hour")
SELECT project_id, event, "hour" FROM counted WHERE keys > %(keys)s ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""
RAISE_DETAIL_DAY = raise_rollup("usage_detail_day", "day", DETAIL, NO_GAP)
RAISE_HOUR = raise_rollup("usage_hour", '"hour"', "customer_id")
RAISE_DAY = raise_rollup("usage_day", "day", "customer_id")
RAISE_STATUS_DAY = raise_rollup("usage_status_day", "day", "customer_id, status", NO_GAP)
RAISE_ENDPOINT_HOUR = raise_rollup("usage_endpoint_hour", '"hour"', ENDPOINT, NO_GAP)
# Last what all writers of a project meet on: the rows that all its customers share.
RAISE_OTHERS = (RAISE_DETAIL_DAY, RAISE_HOUR, RAISE_DAY, RAISE_STATUS_DAY, RAISE_ENDPOINT_HOUR)
