"""Which level the planner takes: the smallest that has all a question looks at; and its answers are right."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from tests.planner_words import CONDITIONS
from tests.test_planner import answers, by_text, compiled, same, stored  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

STATUS = ["countIf(properties.status >= 500) / count()", "count(properties.status)", "max(properties.status)"]


@pytest.mark.parametrize(
    ("level", "measures", "keys"),
    [
        ("usage_status_day", STATUS, ["properties.customer_id", "toMonday(timestamp)"]),
        ("usage_status_day", STATUS, ["properties.status"]),
        ("usage_endpoint_hour", STATUS, ["properties.endpoint", "toHour(timestamp)"]),
        ("usage_endpoint_hour", ["sum(properties.bytes)", *STATUS], ["properties.plan", "toHour(timestamp)"]),
        ("usage_endpoint_hour", ["min(timestamp)", "max(properties.method)"], ["toStartOfHour(timestamp)"]),
    ],
)
def test_the_smaller_details_give_the_same(
    stored: Project,  # noqa: F811
    level: str,
    measures: list[str],
    keys: list[str],
) -> None:
    for condition in ["true", *CONDITIONS[1:8]]:
        text = f"select {', '.join([*keys, *measures])} from events"
        text += f" where {condition} group by {', '.join(keys)}"
        on, off, plan = answers(stored, text)
        assert level in plan.parts[-1].levels, text
        assert same(by_text(on), by_text(off)), text


CUSTOMER = "properties.customer_id"
BEFORE_GAP, FROM_GAP = "< toDate('2026-11-20')", ">= toDate('2026-11-20')"


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
        *(
            (f"select {keys}, count() from events where timestamp {when} group by all", levels)
            for keys, when, levels in [
                (f"{CUSTOMER}, properties.plan", BEFORE_GAP, ("usage_detail_day",)),
                (
                    f"{CUSTOMER}, properties.plan",
                    FROM_GAP,
                    ("usage_detail_day", "usage_detail_hour", "events"),
                ),
                (f"{CUSTOMER}, properties.status", BEFORE_GAP, ("usage_status_day",)),
                (
                    f"{CUSTOMER}, properties.status",
                    FROM_GAP,
                    ("usage_status_day", "usage_detail_hour", "events"),
                ),
                (f"{CUSTOMER}, properties.status, toHour(timestamp)", BEFORE_GAP, ("usage_detail_hour",)),
                ("properties.status", FROM_GAP, ("usage_status_day", "usage_endpoint_hour", "events")),
                ("properties.status, properties.method", BEFORE_GAP, ("usage_detail_day",)),
                ("properties.plan", FROM_GAP, ("usage_detail_day", "usage_endpoint_hour", "events")),
                ("properties.plan, toHour(timestamp)", FROM_GAP, ("usage_endpoint_hour", "events")),
                ("properties.plan", "> now() + interval 1 year", ()),
            ]
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
def test_the_smallest_level_that_is_exact(stored: Project, text: str, levels: tuple[str, ...]) -> None:  # noqa: F811
    assert compiled(stored, text, rollups=True).parts[-1].levels == levels
