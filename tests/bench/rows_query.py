"""Questions through the API, against ClickHouse over the same rows and against hand-written SQL."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from agentry.accounts.models import Project
from analytics.hogql.compiler import compile_query
from analytics.hogql.plan import Facts
from analytics.hogql.scope import Context
from tests.bench.generate import DAYS, generate
from tests.bench.oracle import ClickHouse
from tests.bench.questions import QUESTIONS, TOP_20
from tests.bench.stack import Running, database
from tests.bench.table import Row, interleaved

ROUNDS = 7
FULL = 44_000_000
LARGE, TENTH = "large", "tenth"
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
        against_clickhouse(running, oracle, question.name, question.hogql, question.reach)
        for question in QUESTIONS
    ]
    rows += [against_tenth(running), compile_time()]
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


def compile_time() -> Row:
    """From text to SQL, warm, in CPU time: what other processes do does not count."""
    now = datetime.now(UTC).replace(microsecond=0)
    facts = Facts(now, now - timedelta(days=90), lambda low, high: [])
    times = []
    for _ in range(200):
        began = time.process_time()
        compile_query(TOP_20, 1, Context(now), facts, 10_001)
        times.append(time.process_time() - began)
    taken = median(times) * 1000
    return Row("compile the walkthrough's top-20", f"{taken:.1f} ms", "", taken, 5, "less")


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
