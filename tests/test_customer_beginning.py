"""A customer's page while there is little to compare with: it says so, and makes no change of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from agentry.accounts.models import Project
from analytics.customers.wording import long_day
from tests.customers_page import calls
from tests.stored import store
from tests.test_customer_page import text

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_change_is_not_against_days_before_the_project_began(reader: Client, project: Project) -> None:
    """The customers page says the same of the same customers."""
    store(project.pk, calls("acme", range(41), 10))
    begun = long_day(datetime.now(UTC).date() - timedelta(days=40))
    shown = text(reader.get("/t/acme/default/customers/acme"))
    reason = f"the project's first call is of {begun}: the 30 days before are not complete"
    assert f"Calls, 30 days 300 {reason} Active days" in shown
    assert reason in unescape(reader.get("/t/acme/default/customers").content.decode())
    assert "About as many calls as in the 19 days before" in shown
    assert "first call is of" in shown.split("About as many calls")[1].split("so this compares the 19")[0]
    assert "more calls than" not in shown
    assert "About as many calls as in the 7 days before" in text(
        reader.get("/t/acme/default/customers/acme?window=7")
    )


def test_a_customer_that_has_just_begun_has_nothing_to_compare(reader: Client, project: Project) -> None:
    store(project.pk, [*calls("old", range(80)), *calls("one", range(1)), *calls("week", range(8), 3)])
    shown = text(reader.get("/t/acme/default/customers/one"))
    assert "Its first call is today: there is nothing to compare yet." in shown
    assert "Fewer calls" not in shown
    assert "Calls, 30 days 1 no calls in the 30 days before" in shown
    week = text(reader.get("/t/acme/default/customers/week"))
    assert "Calls, 30 days 24 no calls in the 30 days before" in week
    assert "21 calls, and none in the 30 days before." in week


def test_a_project_of_two_days_has_nothing_to_compare(reader: Client, project: Project) -> None:
    store(project.pk, calls("acme", range(2), 3))
    shown = text(reader.get("/t/acme/default/customers/acme"))
    assert "There is nothing to compare yet: the project's first call is of" in shown
    assert "Fewer calls" not in shown
