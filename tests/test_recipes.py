"""Each recipe's answer against counts made without the database, and how it is answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import quantiles
from typing import Any

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from analytics.customers.one.runway import runway
from analytics.models import Customer
from analytics.query import Result
from publications.recipes.catalog import RECIPES
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

Event = dict[str, Any]
Rows = list[tuple[Any, ...]]
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
ENDPOINTS = ["/a", "/b", "/c", None]
NASTY = 'O\'Br\\ien "x" <b> 🚀 -- %'


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Of five customers over 40 days, at odd times up to now, one event of another name among them."""
    random = Random(7)
    found = []
    now = datetime.now(UTC)
    paces: dict[str | None, Callable[[int], int]] = {
        "acme": lambda ago: 9,
        "grown": lambda ago: 2 + (40 - ago) // 3,
        "gone": lambda ago: 9 * (ago > 6),
        NASTY: lambda ago: 3 * (ago < 12),
        None: lambda ago: 1,
    }
    for customer, pace in paces.items():
        for ago in range(41):
            for _ in range(pace(ago)):
                at = TODAY - timedelta(days=ago) + timedelta(seconds=random.randrange(86_400))
                found.append(
                    {
                        "timestamp": min(at, now).replace(microsecond=0),
                        "customer_id": customer,
                        "endpoint": random.choice(ENDPOINTS),
                        "status": random.choice([200, 200, 200, 404, 500, 302, None]),
                        "latency_ms": random.choice([None, *range(1, 400)]),
                        "rest": {"sdk_version": random.choice(["node/1", "go/2"])}
                        if random.random() < 0.8
                        else None,
                    }
                )
    return [*found, {"timestamp": TODAY, "customer_id": "acme", "event": "login", "endpoint": "/a"}]


@pytest.fixture
def stored(project: Project, events: list[Event]) -> Project:
    store(project.pk, events)
    return project


def answered(project: Project, recipe: str, **params: Any) -> Result:
    return query.run(project, RECIPES[recipe].question(project, params))


def calls(events: list[Event], first: int, last: int = 0, **having: Any) -> list[Event]:
    """The API's calls from `first` days ago to `last` days ago, both whole days."""
    since, until = TODAY - timedelta(days=first), TODAY - timedelta(days=last - 1)
    return [
        event
        for event in events
        if event.get("event") is None
        and since <= event["timestamp"] < until
        and all(event[name] == value for name, value in having.items())
    ]


def ranked(counts: Counter[Any]) -> list[tuple[Any, int]]:
    """The most first; equal ones by name, none last."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0] is None, str(each[0])))


def count(events: list[Event], name: str) -> Counter[Any]:
    return Counter(event[name] for event in events)


def test_top_customers(stored: Project, events: list[Event]) -> None:
    answer = answered(stored, "top_customers", days=10, top=3)
    within = calls(events, 9)
    expected = []
    for customer, number in ranked(count(within, "customer_id"))[:3]:
        of = [event["timestamp"] for event in within if event["customer_id"] == customer]
        share = round(100 * number / len(within), 1)
        expected.append((customer, number, share, len({at.date() for at in of}), max(of)))
    assert answer.rows == expected
    assert answer.source == "rollup"


@pytest.mark.parametrize(
    ("recipe", "days", "percent", "least", "keep", "sign"),
    [
        ("growing", 14, 30, 20, lambda now, before: now > before * 1.3, 1),
        ("dropped", 7, 50, 30, lambda now, before: now < before * 0.5, -1),
    ],
)
def test_growing_and_dropped(
    stored: Project,
    events: list[Event],
    recipe: str,
    days: int,
    percent: int,
    least: int,
    keep: Callable[[int, int], bool],
    sign: int,
) -> None:
    answer = answered(stored, recipe, days=days, percent=percent, minimum=least)
    now = count(calls(events, days, 1), "customer_id")
    before = count(calls(events, 2 * days, days + 1), "customer_id")
    last = {event["customer_id"]: event["timestamp"] for event in sorted(events, key=lambda e: e["timestamp"])
            if event.get("event") is None}  # fmt: skip
    expected = [
        (name, sign * (now[name] - before[name]), before[name], now[name],
         round(100 * (now[name] / before[name] - 1), 1), last[name])
        for name in before
        if before[name] >= least and keep(now[name], before[name])
    ]  # fmt: skip
    assert expected
    assert answer.rows == sorted(expected, key=lambda row: -row[1])
    assert answer.source == "rollup"


def test_dropped_says_exactly_more_than(project: Project) -> None:
    """Half is not more than half."""
    before = _on("half", range(8, 12)) + _on("less", range(8, 12))
    store(project.pk, before + _on("half", range(1, 3)) + _on("less", range(1, 2)))
    assert [row[0] for row in answered(project, "dropped", minimum=1).rows] == ["less"]


def test_new_customers(stored: Project, events: list[Event]) -> None:
    answer = answered(stored, "new_customers", days=20)
    mine = [event["timestamp"] for event in calls(events, 41, customer_id=NASTY)]
    assert answer.rows == [(NASTY, len(mine), 12, min(mine), max(mine))]
    assert answer.source == "rollup"


def test_cap_runway_says_what_each_customers_page_says(stored: Project, events: list[Event]) -> None:
    caps = {"acme": 500, "grown": 130, "gone": 1, NASTY: 36, "silent": 5}
    for name, cap in caps.items():
        Customer.objects.create(project=stored, customer_id=name, monthly_cap=cap)
    Customer.objects.create(project=stored, customer_id="no cap")
    answer = answered(stored, "cap_runway")
    assert answer.source == "rollup"
    assert {row[0] for row in answer.rows} == set(caps) - {"silent"}  # who never called has no pace
    today = answer.as_of.date()
    for name, used_percent, used, cap, month_end, reached in answer.rows:
        daily = Counter(event["timestamp"].date() for event in calls(events, 41, customer_id=name))
        page = runway(daily, caps[name], today)
        assert (cap, used) == (caps[name], page.used)
        assert used_percent == round(100 * page.share, 1)
        assert reached == (page.passed or page.likely), name
        if page.end is not None:
            assert month_end == pytest.approx(100 * page.end[1], abs=0.06)


@pytest.mark.parametrize("start", range(1, 36, 5))
def test_cap_runway_at_every_age_of_a_customer(project: Project, start: int) -> None:
    """Younger than a week, some weeks, older than four; with days of nothing between."""
    random = Random(start)
    daily = {ago: random.randrange(5) for ago in range(start + 1)} | {start: 1}
    store(project.pk, [event for ago, number in daily.items() for event in _on("a", [ago] * number)])
    days = {TODAY.date() - timedelta(days=ago): number for ago, number in daily.items() if number}
    used = runway(days, 1, TODAY.date()).used
    for cap in (max(1, used // 2), max(1, used), used + 1, used + 9, used + 70):
        Customer.objects.update_or_create(project=project, customer_id="a", defaults={"monthly_cap": cap})
        [row] = answered(project, "cap_runway").rows
        page = runway(days, cap, TODAY.date())
        assert row[5] == (page.passed or page.likely), (cap, row)
        assert (row[4] is None) == (page.end is None)


def test_cap_runway_without_caps_says_so(stored: Project) -> None:
    with pytest.raises(AgentryError) as refused:
        answered(stored, "cap_runway")
    assert (refused.value.status, refused.value.code) == (422, "no_caps")


def test_endpoint_split(stored: Project, events: list[Event]) -> None:
    answer = answered(stored, "endpoint_split", days=10, top=2, endpoints=2)
    within = [event for event in calls(events, 9) if event["customer_id"] is not None]
    expected: Rows = []
    for customer, number in ranked(count(within, "customer_id"))[:2]:
        of = count([event for event in within if event["customer_id"] == customer], "endpoint")
        expected += [(customer, end, each, round(100 * each / number, 1)) for end, each in ranked(of)[:2]]
    assert answer.rows == expected
    assert answer.source == "rollup"
    one = answered(stored, "endpoint_split", days=10, customer=NASTY)
    assert {row[0] for row in one.rows} == {NASTY}
    assert sum(row[2] for row in one.rows) == len(calls(events, 9, customer_id=NASTY))
    assert one.source == "rollup"


def test_hour_of_day(stored: Project, events: list[Event]) -> None:
    answer = answered(stored, "hour_of_day", days=10, top=2)
    within = [event for event in calls(events, 9) if event["customer_id"] is not None]
    expected: Rows = []
    for customer, number in ranked(count(within, "customer_id"))[:2]:
        hours = Counter(event["timestamp"].hour for event in within if event["customer_id"] == customer)
        expected += [
            (customer, hour, hours[hour], round(100 * hours[hour] / number, 1)) for hour in sorted(hours)
        ]
    assert answer.rows == expected
    assert answer.source == "rollup"


def test_error_rate(stored: Project, events: list[Event]) -> None:
    answer = answered(stored, "error_rate", days=30, minimum=50)
    expected = []
    for customer, number in count(calls(events, 29), "customer_id").items():
        of = Counter((event["status"] or 0) // 100 for event in calls(events, 29, customer_id=customer))
        if number >= 50:
            expected.append((customer, round(100 * (of[4] + of[5]) / number, 2), of[4], of[5], number))
    assert answer.rows == sorted(expected, key=lambda row: (-row[1], -row[4]))
    assert answer.source == "rollup"


def test_sdk_versions(stored: Project, events: list[Event]) -> None:
    answer = answered(stored, "sdk_versions", days=10)
    of: dict[Any, list[Event]] = defaultdict(list)
    for event in calls(events, 9):
        of[(event["rest"] or {}).get("sdk_version")].append(event)
    number = sum(map(len, of.values()))
    expected = [
        (version, len(found), round(100 * len(found) / number, 1),
         len({event["customer_id"] for event in found} - {None}), max(event["timestamp"] for event in found))
        for version, found in of.items()
    ]  # fmt: skip
    assert answer.rows == sorted(expected, key=lambda row: -row[1])


def test_latency_by_endpoint(stored: Project, events: list[Event]) -> None:
    answer = answered(stored, "latency_by_endpoint", days=10, minimum=2)
    of: dict[Any, list[int]] = defaultdict(list)
    for event in calls(events, 9):
        if event["latency_ms"] is not None:
            of[event["endpoint"]].append(event["latency_ms"])
    assert {row[0] for row in answer.rows} == set(of)
    for endpoint, p95, median, p99, mean, number in answer.rows:
        cut = quantiles(of[endpoint], n=100, method="inclusive")
        known = [cut[94], cut[49], cut[98], sum(of[endpoint]) / number]
        assert [p95, median, p99, mean] == pytest.approx(known, abs=0.051)
        assert number == len(of[endpoint])
    assert [row[1] for row in answer.rows] == sorted((row[1] for row in answer.rows), reverse=True)


@pytest.mark.parametrize("recipe", RECIPES)
def test_an_empty_project_has_an_empty_answer(project: Project, recipe: str) -> None:
    Customer.objects.create(project=project, customer_id="a", monthly_cap=1)
    assert answered(project, recipe).rows == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_level_answers_whatever_a_level_can(stored: Project, recipe: str) -> None:
    Customer.objects.create(project=stored, customer_id="acme", monthly_cap=1)
    assert answered(stored, recipe).source == ("raw" if RECIPES[recipe].slow else "rollup")


def _on(customer: str, days: Any) -> list[Event]:
    return [{"timestamp": TODAY - timedelta(days=ago), "customer_id": customer} for ago in days]
