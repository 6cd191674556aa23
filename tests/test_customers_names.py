"""Who a row of the customers page is, how it is found, and where it leads."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from agentry.accounts.models import Project
from analytics.customers import standing
from analytics.customers.naming import visible
from analytics.models import Customer, Standings
from tests.customers_page import PAGE, calls, names
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)


def link_of(client: Client, address: str, shown: str) -> str:
    """Where the row leads that shows this text."""
    found = re.search(f'<a href="([^"]*)"><bdi>{re.escape(shown)}</bdi>', text(client, address))
    assert found
    return unescape(found[1])


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


class TestWhereItLeads:
    def test_to_the_same_event_and_days(self, reader: Client, project: Project) -> None:
        store(project.pk, [*calls("acme", range(20), event="signup"), *calls("a\nb", range(20))])
        link = link_of(reader, f"{PAGE}?event=signup&window=7&sort=customer&search=a&flag=new", "acme")
        assert link == f"{PAGE}/acme?event=signup&window=7"
        body = text(reader, link)
        assert "Counted by the event" in body and "Calls, 7 days" in body
        assert link_of(reader, PAGE, "a␊b") == "/t/acme/default/customer?id=a%0Ab"
        assert link_of(reader, f"{PAGE}?window=7", "a␊b") == "/t/acme/default/customer?id=a%0Ab&window=7"


class TestIdsThatOneCannotSee:
    @pytest.mark.parametrize(
        ("customer", "shown"),
        [
            ("   ", "␣␣␣"),
            ("new\nline", "new␊line"),
            ("tab\tid", "tab␉id"),
            (" a  b ", "␣a␣␣b␣"),
            ("a b", "a b"),
            ("\u200b\u00a0", "U+200B␣"),
            ("\x7f", "␡"),
            ("شركة", "شركة"),
        ],
    )
    def test_are_shown_by_signs(self, customer: str, shown: str) -> None:
        assert visible(customer) == shown

    def test_and_can_be_opened(self, reader: Client, project: Project) -> None:
        strange = ("   ", "new\nline", "\t")
        store(project.pk, [event for customer in strange for event in calls(customer, range(3))])
        for customer in strange:
            body = text(reader, link_of(reader, PAGE, visible(customer)))
            assert f"<h1><bdi>{visible(customer)}</bdi>" in body
        thresholds = text(reader, "/t/acme/default/thresholds?known=14")
        assert "<bdi></bdi>" not in thresholds


class TestNames:
    @pytest.fixture
    def named(self, project: Project) -> None:
        store(project.pk, [*calls("c_17", range(3)), *calls("bolt", range(5)), *calls("cato", range(2))])
        Customer.objects.create(project=project, customer_id="c_17", name="<Acme> Corporation")
        Customer.objects.create(project=project, customer_id="gone", name="Acme of old")
        other = Project.objects.create(team=project.team, name="Other", slug="other")
        Customer.objects.create(project=other, customer_id="bolt", name="Acme elsewhere")

    def test_stand_before_the_id(self, reader: Client, named: None) -> None:
        assert names(reader.get(PAGE))[:3] == ["bolt", "<Acme> Corporation c_17", "cato"]

    @pytest.mark.parametrize("many", [False, True])
    def test_are_found(
        self, reader: Client, named: None, project: Project, monkeypatch: pytest.MonkeyPatch, many: bool
    ) -> None:
        if many:
            standing.keep(Standings.objects.create(project=project, event="api_request"))
            monkeypatch.setattr(standing, "MANY", 1)
        for search in ("acme", "corp", "C_17", "<"):
            assert names(reader.get(PAGE, {"search": search}))[:-2] == ["<Acme> Corporation c_17"]
        assert names(reader.get(f"{PAGE}?search=acme&plan=pro")) == []
        both = names(reader.get(f"{PAGE}?search=c"))[:-2]
        assert both == ["<Acme> Corporation c_17", "cato"]
        assert "have <bdi>“zzz”</bdi> in their id or name" in text(reader, f"{PAGE}?search=zzz")

    def test_are_in_the_files(self, reader: Client, named: None) -> None:
        response = reader.get(f"{PAGE}.csv?search=acme")
        assert isinstance(response, StreamingHttpResponse)
        (row,) = csv.DictReader(io.StringIO(response.getvalue().decode()))
        assert (row["customer_id"], row["name"]) == ("c_17", "<Acme> Corporation")
