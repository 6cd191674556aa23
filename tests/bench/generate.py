"""Many events, made by PostgreSQL itself: the walkthrough's five customers and a tail of a thousand, over 31
days that end now; and the rollups of exactly these rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate

import psycopg

from analytics.hogql.levels import LEVELS, Level
from analytics.write import partitions

DAYS = 31
FIVE = {
    "acme_corp": 18_420_000,
    "wayne_ent": 9_842_000,
    "stark_ind": 6_210_000,
    "umbrella_co": 4_810_000,
    "initech_llc": 180_000,
}
TAIL = 1_000
TAIL_CALLS = 4_540_000  # of all together: 44 million with the five

# The customer's number comes from an array that is a parameter: one read from a table would be unpacked for
# every row.
DAY_OF_EVENTS = """
INSERT INTO events (project_id, status, "timestamp", latency_ms, bytes, uuid, event, distinct_id,
                    customer_id, endpoint, method, plan, rest)
SELECT %(project)s,
       CASE WHEN u3 < 0.96 THEN 200 WHEN u3 < 0.98 THEN 404 WHEN u3 < 0.99 THEN 429 ELSE 500 END,
       at, round((12 + 300 * u4 * u4)::numeric, 1), (400 + 20000 * u4 * u2)::bigint,
       gen_random_uuid(), 'api_request', name, name, '/v1/resource' || endpoint,
       (ARRAY['GET', 'GET', 'GET', 'POST', 'PATCH'])[1 + endpoint %% 5],
       (ARRAY['starter', 'growth', 'scale', 'enterprise'])[1 + customer %% 4],
       jsonb_build_object('sdk_version', 'sdk/1.' || (u5 * 5)::integer, 'ip_country',
                          (ARRAY['US', 'DE', 'GB', 'IN', 'BR'])[1 + (u2 * 4.99)::integer])
FROM (
    SELECT %(start)s::timestamptz + i * (%(end)s::timestamptz - %(start)s::timestamptz) / %(rows)s AS at,
           width_bucket(u1, %(edges)s::float8[]) AS customer, (u5 * 12)::integer AS endpoint, u2, u3, u4, u5
    FROM (SELECT i, random() AS u1, random() AS u2, random() AS u3, random() AS u4, random() AS u5
          FROM generate_series(0, %(rows)s - 1) AS i) AS draw
) AS made JOIN bench_customers USING (customer) ORDER BY at
"""

TYPES = {"day": "date", "hour": "timestamptz"}
MEASURES = "first_at, last_at, calls, latency_ms_count, bytes_count, latency_ms_sum, bytes_sum"
FROM_EVENTS = """min("timestamp"), max("timestamp"), count(*), count(latency_ms), count(bytes),
    coalesce(sum(latency_ms::numeric), 0), coalesce(sum(bytes::numeric), 0)"""
FROM_ROLLUP = """min(first_at), max(last_at), sum(calls), sum(latency_ms_count), sum(bytes_count),
    sum(latency_ms_sum), sum(bytes_sum)"""


def _filled(level: Level, bucket: str, measures: str, source: str, time: str) -> str:
    """A level's rows of one stretch of time, made of a source's; `bucket` and `time` are the source's."""
    dimensions = ", ".join(level.dimensions)
    return f"""INSERT INTO {level.table} (project_id, event, "{level.bucket}", {dimensions}, {MEASURES})
    SELECT project_id, event, {bucket}, {dimensions}, {measures} FROM {source}
    WHERE project_id = %(project)s AND {time} >= %(start)s AND {time} < %(end)s
    GROUP BY project_id, event, {bucket}, {dimensions}"""


*OTHERS, FINEST = LEVELS
ROLLUPS = [
    _filled(FINEST, "date_trunc('hour', \"timestamp\")", FROM_EVENTS, "events", '"timestamp"'),
    *(
        _filled(level, f'"hour"::{TYPES[level.bucket]}', FROM_ROLLUP, FINEST.table, '"hour"')
        for level in OTHERS
    ),
]
DIFFERENT = """
SELECT count(*) FROM (
    SELECT customer_id, "timestamp"::date AS day, count(*) AS calls, count(latency_ms) AS timed,
           sum(latency_ms::numeric) AS latency, sum(bytes::numeric) AS size,
           min("timestamp"), max("timestamp")
    FROM events WHERE project_id = %(project)s GROUP BY 1, 2
    EXCEPT
    SELECT customer_id, day, calls, latency_ms_count, latency_ms_sum, bytes_sum, first_at, last_at
    FROM usage_day WHERE project_id = %(project)s
) AS difference
"""


def generate(connection: psycopg.Connection, project_id: int, events: int, now: datetime) -> None:
    """Add `events` events and their rollups. AssertionError if they disagree."""
    connection.execute("SELECT setseed(0.42)")
    edges = _make_customers(connection)
    first = now - timedelta(days=DAYS)
    day = partitions.start(first.date())
    partitions.ensure(first.date() + timedelta(days=number) for number in range(DAYS + 1))
    while day < now:
        start, end = max(day, first), min(day + timedelta(days=1), now)
        rows = round(events * ((end - start) / timedelta(days=DAYS)))
        span = {"project": project_id, "start": start, "end": end, "rows": rows, "edges": edges}
        connection.execute(DAY_OF_EVENTS, span)
        for statement in ROLLUPS:
            connection.execute(
                statement, {"project": project_id, "start": day, "end": day + timedelta(days=1)}
            )
        connection.commit()
        day += timedelta(days=1)
    connection.execute("DROP TABLE bench_customers")
    connection.commit()
    verify(connection, project_id)


def customers() -> dict[str, float]:
    """The walkthrough's five and the tail, with their calls in 30 days."""
    shares = [rank**-0.5 for rank in range(1, TAIL + 1)]
    tail = {f"tail_{rank}": TAIL_CALLS * share / sum(shares) for rank, share in enumerate(shares, start=1)}
    return {**FIVE, **tail}


def _make_customers(connection: psycopg.Connection) -> list[float]:
    """A temporary table of customers by number; gives where each one's share of the calls begins."""
    weights = customers()
    connection.execute("CREATE TEMPORARY TABLE bench_customers (customer integer, name text)")
    with connection.cursor() as cursor:
        numbered = list(enumerate(weights, start=1))
        cursor.executemany("INSERT INTO bench_customers VALUES (%s, %s)", numbered)
    total = sum(weights.values())
    return [0.0, *accumulate(weight / total for weight in list(weights.values())[:-1])]


def verify(connection: psycopg.Connection, project_id: int) -> None:
    (different,) = connection.execute(DIFFERENT, {"project": project_id}).fetchone() or (None,)
    assert different == 0, f"{different} customer days differ between rollups and events"
