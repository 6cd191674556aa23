"""The demo: the walkthrough's customers in their shapes, loaded like every other event, and never twice."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from django.db import connection

from agentry.accounts.models import Project
from analytics import demo, query
from analytics.customers.trend import trend
from analytics.demo import load_demo
from analytics.demo_calls import Demo
from analytics.demo_customers import STORIES, WALKTHROUGH, calls, dropped, long_tail, milliseconds
from analytics.models import Customer, Import
from publications.recipes.catalog import RECIPES
from tests.walkthrough import TOP_20

pytestmark = pytest.mark.django_db(transaction=True)


def stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT uuid) FROM events")
        rows, uuids = cursor.fetchone()
    assert rows == uuids
    return int(rows)


def test_the_demo_is_the_walkthrough(project: Project) -> None:
    load_demo(project)
    now = datetime.now(UTC)
    loaded = stored()
    assert 150_000 < loaded < 200_000
    assert Import.objects.get().stored == loaded
    result = query.run(project, TOP_20)
    names = [row[0] for row in result.rows]
    assert names[:5] == ["acme_corp", "wayne_ent", "stark_ind", "umbrella_co", "initech_llc"]
    assert len(names) == 20
    counted = {row[0]: row[1] for row in result.rows}
    # The window has moved on by the seconds of the load: its first calls may have left it.
    for customer in WALKTHROUGH:
        assert customer.calls * 0.995 <= counted[customer.name] <= customer.calls
    days = {row[0]: row[2] for row in result.rows}
    assert days["acme_corp"] in (30, 31)
    assert (days["stark_ind"], days["initech_llc"]) == (28, 8)
    last = {row[0]: now - row[3] for row in result.rows}
    assert timedelta(minutes=2) <= last["acme_corp"] < timedelta(minutes=6)
    assert timedelta(minutes=3) <= last["wayne_ent"] < timedelta(minutes=6)
    assert last["stark_ind"].days == 2
    assert last["initech_llc"].days == 12
    load_demo(project)
    assert stored() == loaded
    assert Customer.objects.filter(monthly_cap__gt=0).count() == 2
    runway = query.run(project, RECIPES["cap_runway"].question(project, {}))
    assert {row[0] for row in runway.rows} == {"tessera_io", "marlow_data"}
    Import.objects.update(source="demo-1")  # of a version before: it is not loaded beside it
    load_demo(project)
    assert stored() == loaded


def test_an_interrupted_load_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "Demo", ShortDemo)
    monkeypatch.setattr(ShortDemo, "breaks_after", 2_500)
    with pytest.raises(KeyboardInterrupt):
        load_demo(project)
    begun = Import.objects.get()
    assert begun.finished_at is None
    monkeypatch.setattr(ShortDemo, "breaks_after", None)
    load_demo(project)
    assert stored() == ShortDemo.length
    known = Import.objects.get()
    assert (known.started_at, known.lines) == (begun.started_at, ShortDemo.length)


class ShortDemo(Demo):
    length = 6_000
    breaks_after: int | None = None

    def events(self):  # type: ignore[no-untyped-def]
        for number, event in enumerate(islice(super().events(), self.length)):
            if number == self.breaks_after:
                raise KeyboardInterrupt
            yield event


def test_the_same_now_gives_the_same_events() -> None:
    now = datetime(2026, 5, 16, 13, 44, tzinfo=UTC)
    first, second = Demo(now), Demo(now)
    assert len(first) == len(second)
    assert list(islice(first.events(), 500)) == list(islice(second.events(), 500))


@pytest.mark.parametrize("minute", ["00:00", "00:16", "12:00", "23:59"])
def test_the_shapes_hold_at_any_time_of_day(minute: str) -> None:
    now = datetime.fromisoformat(f"2026-05-16T{minute}:00Z")
    window = milliseconds(now - timedelta(days=30))
    active = {}
    for customer in WALKTHROUGH:
        times = calls(random.Random(1), customer, now)
        recent = [at for at in times if at > window]
        assert len(recent) == customer.calls
        assert max(times) == milliseconds(now - customer.last_call)
        active[customer.name] = len({datetime.fromtimestamp(at / 1000, UTC).date() for at in recent})
    assert (active["stark_ind"], active["initech_llc"]) == (28, 8)
    assert min(active["acme_corp"], active["wayne_ent"], active["umbrella_co"]) >= 30


@pytest.mark.parametrize("clock", ["00:05", "09:30", "23:50"])
@pytest.mark.parametrize("day", range(11, 18))  # each weekday
def test_who_has_dropped_is_flagged_so_on_any_weekday(day: int, clock: str) -> None:
    now = datetime.fromisoformat(f"2026-05-{day}T{clock}:00Z")
    [customer] = [each for each in STORIES if each.shape is dropped]
    for seed in range(5):
        times = [datetime.fromtimestamp(at / 1000, UTC) for at in calls(random.Random(seed), customer, now)]
        found = trend(Counter(at.date() for at in times).items(), max(times), now)
        assert found.flag == "dropped", (seed, found)


@pytest.mark.parametrize("day", [1, 2, 10, 20, 31])
def test_one_is_near_its_cap_and_one_over_it(day: int) -> None:
    now = datetime(2026, 5, day, 18, tzinfo=UTC)
    demo = Demo(now)
    used = Counter(
        event["properties"]["customer_id"]
        for event in demo.events()
        if event["timestamp"] >= milliseconds(datetime(2026, 5, 1, tzinfo=UTC))
    )
    caps = demo.caps()
    assert used["marlow_data"] > caps["marlow_data"]
    assert 0.7 <= used["tessera_io"] / caps["tessera_io"] < 1


def test_the_tail_is_long_and_below_the_five() -> None:
    tail = [*STORIES, *long_tail(random.Random(1))]
    assert len({customer.name for customer in tail}) == 120 + len(STORIES)
    assert max(customer.calls for customer in tail) < min(customer.calls for customer in WALKTHROUGH)
