"""Windows by date, events and filters of the customers page, on real rows."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from agentry.accounts.models import Project
from analytics import query
from analytics.customers import filters, questions, standing
from analytics.customers.state import SORTS, State
from analytics.models import Customer, Standings
from tests.customers_page import NASTY, PAGE, calls, figures, names, rows
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)


def detailed(customer: str, days: range, each: int = 1, **details: Any) -> list[dict[str, Any]]:
    return [event | details for event in calls(customer, days, each)]


@pytest.fixture
def mixed(project: Project) -> None:
    """acme: half /v1/a GET 200 on plan pro, half /v1/b POST 500; bolt: /v1/a on free, silent for 20 days."""
    good = {"endpoint": "/v1/a", "method": "GET", "status": 200, "plan": "pro"}
    bad = {"endpoint": "/v1/b", "method": "POST", "status": 503, "plan": "pro"}
    store(
        project.pk,
        [
            *detailed("acme", range(61), 2, **good),
            *detailed("acme", range(61), 2, **bad),
            *detailed("bolt", range(20, 61), 3, **good | {"plan": "free", "status": 404}),
            *calls("cato", range(61)),
            *calls("cato", range(5), event="signup"),
        ],
    )


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def day(ago: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=ago)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("details", [{}, {"search": "O"}, {"plan": "pro"}, {"status": "5xx", "search": "b"}])
@pytest.mark.parametrize("only", [None, ["bolt", None]])
def test_one_pass_gives_what_two_questions_give(
    project: Project, mixed: None, sort: str, details: dict[str, str], only: list[str | None] | None
) -> None:
    for page in (1, 2):
        state = State(sort=sort, page=page, size=2, **details)  # type: ignore[arg-type]
        apart = query.run(project, questions.ranked(state, only))
        sums = query.run(project, questions.totals(state, only))
        both = query.run(project, questions.ranked_with_totals(state, only))
        assert both.rows == [row + sums.rows[0] for row in apart.rows]
        assert both.source == "rollup"


class TestWindowsByDate:
    def test_the_days_of_it_count(self, reader: Client, mixed: None) -> None:
        response = reader.get(f"{PAGE}?from={day(24)}&to={day(15)}")
        by_name = {row[1]: row for row in rows(response)}
        assert by_name["acme"][2].split()[0] == "40"
        assert by_name["bolt"][2].split()[0] == "15"  # the 24th to the 20th day ago
        assert by_name["acme"][3] == "0.0%"
        assert by_name["bolt"][3] == "−50.0%"
        assert by_name["bolt"][4] == "5 / 10"
        assert "Calls, 10 days" in response.content.decode()

    def test_days_older_than_the_project(self, reader: Client, mixed: None) -> None:
        body = reader.get(f"{PAGE}?from={day(90)}&to={day(80)}").content.decode()
        first = f"{day(60).day} {day(60):%b} {day(60).year}"
        assert f"The first api_request is of {first}: " in body
        assert "is older than that" in body
        assert "in as many days before" in body  # and who the project has is no secret of it
        partly = reader.get(f"{PAGE}?from={day(90)}&to={day(50)}").content.decode()
        assert "the window begins before it" in partly

    def test_a_single_day_and_days_that_have_none_before(self, reader: Client, mixed: None) -> None:
        said = "; changes compare 1 complete day with the day before"
        assert f"{day(3).day} {day(3):%b}{said}" in text(reader, f"{PAGE}?from={day(3)}&to={day(3)}")
        first = f"{day(60).day} {day(60):%b} {day(60).year}"
        said = f"no changes to show: the project's first call is of {first}: the 90 days before are not"
        assert said in unescape(text(reader, f"{PAGE}?window=90"))

    def test_one_that_is_none_is_said_on_the_page(self, reader: Client, mixed: None) -> None:
        for headers in ({}, {"HX-Request": "true"}):
            response = reader.get(f"{PAGE}?from={day(3)}&to={day(9)}", headers=headers)
            assert response.status_code == 200
            assert "The window ends before it begins" in response.content.decode()
        assert "acme" in names(response)

    def test_what_is_forged_is_text(self, reader: Client, mixed: None) -> None:
        body = reader.get(PAGE, {"sort": "<script>alert(1)</script>", "from": "<b>"}).content.decode()
        assert "<script>alert" not in body
        assert "“&lt;script&gt;alert(1)&lt;/script&gt;” is no sort of this page" in body

    def test_what_is_published_is_the_window_shown(
        self, reader: Client, mixed: None, project: Project
    ) -> None:
        for window in (f"from={day(24)}&to={day(15)}", f"from={day(9)}&to={day(0)}", "window=7"):
            response = reader.get(f"{PAGE}?{window}&endpoint=%2Fv1%2Fa")
            shown = [row[1:3] for row in rows(response)[:-1] if "other" not in row[1]]
            found = re.search(r'name="query" value="([^"]*)"', response.content.decode())
            assert found
            answer = query.run(project, unescape(found[1]))
            assert [list(row[:3]) for row in answer.rows] == [
                [rank, name, int(count.split()[0])] for rank, (name, count) in enumerate(shown, 1)
            ]
            assert answer.source == "rollup"


class TestWhatNeedsALook:
    def test_one_filter_leaves_all_of_it(
        self, reader: Client, mixed: None, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Customer.objects.create(project=project, customer_id="cato", monthly_cap=1)
        for many in (False, True):
            if many:
                standing.keep(Standings.objects.get(project=project, event="api_request"))
                monkeypatch.setattr(standing, "MANY", 2)
            response = reader.get(f"{PAGE}?flag=need+a+look")
            assert names(response) == ["bolt", "cato", "1 other", "All 3 customers"]
            assert "2 of 3 customers need a look now" in response.content.decode()
            assert "none need a look now" in text(reader, f"{PAGE}?flag=need+a+look&event=signup")
        response = reader.get(f"{PAGE}.json?flag=need+a+look")
        assert isinstance(response, StreamingHttpResponse)
        assert [row["flag"] for row in json.loads(response.getvalue())["rows"]] == ["dormant", "near cap"]

    def test_the_figures_lead_to_whom_they_count(self, reader: Client, mixed: None) -> None:
        body = text(reader, f"{PAGE}?window=7&plan=pro&page=1")
        assert re.findall(r'<a href="([^"]*)" hx-get="[^"]*">([^<]*)</a>', body.split("Need a look now")[1])[
            :2
        ] == [
            ("?flag=need+a+look", "1"),
            ("?flag=dormant", "1 dormant"),
        ]
        assert names(reader.get(f"{PAGE}?flag=dormant"))[0] == "bolt"

    def test_the_trend_begins_with_what_has_fallen_most(self, reader: Client, mixed: None) -> None:
        assert '<a href="?sort=trend"' in text(reader, PAGE)
        assert '<a href="?sort=-trend"' in text(reader, f"{PAGE}?sort=trend")

    def test_a_publication_of_it_says_that_it_lasts(self, reader: Client, mixed: None) -> None:
        body = text(reader, f"{PAGE}?flag=dormant")
        assert '<p class="why lasting">A publication keeps to the customers that are dormant now.</p>' in body
        today = day(0)
        called = f"Top API customers (flag dormant, as of {today.day} {today:%b} {today.year}) by 30d volume"
        assert f'name="description" value="{called}"' in body
        assert "A publication keeps" not in text(reader, PAGE)


class TestFilters:
    def test_on_a_phone_they_say_how_many_are_set(self, reader: Client, mixed: None) -> None:
        assert '<summary class="button">Filters</summary>' in text(reader, PAGE)
        address = f"{PAGE}?flag=dormant&plan=free"
        assert '<summary class="button">Filters (2)</summary>' in text(reader, address)
        for changed, open_ in (("filters", True), ("find", False)):
            headers = {"HX-Request": "true", "HX-Trigger": changed}
            body = reader.get(address, headers=headers).content.decode()
            assert ('<details class="menu folded" open>' in body) is open_

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"endpoint": "/v1/a"}, {"acme": "60", "bolt": "30"}),
            ({"endpoint": "/v1/b"}, {"acme": "60"}),
            ({"plan": "free"}, {"bolt": "30"}),
            ({"method": "POST"}, {"acme": "60"}),
            ({"status": "5xx"}, {"acme": "60"}),
            ({"status": "4xx", "plan": "free", "method": "GET"}, {"bolt": "30"}),
            ({"status": "2xx", "search": "ac"}, {"acme": "60"}),
            ({"flag": "dormant"}, {"bolt": "30"}),
            ({"flag": "steady", "endpoint": "/v1/a"}, {"acme": "60"}),
            ({"endpoint": "/nowhere"}, {}),
            ({"flag": "growing"}, {}),
            ({"plan": "pro", "status": "3xx"}, {}),
        ],
    )
    def test_they_leave_who_they_fit(
        self, reader: Client, mixed: None, asked: dict[str, str], found: dict[str, str]
    ) -> None:
        response = reader.get(PAGE, asked)
        table = {row[1]: row[2].split()[0] for row in rows(response)[: len(found)]}
        assert table == found
        assert response.content.decode().count(" selected>") >= len(asked) - ("search" in asked)

    def test_shown_and_others_are_the_total(self, reader: Client, mixed: None) -> None:
        shown = rows(reader.get(f"{PAGE}?flag=dormant"))
        assert [row[1] for row in shown] == ["bolt", "2 others", "All 3 customers"]
        assert int(shown[0][2].split()[0]) + int(shown[1][2].split()[0]) == int(shown[2][2])

    def test_another_event(self, reader: Client, mixed: None) -> None:
        response = reader.get(f"{PAGE}?event=signup")
        assert names(response) == ["cato", "1 customer"]
        assert figures(response)[0] == "Calls, 30 days 5"
        body = reader.get(f"{PAGE}?event=<b>none</b>").content.decode()
        assert "No <bdi>“&lt;b&gt;none&lt;/b&gt;”</bdi> event in 30 days" in body
        assert "<option selected>&lt;b&gt;none&lt;/b&gt;</option>" in body

    def test_only_values_that_there_are_are_offered(self, reader: Client, mixed: None) -> None:
        body = reader.get(PAGE).content.decode()
        offered = re.findall(r'<option value="([^"]+)"', body)
        assert offered[:3] == ["pro", "/v1/a", "/v1/b"]
        assert re.findall(r"<option(?: selected)?>([^<]+)</option>", body) == ["api_request", "signup"]

    def test_many_values_are_typed(
        self, reader: Client, mixed: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filters, "OFFERED", 1)
        body = reader.get(f"{PAGE}?endpoint=/v1/b").content.decode()
        assert 'name="endpoint" value="/v1/b" placeholder="Any endpoint" list="values-endpoint"' in body

    def test_strange_values_are_text(self, reader: Client, project: Project) -> None:
        named = [name for name in NASTY if name]
        store(project.pk, [event for name in named for event in detailed("a", range(2), endpoint=name)])
        for name in named:
            response = reader.get(PAGE, {"endpoint": name})
            assert names(response) == ["a", "1 customer"]
            assert "<script>alert" not in response.content.decode()

    def test_without_the_days_there_is_a_note(self, reader: Client, mixed: None) -> None:
        body = reader.get(f"{PAGE}?window=90&status=5xx").content.decode()
        assert "there is no whole window before to compare with" in body
        body = reader.get(f"{PAGE}?from={day(200)}&to={day(1)}&status=5xx").content.decode()
        assert "the days of the window before it are not counted" in body

    def test_the_files_have_them_too(self, reader: Client, mixed: None) -> None:
        response = reader.get(f"{PAGE}.json?status=4xx&flag=dormant")
        assert isinstance(response, StreamingHttpResponse)
        (row,) = json.loads(response.getvalue())["rows"]
        assert (row["customer_id"], row["calls"], row["flag"]) == ("bolt", 30, "dormant")
