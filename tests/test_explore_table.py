"""The answer of Explore as a table: customers lead to their pages, and the ways out stand above the rows."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from agentry.accounts.models import Project, User
from tests.explore_page import PAGE, ask, hours_ago, text
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)
ODD = ["acme", "a/b?c", "..", "", "  ", "<b>\u202e", "x" * 200, "data.json"]


@pytest.fixture
def client(user: User, project: Project) -> Client:
    store(project.pk, [hours_ago(1, customer_id=name) for name in [*ODD, None]])
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("column", ["properties.customer_id as customer_id", "properties.customer_id"])
def test_each_customer_leads_to_its_page(client: Client, column: str) -> None:
    body = ask(client, f"select {column}, count() as calls from events group by properties.customer_id")
    links = re.findall(r'<td[^>]*><a href="([^"]+)"><bdi>', body)
    assert len(links) == len(ODD)  # NULL is nobody
    for link in links:
        assert client.get(unescape(link)).status_code == 200, link
    assert "/t/acme/default/customers/acme" in links
    assert "<bdi>''</bdi></a>" in unescape(body) and "<bdi>␣␣</bdi></a>" in body


def test_other_columns_and_numbers_lead_nowhere(client: Client) -> None:
    body = ask(client, "select 1 as customer_id, properties.customer_id as who from events limit 1")
    assert '<td class="n"><bdi>1</bdi></td>' in body
    assert "<td><a" not in body and '<td class="n"><a' not in body


def test_files_and_publishing_stand_above_the_rows(client: Client) -> None:
    body = ask(client, "select * from events")
    table = body.index('<table class="exact">')
    for each in ("answer.csv", "answer.json", "How it was answered", "Publish</summary>"):
        assert body.index(each) < table, each


def test_the_history_says_what_went_wrong_in_words(client: Client) -> None:
    for query in ("drop table events", "select custmer_id from events", "select 1 as one"):
        ask(client, query)
    said = text(client.get(PAGE)).partition('id="history"')[2].partition("</details>")[0]
    assert "not_" not in said and "unknown_column" not in said
    assert '<span class="down">unknown column</span>' in said
    assert re.search(r"1 row in \d+ ms", said)
