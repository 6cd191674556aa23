"""Questions through the API, against ClickHouse over the same rows and against hand-written SQL."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agentry.accounts.models import Project
from tests.bench.generate import DAYS, generate
from tests.bench.oracle import ClickHouse
from tests.bench.stack import Running, database
from tests.bench.table import Row, interleaved

ROUNDS = 7
FULL = 44_000_000
LARGE, TENTH = "large", "tenth"
TOP_20 = """
select properties.customer_id as customer_id, count() as total_calls,
       count(distinct toDate(timestamp)) as active_days, max(timestamp) as last_call_at
from events where event = 'api_request' and timestamp > now() - interval 30 day
group by customer_id order by total_calls desc limit 20
"""
SERIES = """
select properties.customer_id as customer_id, toDate(timestamp) as day, count() as calls
from events where event = 'api_request' and timestamp > now() - interval 30 day
  and properties.customer_id in ('acme_corp', 'wayne_ent', 'stark_ind', 'umbrella_co', 'initech_llc')
group by customer_id, day order by customer_id, day
"""
BY_HOUR = """
select properties.endpoint as endpoint, toHour(timestamp) as hour, count() as calls
from events where event = 'api_request' and timestamp > now() - interval 30 day
group by endpoint, hour order by endpoint, hour
"""
RAW = """
select properties.sdk_version as sdk, count() as calls, avg(properties.latency_ms) as latency
from events where event = 'api_request' and timestamp > now() - interval 7 day
group by sdk order by calls desc
"""
RAW_SQL = """
SELECT rest->>'sdk_version' AS sdk, count(*) AS calls, avg(latency_ms) AS latency
FROM events WHERE project_id = %s AND event = 'api_request' AND "timestamp" > now() - interval '7 day'
GROUP BY sdk ORDER BY calls DESC
"""


def in_clickhouse(hogql: str) -> str:
    return hogql.replace("properties.", "")


def measure(running: Running, directory: Path, events: int) -> list[Row]:
    now = datetime.now(UTC)
    oracle = ClickHouse(directory)
    large = loaded(running, oracle, events, now)
    copied = oracle.rows("SELECT count() FROM events")[0][0]
    assert int(copied) >= events * 0.999, f"ClickHouse has {copied} of {events} events"
    same_answer(running, oracle, now - timedelta(days=DAYS - 1, hours=5, minutes=7))
    rows = [
        against_clickhouse(running, oracle, "walkthrough top-20", TOP_20, 0.2),
        against_clickhouse(running, oracle, "walkthrough daily series", SERIES, 0.2),
        against_clickhouse(running, oracle, "endpoints by hour of day (hourly details)", BY_HOUR, 0.7),
        against_tenth(running),
    ]
    if events < FULL:  # a question over few events is all overhead
        rows = [replace(row, judged=False) for row in rows]
    return [*rows, against_sql(running, large)]


def loaded(running: Running, oracle: ClickHouse, events: int, now: datetime) -> Project:
    """The project of `events` events: what an earlier run left in this directory, or made now."""
    large, _ = Project.objects.get_or_create(team=running.team, name="Large", slug=LARGE)
    tenth, _ = Project.objects.get_or_create(team=running.team, name="Tenth", slug=TENTH)
    done = oracle.directory / f"loaded_{events}"
    if not done.exists():
        with database() as connection:
            generate(connection, tenth.pk, events // 10, now)
            generate(connection, large.pk, events, now)
            connection.commit()
            connection.autocommit = True
            connection.execute("VACUUM (ANALYZE)")
            oracle.copy(connection, large.pk)
        done.touch()
    return large


def same_answer(running: Running, oracle: ClickHouse, start: datetime) -> None:
    """Both count the same calls of the same customers from a fixed, ragged moment on."""
    moment = f"toDateTime('{start:%Y-%m-%d %H:%M:%S}')"
    hogql = TOP_20.replace("now() - interval 30 day", moment)
    ours = [
        [row["customer_id"], row["total_calls"], row["active_days"]]
        for row in running.ask(hogql, LARGE)["rows"]
    ]
    theirs = [[name, int(calls), int(days)] for name, calls, days, _ in oracle.rows(in_clickhouse(hogql))]
    assert sorted(ours) == sorted(theirs), f"Agentry and ClickHouse differ: {ours} {theirs}"


def against_clickhouse(running: Running, oracle: ClickHouse, what: str, hogql: str, reach: float) -> Row:
    ours, theirs = interleaved(
        ROUNDS, lambda: running.seconds(hogql, LARGE), lambda: oracle.seconds(in_clickhouse(hogql))
    )
    source = running.ask(hogql, LARGE)["source"]
    return Row(
        what, f"{ours * 1000:.1f} ms ({source})", f"chdb {theirs * 1000:.1f} ms", ours / theirs, reach, "less"
    )


def against_sql(running: Running, large: Project) -> Row:
    """The hand-written SQL runs as the owner of the tables, without row-level security and limits."""
    with database() as connection:

        def by_hand() -> float:
            began = time.perf_counter()
            connection.execute(RAW_SQL, [large.pk]).fetchall()
            return time.perf_counter() - began

        ours, theirs = interleaved(ROUNDS, lambda: running.seconds(RAW, LARGE), by_hand)
    measured = f"{ours * 1000:.0f} ms ({running.ask(RAW, LARGE)['source']})"
    return Row(
        "raw query no rollup covers", measured, f"SQL {theirs * 1000:.0f} ms", ours / theirs, 1.1, "less"
    )


def against_tenth(running: Running) -> Row:
    whole, tenth = interleaved(
        ROUNDS, lambda: running.seconds(TOP_20, LARGE), lambda: running.seconds(TOP_20, TENTH)
    )
    return Row(
        "top-20 at ten times the events",
        f"{whole * 1000:.1f} ms",
        f"a tenth {tenth * 1000:.1f} ms",
        whole / tenth,
        1.5,
        "less",
    )
