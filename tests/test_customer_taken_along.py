"""A customer's daily calls as CSV and JSON, published, and as HogQL: the same question each time."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from agentry.accounts.models import Membership, Project, Role, User
from analytics.customers.one.address import page_of
from publications.models import Publication
from tests.customers_page import NASTY, calls
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)


def link(body: str, label: str) -> str:
    found = re.search(rf'<a href="([^"]+)" download[^>]*>{label}</a>', body)
    assert found, label
    return unescape(found[1])


def form(body: str) -> dict[str, str]:
    """What the button Publish sends."""
    found = re.search(r'(?s)<form method="post" action="[^"]*/publish">(.*?)</form>', body)
    assert found
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', found[1])}


def test_csv_and_json_have_every_day_of_the_window(reader: Client, project: Project) -> None:
    store(project.pk, [*calls("acme", range(2, 20), 3), *calls("other", range(20), 9)])
    body = reader.get("/t/acme/default/customers/acme?window=7").content.decode()
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=ago)).isoformat() for ago in range(6, -1, -1)]
    counts = [3] * 5 + [0, 0]
    answer = reader.get(link(body, "JSON"))
    rows = [(row["day"], row["calls"]) for row in answer.json()["rows"]]
    assert rows == list(zip(days, counts, strict=True))
    file = reader.get(link(body, "CSV"))
    assert "attachment" in file["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(file.content.decode())))
    assert lines == [["day", "calls"], *([day, str(n)] for day, n in zip(days, counts, strict=True))]


@pytest.mark.parametrize("customer", NASTY)
def test_of_any_customer_the_same_is_published(reader: Client, project: Project, customer: Any) -> None:
    store(project.pk, [*calls(customer, range(5), 2), *calls("somebody else", range(9), 7)])
    today = datetime.now(UTC).date()
    dates = f"from={today - timedelta(days=6)}&to={today - timedelta(days=3)}"
    address = page_of(project, customer)
    body = reader.get(f"{address}{'&' if '?' in address else '?'}{dates}").content.decode()
    assert reader.post("/t/acme/default/publish", form(body)).status_code == 302
    made = Publication.objects.get()
    assert len(made.description) <= 200
    assert made.description.startswith("Calls a day of ")
    shown = reader.get("/t/acme/default/explore/answer.json", {"query": made.query}).content
    assert [row["calls"] for row in json.loads(shown)["rows"]] == [0, 0, 2, 2]


def test_who_may_not_publish_is_not_offered_it(reader: Client, project: Project, user: User) -> None:
    store(project.pk, calls("acme", range(3)))
    address = "/t/acme/default/customers/acme"
    assert ">Publish</button>" in reader.get(address).content.decode()
    Membership.objects.filter(user=user).update(role=Role.VIEWER)
    body = reader.get(address).content.decode()
    assert ">Publish</button>" not in body
    assert link(body, "CSV")
