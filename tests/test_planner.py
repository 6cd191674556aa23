"""The planner's promise: rollups on, rollups off, the same answer; and it says what it did."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from agentry.accounts.models import Project
from analytics.engines import postgres
from analytics.hogql.compiler import Compiled, compile_query
from analytics.hogql.levels import LEVELS
from analytics.hogql.plan import Facts
from analytics.hogql.scope import Context
from tests.planner_words import CONDITIONS, KEYS, MEASURES
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 22, 12, 30, 15, 123000, tzinfo=UTC)
FROM = datetime(2026, 10, 1, tzinfo=UTC)
GAPS = [datetime(2026, 11, 20, 7, tzinfo=UTC)]
TYPES = {"day": "date", "hour": "timestamptz"}

# Edges that a query's window may fall on: exactly on an event, a millisecond off, on an hour, on a day.
EDGES = [
    NOW - timedelta(days=30),
    NOW - timedelta(days=7),
    NOW - timedelta(hours=26),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 11, 20, 7, tzinfo=UTC),
    datetime(2026, 11, 20, 7, 59, 59, 999000, tzinfo=UTC),
    datetime(2026, 10, 1, tzinfo=UTC),
    datetime(2026, 11, 15, 12, 10, tzinfo=UTC),
    datetime(2026, 11, 15, 12, 50, tzinfo=UTC),
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
    """Of the hours of GAPS, and so of their days, the details are wrong: no answer may be made of them."""
    store(project.id, events())
    with connection.cursor() as cursor:
        for level in LEVELS:
            if level.detailed:
                cursor.execute(
                    f"UPDATE {level.table} SET calls = calls + 1000"
                    f' WHERE "{level.bucket}" = ANY (%s::timestamptz[]::{TYPES[level.bucket]}[])',
                    [GAPS],
                )
                assert cursor.rowcount
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


def test_rollups_on_and_off_give_the_same(stored: Project) -> None:
    """Over all levels: each is met."""
    met: set[str] = set()

    @settings(max_examples=150, deadline=None)
    @given(
        measures=st.lists(st.sampled_from(MEASURES), min_size=1, max_size=4, unique=True),
        keys=st.lists(st.sampled_from(KEYS), max_size=3, unique=True),
        conditions=st.lists(st.sampled_from(CONDITIONS), max_size=4, unique=True),
    )
    def compare(measures: list[str], keys: list[str], conditions: list[str]) -> None:
        columns = [f"{text} as c{index}" for index, text in enumerate([*keys, *measures])]
        text = f"select {', '.join(columns)} from events"
        text += f" where {' and '.join(f'({condition})' for condition in conditions)}" if conditions else ""
        text += f" group by {', '.join(f'c{index}' for index in range(len(keys)))}" if keys else ""
        on, off, plan = answers(stored, text)
        assert plan.parts[-1].levels != ("events",), (text, plan.parts[-1].reason)
        met.update(plan.parts[-1].levels)
        assert same(by_text(on), by_text(off)), text

    compare()
    assert met == {"events", *(level.table for level in LEVELS)}


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
