"""What raw events say of a customer: bounded, which the page says, and found by an index."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from agentry.accounts.models import Project
from analytics.customers.one import clients
from analytics.customers.one.clients import latest
from analytics.customers.window import Window
from analytics.customers.wording import day
from analytics.engines import postgres_customer
from analytics.write import partitions
from tests.stored import store
from tests.test_customer_page import text

pytestmark = pytest.mark.django_db(transaction=True)

EVENT = "api_request"
PAGE = "/t/acme/default/customers/acme"


def of(
    customer: str | None, days: range, sdk: str | None, country: str, latency: float, each: int = 1
) -> list[dict[str, Any]]:
    now = datetime.now(UTC).replace(microsecond=0)
    rest = {"sdk_version": sdk, "ip_country": country} if sdk else {"ip_country": country}
    return [
        {
            "timestamp": now - timedelta(days=ago, seconds=n),
            "customer_id": customer,
            "endpoint": "/a",
            "latency_ms": latency,
            "rest": rest,
        }
        for ago in days
        for n in range(each)
    ]


def test_versions_countries_and_latency_of_the_window(reader: Client, project: Project) -> None:
    store(
        project.pk,
        [
            *of("acme", range(3), "node/4", "DE", 10),
            *of("acme", range(3), None, "US", 30),
            *of("other", range(3), "go/1", "FR", 99),
        ],
    )
    shown = text(reader.get(f"{PAGE}?part=clients"))
    assert "All 6 calls of the window, from raw events." in shown
    assert "node/4 p95 10 ms 3 50.0%" in shown
    assert "(none) p95 30 ms 3 50.0%" in shown
    assert "All calls 20 30 30 6" in shown
    assert "go/1" not in shown


def test_the_page_offers_them_without_javascript_and_htmx_gets_the_parts(
    reader: Client, project: Project
) -> None:
    store(project.pk, of("acme", range(3), "node/4", "DE", 10))
    body = reader.get(f"{PAGE}?window=7").content.decode()
    assert f'href="{PAGE}?window=7&amp;part=clients"' in body
    assert f'hx-get="{PAGE}?window=7&amp;part=latest" hx-trigger="load"' in body
    assert "node/4" not in body
    for name in ("clients", "latest"):
        part = reader.get(f"{PAGE}?part={name}", headers={"HX-Request": "true"}).content.decode()
        assert part.lstrip().startswith(f'<section id="{name}"')
        assert "node/4" in part
    assert reader.get(f"{PAGE}?part=%00'").status_code == 200


def test_more_calls_than_are_read_say_so(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MOST", 10)
    store(
        project.pk,
        [*of("acme", range(4), "old", "DE", 10, 4), *of("acme", range(4, 8), "older", "DE", 10, 4)],
    )
    shown = text(reader.get(f"{PAGE}?part=clients"))
    assert "The latest 10 of the 32 calls of the window" in shown
    assert "older" not in shown.split("Why did it change, by")[0]
    yesterday = day(datetime.now(UTC).date() - timedelta(days=1))
    said = f"Of the 2 complete days to {yesterday}, read event by event: about as many calls as in the 2 days"
    assert f"Why did it change, by SDK version and country? {said} before" in shown
    assert "Its calls of 3 days are too many to read one by one." in shown


def test_a_day_with_more_calls_than_are_read_is_compared_by_a_slice(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MOST", 10)
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    events = [
        {
            "timestamp": noon - timedelta(days=ago) + timedelta(minutes=n),
            "customer_id": "acme",
            "rest": {"sdk_version": sdk},
        }
        for ago, sdk in ((1, "new"), (8, "old"))
        for n in range(60)
    ]
    store(project.pk, events)
    found = clients.clients(project, "acme", EVENT, Window.up_to_now(7))
    assert found is not None
    assert found.compared is not None
    assert (found.compared.why.now, found.compared.why.before) == (10, 10)
    assert "of its busiest hour on" in found.compared.note
    assert found.compared.sentence.startswith("Of 12:00 to 12:10 on ")
    assert "as in the same minutes a week before, but" in found.compared.sentence
    assert "SDK version new has 10 more and SDK version old 10 fewer" in found.compared.why.sentence


def test_the_parts_of_the_raw_split_sum_to_the_change(project: Project) -> None:
    store(
        project.pk,
        [
            *of("acme", range(1, 31), "node/4", "DE", 1, 2),
            *of("acme", range(31, 61), "node/4", "DE", 1, 1),
            *of("acme", range(31, 61), None, "US", 1, 3),
        ],
    )
    found = clients.clients(project, "acme", EVENT, Window.up_to_now(30))
    assert found is not None and found.compared is not None
    assert found.compared.note == ""
    assert found.compared.sentence.startswith("Of the same 30 days to ")
    why = found.compared.why
    assert (why.before, why.now) == (120, 60)
    for dimension in why.dimensions:
        assert sum(part.change for part in dimension.parts) == -60


def test_latest_events_are_shown_as_text_and_cut(reader: Client, project: Project) -> None:
    now = datetime.now(UTC)
    bad = {"a": "</code><script>alert(1)</script>", "long": "x" * 5000}
    store(
        project.pk,
        [
            {
                "timestamp": now - timedelta(minutes=n),
                "customer_id": "acme",
                "distinct_id": "<b>",
                "status": 500,
                "rest": bad,
            }
            for n in range(3)
        ],
    )
    body = reader.get(f"{PAGE}?part=latest").content.decode()
    assert "<script>alert" not in body
    assert "&lt;/code&gt;&lt;script&gt;" in body
    assert "cut after 2,000 characters" in body
    assert len(body) < 60_000


def test_the_latest_come_from_today_and_from_days_past(project: Project) -> None:
    now = datetime.now(UTC)
    moments = [now - timedelta(days=ago) for ago in range(30)]
    store(project.pk, [{"timestamp": moment, "customer_id": None} for moment in moments])
    found = latest(project, None, EVENT)
    assert len(found) == clients.SHOWN
    assert [each.timestamp.date() for each in found] == [moment.date() for moment in moments[:20]]
    assert latest(project, "nobody", EVENT) == []


def test_another_projects_events_are_never_read(reader: Client, project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Other", slug="other")
    store(other.pk, of("acme", range(3), "secret/1", "DE", 1))
    store(project.pk, of("acme", range(3), "node/4", "DE", 1))
    for name in ("clients", "latest"):
        assert "secret/1" not in reader.get(f"{PAGE}?part={name}").content.decode()


def test_slow_reading_is_stopped_and_the_part_says_so(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(project.pk, of("acme", range(3), "node/4", "DE", 1))
    monkeypatch.setattr(postgres_customer, "WHERE", "pg_sleep(1) IS NOT NULL AND " + postgres_customer.WHERE)
    monkeypatch.setattr(postgres_customer, "SECONDS", 1)
    response = reader.get(f"{PAGE}?part=latest")
    assert response.status_code == 200
    assert "took longer than 1 seconds and was stopped" in text(response)


def test_days_that_are_over_are_searched_by_customer(project: Project) -> None:
    store(project.pk, of("acme", range(4), "node/4", "DE", 1, 2))
    now = datetime.now(UTC)
    with (
        connection.cursor() as cursor
    ):  # partitions outlive a test, and a test of upkeep may have indexed them
        for day in partitions.existing():
            cursor.execute(f"DROP INDEX IF EXISTS {partitions.name(day)}_customer")
    yesterday = partitions.name((now - timedelta(days=1)).date())
    broken = f"CREATE UNIQUE INDEX CONCURRENTLY {yesterday}_customer ON {yesterday} (project_id)"
    with pytest.raises(IntegrityError), connection.cursor() as cursor:  # left invalid, as when interrupted
        cursor.execute(broken)
    made = partitions.index_past(now)
    assert {now.date() - timedelta(days=ago) for ago in (1, 2, 3)} <= set(made)
    assert now.date() not in made
    assert partitions.index_past(now) == []
    plan = explained(project, now - timedelta(days=3), now - timedelta(days=1))
    assert "_customer" in plan


def explained(project: Project, start: datetime, end: datetime) -> str:
    """How PostgreSQL finds a customer's events when reading all of them is out of the question."""
    values: dict[str, Any] = {
        "project": project.pk,
        "event": EVENT,
        "start": start,
        "end": end,
        "customer": "acme",
    }
    condition = f"{postgres_customer.WHERE}{postgres_customer.CUSTOMER} = %(customer)s"
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT rest FROM events WHERE {condition}", values)
        plan = cursor.fetchone()[0]
        cursor.execute("RESET enable_seqscan")
    return json.dumps(plan)
