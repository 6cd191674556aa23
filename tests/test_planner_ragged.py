"""An hour that a window cuts, taken as the hour less the rest: counts are right, and nobody is left over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agentry.accounts.models import Project
from tests.stored import store
from tests.test_planner import GAPS, answers, by_text, compiled, same

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = datetime(2026, 11, 15, 12, tzinfo=UTC)
FROM = "timestamp >= toDateTime('2026-11-15 12:10:00')"
UNTIL = "timestamp < toDateTime('2026-11-15 12:50:00')"
EARLY, LATE = (0, 10), (50, 60)  # minutes of the hour


@pytest.fixture
def cut(project: Project) -> Project:
    """A customer for each part of the hour, one for all of it, and one of the hours around."""
    minutes = {
        "early": (0, 9),
        "inside": (10, 49),
        "late": (50, 59),
        "all": (0, 10, 30, 50),
        "around": (-1, 60),
    }
    events = [
        {
            "timestamp": HOUR + timedelta(minutes=minute),
            "customer_id": customer,
            "status": 200 if minute % 20 else 500,
            "bytes": 10,
            "endpoint": "/a",
        }
        for customer, at in minutes.items()
        for minute in at
    ]
    store(project.id, [*events, {"timestamp": GAPS[0] + timedelta(minutes=5)}])
    return project


QUESTIONS = [
    (f"select count() from events where {FROM}", [EARLY]),
    (f"select properties.customer_id, count() from events where {FROM} group by 1", [EARLY]),
    (f"select properties.customer_id from events where {FROM} group by 1", [EARLY]),
    (
        f"select properties.customer_id, count() from events where {FROM} and {UNTIL} group by 1",
        [EARLY, LATE],
    ),
    (
        f"select properties.customer_id, countIf({UNTIL}), countIf(not ({UNTIL})) from events group by 1",
        [LATE],
    ),
    (
        f"select properties.status, count() from events where {FROM} group by 1 having count() < 9",
        [EARLY],
    ),
    (
        f"select toHour(timestamp), properties.endpoint, count() from events where {UNTIL} group by 1, 2",
        [LATE],
    ),
    (f"select count(), countIf(properties.status = 500) / count() from events where {FROM}", [EARLY]),
    (f"select properties.customer_id, sum(count()) over () from events where {FROM} group by 1", [EARLY]),
    (
        f"select max(c) from (select count() as c from events where {FROM} group by properties.status)",
        [EARLY],
    ),
    (f"select properties.customer_id from events where {FROM} and event = 'none' group by 1", [EARLY]),
    # Not these: they read what lies inside.
    (f"select properties.customer_id, max(timestamp) from events where {FROM} group by 1", [(10, 60)]),
    (f"select count(), uniq(properties.customer_id) from events where {FROM}", [(10, 60)]),
    (f"select count(), sum(properties.bytes) from events where {FROM}", [(10, 60)]),
    (f"select avg(properties.status) from events where {FROM}", [(10, 60)]),
    (f"select distinct properties.customer_id from events where {FROM}", [(10, 60)]),
    (
        f"select properties.customer_id, count() from events where {FROM} group by 1 with rollup",
        [(10, 60)],
    ),
    ("select count() from events where timestamp >= toDateTime('2026-11-15 12:30:00')", [(30, 60)]),
    ("select count() from events where timestamp >= toDateTime('2026-11-15 12:50:00')", [LATE]),
]


def test_the_hour_less_the_rest(cut: Project) -> None:
    for text, edges in QUESTIONS:
        on, off, plan = answers(cut, text)
        assert same(by_text(on), by_text(off)), (text, on, off)
        raw = [edge for edge in plan.parts[-1].raw if edge[0] not in GAPS]
        expected = [tuple(HOUR + timedelta(minutes=minute) for minute in edge) for edge in edges]
        assert raw == expected, text


def test_not_where_details_are_incomplete(cut: Project) -> None:
    text = "select {} from events where timestamp >= toDateTime('2026-11-20 07:01:00')"
    minute, hour = GAPS[0] + timedelta(minutes=1), GAPS[0] + timedelta(hours=1)
    counted = compiled(cut, text.format("count()"), rollups=True)
    detailed = compiled(cut, text.format("countIf(properties.method = 'GET')"), rollups=True)
    assert counted.parts[-1].raw == ((GAPS[0], minute),)
    assert detailed.parts[-1].raw == ((minute, hour),)
