"""The planner's promise: rollups on, rollups off, the same answer; and it says what it did."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentry.accounts.models import Project
from analytics.engines import postgres
from analytics.hogql.compiler import Compiled, compile_query
from analytics.hogql.plan import Facts
from analytics.hogql.scope import Context
from tests.planner_words import CONDITIONS, KEYS, MEASURES
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 22, 12, 30, 15, 123000, tzinfo=UTC)
FROM = datetime(2026, 10, 1, tzinfo=UTC)
GAPS = [datetime(2026, 11, 20, 7, tzinfo=UTC)]

# Edges that a query's window may fall on: exactly on an event, a millisecond off, on an hour, on a day.
EDGES = [
    NOW - timedelta(days=30),
    NOW - timedelta(days=7),
    NOW - timedelta(hours=26),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 11, 20, 7, tzinfo=UTC),
    datetime(2026, 11, 20, 7, 59, 59, 999000, tzinfo=UTC),
    datetime(2026, 10, 1, tzinfo=UTC),
]


def events() -> list[dict[str, Any]]:
    """900 events of every awkward kind; some lie exactly on, and a millisecond beside, the edges."""
    rng = random.Random(7)
    moments = [
        FROM + timedelta(milliseconds=rng.randrange(int((NOW - FROM).total_seconds() * 1000)))
        for _ in range(800)
    ]
    for edge in EDGES:
        moments += [edge - timedelta(milliseconds=1), edge, edge + timedelta(milliseconds=1)] * 3
    moments += [NOW + timedelta(hours=3), GAPS[0] + timedelta(minutes=20), FROM - timedelta(milliseconds=1)]
    rows = []
    for moment in moments:
        row: dict[str, Any] = {
            "timestamp": moment.replace(microsecond=moment.microsecond // 1000 * 1000),
            "event": rng.choice(["api_request", "api_request", "other"]),
            "customer_id": rng.choice(["acme", "wayne", "", None, "ünï"]),
            "endpoint": rng.choice(["/a", "/b", None]),
            "method": rng.choice(["GET", "POST"]),
            "plan": rng.choice(["pro", None]),
            "status": rng.choice([200, 404, 500, None]),
            "latency_ms": rng.choice([rng.random() * 1000, 12.0, None]),
            "bytes": rng.choice([rng.randrange(1 << 40), None]),
        }
        if rng.random() < 0.1:  # values that do not fit their columns lie in rest, and are still read
            row |= {"customer_id": None, "status": None, "latency_ms": None}
            row["rest"] = {"customer_id": 42, "status": rng.choice(["503", "timeout"]), "latency_ms": "7.5"}
        rows.append(row)
    return rows


@pytest.fixture
def stored(project: Project) -> Project:
    store(project.id, events())
    return project


def compiled(project: Project, text: str, *, rollups: bool) -> Compiled:
    facts = Facts(NOW, FROM, lambda low, high: [gap for gap in GAPS if low <= gap < high], rollups)
    return compile_query(text, project.id, Context(NOW), facts, 10_001)


def answers(project: Project, text: str) -> tuple[list[Any], list[Any], Compiled]:
    on = compiled(project, text, rollups=True)
    off = compiled(project, text, rollups=False)
    return (
        postgres.fetch(on.statement, project.id, 10_001),
        postgres.fetch(off.statement, project.id, 10_001),
        on,
    )


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-9) or (math.isnan(ours) and math.isnan(theirs))
    return bool(ours == theirs)


def by_text(rows: list[Any]) -> list[Any]:
    """Sorted, floats by six digits; sums of whole numbers come as Decimal from rollups."""
    plain = [[int(value) if isinstance(value, Decimal) else value for value in row] for row in rows]
    return sorted(plain, key=lambda row: [f"{v:.6g}" if isinstance(v, float) else repr(v) for v in row])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    measures=st.lists(st.sampled_from(MEASURES), min_size=1, max_size=4, unique=True),
    keys=st.lists(st.sampled_from(KEYS), max_size=3, unique=True),
    conditions=st.lists(st.sampled_from(CONDITIONS), max_size=4, unique=True),
)
def test_rollups_on_and_off_give_the_same(
    stored: Project, measures: list[str], keys: list[str], conditions: list[str]
) -> None:
    columns = [f"{text} as c{index}" for index, text in enumerate([*keys, *measures])]
    text = f"select {', '.join(columns)} from events"
    text += f" where {' and '.join(f'({condition})' for condition in conditions)}" if conditions else ""
    text += f" group by {', '.join(f'c{index}' for index in range(len(keys)))}" if keys else ""
    on, off, plan = answers(stored, text)
    assert plan.parts[-1].levels != ("events",), (text, plan.parts[-1].reason)
    assert same(by_text(on), by_text(off)), text


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("select count() from events", ("usage_day",)),
        ("select count() from events where timestamp >= toDate('2026-11-01')", ("usage_day",)),
        ("select toHour(timestamp) as h, count() from events group by h", ("usage_hour",)),
        (
            "select count() from events where timestamp >= toDateTime('2026-11-01 05:00:00')",
            ("usage_day", "usage_hour"),
        ),
        (
            "select count() from events where timestamp > now() - interval 30 day",
            ("usage_day", "usage_hour", "events"),
        ),
        (
            "select properties.plan, count() from events where timestamp < toDate('2026-11-20') group by 1",
            ("usage_detail_day",),
        ),
        (
            "select properties.plan, count() from events where timestamp >= toDate('2026-11-20') group by 1",
            ("usage_detail_day", "usage_detail_hour", "events"),
        ),
        ("select distinct properties.customer_id from events", ("usage_day",)),
        ("select uniq(event, properties.customer_id) from events", ("usage_day",)),
        ("select uniqExact(event), uniqHLL12(properties.customer_id) from events", ("usage_day",)),
        ("select count() filter (where event = 'other') from events", ("usage_day",)),
        ("select retention(event = 'other', event = 'api_request') from events", ("usage_day",)),
        ("select formatDateTime(timestamp, '%Y-%m') as m, count() from events group by m", ("usage_day",)),
        (
            "select toStartOfInterval(timestamp, interval 6 hour) as h, count() from events group by h",
            ("usage_hour",),
        ),
        (
            "select toDate(toTimeZone(timestamp, 'Europe/Berlin')) as d, count() from events group by d",
            ("usage_hour",),
        ),
        ("select toStartOfDay(timestamp, 'Asia/Kolkata') as d, count() from events group by d", ("events",)),
        (
            "select count() from events where timestamp >= toStartOfMonth(now()) - interval 1 month",
            ("usage_day",),
        ),
        ("select count() from events where timestamp >= toStartOfDay(now(), 'UTC')", ("usage_day",)),
        ("select count() from events where timestamp >= dateTrunc('month', today())", ("usage_day",)),
        ("select count() from events where timestamp >= addDays(today(), -7)", ("usage_day",)),
        ("select count() from events where timestamp >= date_sub(day, 7, today())", ("usage_day",)),
        (
            "select count() from events where timestamp >= toDateTime('2026-11-01', 'Europe/Berlin')",
            ("usage_day", "usage_hour"),
        ),
        (
            "select count() from events"
            " where timestamp >= toStartOfDay(now(), 'Asia/Kolkata') - interval 1 day",
            ("usage_day", "usage_hour", "events"),
        ),
        ("select count() from events where dateDiff('month', timestamp, now()) = 0", ("usage_day",)),
        ("select count() from events where toDateTime(timestamp) >= today()", ("usage_day",)),
        (
            "select count() from events where timestamp >= toStartOfInterval(now(), interval 1 hour)",
            ("usage_day", "usage_hour"),
        ),
        (
            "select count() from events where event in (select event from events where event != 'x')",
            ("usage_day",),
        ),
        ("select sum(if(event = 'other', properties.bytes, 0)) from events", ("usage_day",)),
        ("select sum(calls) from usage", ("usage_day",)),
    ],
)
def test_the_smallest_level_that_is_exact(stored: Project, text: str, levels: tuple[str, ...]) -> None:
    assert compiled(stored, text, rollups=True).parts[-1].levels == levels


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select event from events", "it lists single events"),
        ("select quantile(0.9)(properties.latency_ms) from events", "not its `quantile`"),
        ("select uniq(distinct_id) from events", "`distinct_id` is not in the rollups"),
        ("select properties.region, count() from events group by 1", "`region` is not in the rollups"),
        ("select count() from events where properties.latency_ms > 100", "not each value"),
        ("select toStartOfMinute(timestamp), count() from events group by 1", "differs inside an hour"),
        ("select count() from events where timestamp = now()", "one exact millisecond"),
        ("select distinct event, count() over () from events", "a window looks at single events"),
        ("select groupArray(event) from events", "needs every single event"),
        (
            "select count() from events where timestamp between now() - 60 and now()",
            "no whole hour lies in its window",
        ),
        ("select count() from events where age('day', timestamp, now()) < 7", "each event's own time"),
        *(
            (f"select {text} from events", "")
            for text in (
                *("sumDistinct(toHour(timestamp))", "count(distinct distinct_id)", "countOrNull()"),
                *("anyLast(event)", "topK(3)(event)", "groupConcat(event)", "entropy(event)"),
                *("quantileExact(toHour(timestamp))", "sumKahan(toHour(timestamp))"),
                *("avgOrDefault(properties.latency_ms)", "sumDistinct(properties.bytes)"),
                *("deltaSum(toHour(timestamp))", "uniq(event, uuid)"),
                *("sumCount(toHour(timestamp))", "stddevPop(toHour(timestamp))", "avg(timestamp)"),
            )
        ),
    ],
)
def test_a_raw_plan_says_why(stored: Project, text: str, reason: str) -> None:
    part = compiled(stored, text, rollups=True).parts[-1]
    assert part.levels == ("events",)
    assert reason.strip("`") in part.reason or reason in part.reason


def test_events_begin_at_the_oldest_raw_day_on_every_plan(stored: Project) -> None:
    """One stored event lies a millisecond before the oldest day kept: no plan counts it."""
    on, off, _ = answers(stored, "select count(), min(timestamp) from events")
    assert on == off
    assert on[0][1] == FROM


@pytest.mark.parametrize(
    ("measure", "keys", "times"),
    [
        ("count()", "properties.endpoint, toHour(timestamp)", 2),
        ("countIf(properties.status >= 500)", "properties.customer_id", 2),
        ("uniqIf(properties.customer_id, properties.status >= 500)", "", 1),
        ("count()", "properties.customer_id, toDate(timestamp)", 1),
        ("count()", "", 0),
    ],
)
def test_rows_are_added_up_first_where_that_makes_few(
    stored: Project, measure: str, keys: str, times: int
) -> None:
    text = f"select {measure} from events where timestamp > now() - interval 30 day"
    sql = compiled(stored, text + (f" group by {keys}" if keys else ""), rollups=True).statement.sql
    assert sql.count("GROUP BY") == times
    assert '"bucket" >' not in sql  # what the levels' ranges say is not asked again
