"""Explore: a question in, its answer out; as a plain form, as a link, as htmx asks; and what goes wrong."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from agentry.accounts.models import Project, Role, Team, User
from analytics.engines import postgres
from analytics.explore import table as drawn
from analytics.hogql.functions.table import FAMILIES
from analytics.models import AskedQuery
from tests.explore_page import HTMX, PAGE, as_member, ask, hours_ago, query_shown, said, table, text
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = "select properties.customer_id as who, count() as calls from events group by who order by who"
NASTY = [
    "<script>alert(1)</script>",
    'O\'Brien "q" \\',
    "🚀",
    "شركة",
    "\u202eoverride",
    "x" * 2_000,
    "",
    None,
]


@pytest.fixture
def client(user: User, project: Project) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_form_is_answered_at_an_address_that_can_be_sent(client: Client, project: Project) -> None:
    store(project.pk, [hours_ago(1, customer_id="acme"), hours_ago(2, customer_id="acme")])
    response = client.post(PAGE, {"query": CALLS, "chart": "bars"})
    assert response.status_code == 302
    asked = parse_qs(urlsplit(response["Location"]).query)
    assert asked == {"query": [CALLS], "chart": ["bars"], "run": ["1"]}
    body = text(client.get(response["Location"]))
    assert table(body) == [["acme", "2"]]
    assert query_shown(body) == CALLS
    assert "from rollups, exact" in body
    assert "usage_day" in body


def test_a_link_opens_at_once_and_asks_then(client: Client) -> None:
    """A slow question must not leave an empty window: the page waits, and can cancel."""
    body = text(client.get(PAGE, {"query": "select 7 as seven"}))
    assert 'hx-trigger="load"' in body
    assert table(body) == []
    assert re.search(r'<noscript><meta http-equiv="refresh" content="0; url=[^"]*query=[^"]*run=1">', body)
    assert AskedQuery.objects.count() == 0
    fragment = text(client.get(PAGE, {"query": "select 7 as seven"}, headers=HTMX))
    assert "<html" not in fragment
    assert table(fragment) == [["7"]]


def test_a_long_question_goes_in_a_body(client: Client) -> None:
    long = f"select 1 as one -- {'x' * 9_000}"
    body = text(client.post(PAGE, {"query": long}))
    assert table(body) == [["1"]]
    assert query_shown(body) == long
    response = client.post(PAGE, {"query": long}, headers=HTMX)
    assert response["HX-Push-Url"] == PAGE
    assert 'action="/t/acme/default/explore/answer.csv"' in body
    assert client.post(f"{PAGE}/answer.csv", {"query": long}).content == b"one\r\n1\r\n"


def test_htmx_gets_the_answer_alone_and_its_address(client: Client) -> None:
    response = client.post(PAGE, {"query": "select 1 as one", "chart": "forged"}, headers=HTMX)
    assert response["HX-Push-Url"] == f"{PAGE}?query=select+1+as+one"
    body = text(response)
    assert "<html" not in body
    assert 'id="history"' in body
    assert 'hx-swap-oob="true"' in body


def test_values_are_drawn_as_they_are(client: Client, project: Project) -> None:
    body = ask(
        client,
        "select 18420000 * 1000000000 as big, toYear(toDate('2026-01-02')) as year, NULL as nothing,"
        " '' as empty, [1, 2] as list, (1, 'a') as pair, -2.5 as half, 1/0 as no_end,"
        " toDateTime('2026-01-02 03:04:05') as at, 9007199254740993 as exact, true as yes",
    )
    [row] = table(body)
    assert row[:9] == [
        "18,420,000,000,000,000",
        "2026",
        "NULL",
        "''",
        "[1, 2]",
        '[1, "a"]',
        "−2.5",
        "∞",
        "2026-01-02T03:04:05Z",
    ]
    assert row[9] == "9,007,199,254,740,993"
    assert "<bdi>big</bdi><small>" in body


def test_any_text_is_only_text(client: Client, project: Project) -> None:
    store(project.pk, [hours_ago(1, customer_id=name) for name in NASTY])
    body = ask(client, CALLS)
    shown = {row[0] for row in table(body)}
    assert {"<script>alert(1)</script>", "🚀", "''", "NULL", "x" * drawn.LONG + "…"} <= shown
    assert "<script>alert" not in body
    nasty = "select '</textarea><script>alert(2)</script>' as `<b>` -- \u202e 🚀 \" '"
    body = ask(client, nasty)
    assert "<script>alert" not in body
    assert query_shown(body) == nasty
    assert text(client.get(PAGE, {"query": "select 1 -- \0", "run": "1"})).count("<html") == 1


def test_many_rows_are_drawn_in_part_and_exported_whole(client: Client) -> None:
    body = ask(client, "select number from numbers(1200)")
    assert len(table(body)) == drawn.ROWS
    assert "the 700 others are in the CSV and JSON" in body
    address = {"query": "select number from numbers(1200)"}
    assert len(client.get(f"{PAGE}/answer.csv", address).content.splitlines()) == 1201
    assert json.loads(client.get(f"{PAGE}/answer.json", address).content)["row_count"] == 1200
    body = ask(client, "select number from numbers(20000)")
    assert "This is not all." in body
    assert "10,000 rows" in body
    assert client.get(f"{PAGE}/answer.xml", address).status_code == 404


@pytest.mark.parametrize(
    ("hogql", "word", "at", "fixed"),
    [
        ("select cout() from events", "cout", "line 1, column 8", "select count() from events"),
        ("select 1,\n  todate(timestamp)\nfrom events", "todate", "line 2, column 3", "toDate(timestamp)"),
        ("select '🚀é', cout() from events", "cout", "column 14", "select '🚀é', count() from events"),
        ("select endpoint from events", "endpoint", "column 8", "select properties.endpoint from events"),
        ("select e.evnt from events e", "evnt", "column 10", "select e.event from events e"),
        ("select proprties.a from events", "a", "column 18", "select properties.a from events"),
        ("select count() from event", "event", "column 21", "select count() from events"),
        ("select toTimeZone(timestamp, 'Europe/Berln') from events", "toTimeZone", "", "'Europe/Berlin'"),
        ("select é from events", "é", "column 8", None),
        ("select (1", "1", "column 9", None),
    ],
)
def test_a_mistake_is_marked_at_its_place_with_what_mends_it(
    client: Client, hogql: str, word: str, at: str, fixed: str | None
) -> None:
    response = client.get(PAGE, {"query": hogql, "run": "1"})
    assert response.status_code == 400
    body = text(response)
    assert said(re.findall(r"(?s)<mark>.*?</mark>", body)[0]) == word
    assert at in said(body)
    offered = re.search(r'(?s)name="query" value="([^"]*)"><button class="button main" id="fix"', body)
    assert (offered is None) == (fixed is None), body
    if fixed is not None and offered is not None:
        assert fixed in offered[1].replace("&#x27;", "'")


def test_only_a_fix_that_helps_is_offered(client: Client) -> None:
    """`timestmp` is near a column, but this table has not got it."""
    body = ask(client, "with t as (select 1 as uniq_id) select uniqq from t")
    assert 'id="fix"' not in body


@pytest.mark.parametrize(
    ("hogql", "status", "word"),
    [
        ("", 400, "The query is empty"),
        ("drop table events", 400, "only reads"),
        ("select '" + "x" * 600_000 + "'", 413, "512 KB"),
        ("select intDiv(1, number) from numbers(2)", 422, "divided by zero"),
    ],
)
def test_every_refusal_is_a_clear_page(client: Client, hogql: str, status: int, word: str) -> None:
    response = client.post(PAGE, {"query": hogql}, follow=True)
    assert response.status_code == status
    assert word in said(text(response))
    fragment = client.post(PAGE, {"query": hogql}, headers=HTMX)
    assert fragment.status_code == status
    assert 'role="alert"' in text(fragment)


def test_a_slow_question_is_stopped_and_can_be_asked_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.SESSION, "statement_timeout", "50")
    postgres.close()
    try:
        slow = "select count() from numbers(1000000) as a cross join numbers(1000000) as b"
        response = client.post(PAGE, {"query": slow}, headers=HTMX)
    finally:
        postgres.close()
    assert response.status_code == 504
    assert "was stopped" in text(response)
    assert "Run it again" in text(response)
    assert AskedQuery.objects.get().error == "query_timeout"


def test_too_many_at_once_is_said_and_can_be_asked_again(client: Client, settings: Any) -> None:
    settings.QUERIES_AT_ONCE = 0
    response = client.get(PAGE, {"query": "select 1", "run": "1"})
    assert response.status_code == 429
    assert "Run it again" in text(response)


def test_the_history_is_ones_own_and_bounded(client: Client, team: Team, user: User) -> None:
    for number in range(60):
        ask(client, f"select {number} as n")
    ask(client, "select 59 as n")
    ask(client, "select cout()")
    mine = list(AskedQuery.objects.filter(user=user).order_by("-id"))
    assert len(mine) == 50
    assert [row.query for row in mine[:3]] == ["select cout()", "select 59 as n", "select 58 as n"]
    assert (mine[0].error, mine[0].rows) == ("unknown_function", None)
    assert (mine[1].error, mine[1].rows) == ("", 1)
    assert query_shown(text(client.get(PAGE, {"asked": mine[1].pk}))) == "select 59 as n"
    other = as_member(team, "other@example.com")
    assert "select 59" not in text(other.get(PAGE))
    assert other.get(PAGE, {"asked": mine[1].pk}).status_code == 404
    for forged in ("x", "-1", "9" * 30, "1; drop", ""):
        assert client.get(PAGE, {"asked": forged}).status_code == 404
        assert client.get(PAGE, {"saved": forged}).status_code == 404


def test_a_history_goes_with_its_person(client: Client, project: Project, user: User) -> None:
    ask(client, "select 1")
    user.delete()
    assert not AskedQuery.objects.exists()


def test_what_is_too_long_is_answered_but_not_kept(client: Client) -> None:
    client.post(PAGE, {"query": f"select 1 -- {'x' * 30_000}"})
    assert not AskedQuery.objects.exists()


def test_the_words_are_those_of_the_compiler_and_of_the_project(
    client: Client, project: Project, team: Team
) -> None:
    store(
        project.pk,
        [hours_ago(1, event="api_request"), hours_ago(1, event="login"), hours_ago(2, event="login")],
    )
    other = Project.objects.create(team=team, name="Other", slug="other")
    store(other.pk, [hours_ago(1, event="secret_of_other")])
    response = client.get(f"{PAGE}/words.json")
    words = json.loads(response.content)
    assert words["events"] == ["api_request", "login"]
    assert words["properties"]["status"] == "Numeric"
    assert words["columns"]["usage"]["calls"] == "UInt64"
    known = {name: (takes, gives) for name, takes, gives, _ in words["functions"]}
    for rows in FAMILIES.values():
        for row in rows:
            assert " " in row.name or known[row.name] == (row.takes, row.doc)
    assert [row[3] for row in words["functions"] if row[0] == "uniq"] == [1]
    again = client.get(f"{PAGE}/words.json", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    assert "private" in response["Cache-Control"]


def test_a_viewer_asks_and_keeps_nothing(team: Team, project: Project) -> None:
    viewer = as_member(team, "viewer@example.com", Role.VIEWER)
    body = ask(viewer, "select 1 as one")
    assert table(body) == [["1"]]
    assert "Publish</summary>" not in body
    assert "Save" not in said(body).replace("Saved", "")
    assert viewer.post(f"{PAGE}/save", {"name": "x", "query": "select 1"}).status_code == 403


def test_an_empty_project_has_somewhere_to_begin(client: Client) -> None:
    body = text(client.get(PAGE))
    assert "Begin with one of these" in body
    for address in re.findall(r'<li><a href="(\?query=[^"]*)"', body):
        response = client.get(f"{PAGE}{address.replace('&amp;', '&')}", headers=HTMX)
        assert response.status_code == 200, address


def test_the_page_is_small(client: Client) -> None:
    assert len(text(client.get(PAGE))) < 30_000
