"""What leaves the customers page: CSV, JSON, HogQL; and customers whose ids are meant to break it."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import Settings

from agentry.accounts.models import Project
from analytics import query
from analytics.customers import export
from tests.customers_page import NASTY, PAGE, calls, names, rows, thirty_one
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thirty(project: Project) -> None:
    store(project.pk, thirty_one())


def file(reader: Client, address: str) -> str:
    response = reader.get(address)
    assert isinstance(response, StreamingHttpResponse)
    return response.getvalue().decode()


class TestCustomersWithStrangeNames:
    def test_they_are_text(self, reader: Client, project: Project) -> None:
        store(project.pk, [event for name in NASTY for event in calls(name, range(3))])
        response = reader.get(PAGE)
        body = response.content.decode()
        assert "<script>alert" not in body
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
        named = [name for name in NASTY if name]
        assert set(names(response)[:-1]) == {*named, "(no customer_id)", "(empty customer_id)"}
        for name in named[3:]:
            assert f"<bdi>{name}</bdi>" in body  # isolated: its direction cannot spill over

    def test_in_the_exports_too(self, reader: Client, project: Project) -> None:
        store(project.pk, [event for name in NASTY for event in calls(name, range(3))])
        answer = json.loads(file(reader, f"{PAGE}.json"))
        assert {row["customer_id"] for row in answer["rows"]} == set(NASTY)
        table = list(csv.DictReader(io.StringIO(file(reader, f"{PAGE}.csv"))))
        assert "'=cmd|' /C calc'!A0" in {row["customer_id"] for row in table}


class TestExports:
    def test_they_are_exactly_what_is_shown(self, reader: Client, thirty: None) -> None:
        state = "?sort=-active&search=c1"
        shown = rows(reader.get(PAGE + state))[:-2]
        answer = json.loads(file(reader, f"{PAGE}.json{state}"))
        table = list(csv.DictReader(io.StringIO(file(reader, f"{PAGE}.csv{state}"))))
        assert [row[1] for row in shown] == [row["customer_id"] for row in answer["rows"]]
        assert [row["customer_id"] for row in table] == [row[1] for row in shown]
        assert [f"{row['calls']}" for row in answer["rows"]] == [row[2].split()[0] for row in shown]
        assert [f"{row['flag']} {row['reason']}" for row in table] == [row[7] for row in shown]
        assert answer["source"] == "rollup"
        assert not answer["truncated"]

    def test_they_are_all_pages(
        self, reader: Client, thirty: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown = [*names(reader.get(PAGE))[:-2], *names(reader.get(f"{PAGE}?page=2"))[:-2]]
        settings.QUERY_ROWS = 12  # in more pieces than one
        monkeypatch.setattr(export, "CHUNK", 5)
        for page in ("", "?page=2"):
            answer = json.loads(file(reader, f"{PAGE}.json{page}"))
            assert [row["customer_id"] for row in answer["rows"]] == shown
            assert [row["rank"] for row in answer["rows"]] == [*range(1, 32)]
            assert answer["row_count"] == 31
        table = list(csv.DictReader(io.StringIO(file(reader, f"{PAGE}.csv?page=2"))))
        assert [row["customer_id"] for row in table] == shown
        assert len({row["share"] for row in table}) > 20

    def test_of_nobody(self, reader: Client, project: Project) -> None:
        assert file(reader, f"{PAGE}.csv").startswith("rank,customer_id,name,calls")
        assert json.loads(file(reader, f"{PAGE}.json"))["rows"] == []

    @pytest.mark.parametrize(
        ("asked", "parameter", "said"),
        [
            ("flag=bogus", "flag", "“bogus” is no flag of this page. There are need a look, new, growing, "),
            ("from=2026-11-10&to=2026-11-01", "from", "The window ends before it begins: 10 Nov 2026 to "),
            ("to=2026-11-01", "to", "A window needs its first day."),
            ("window=31", "window", "“31” is no window of this page. There are 7, 30, 90."),
            ("page=-1", "page", "There is no page “-1”. Pages are numbers from 1 on."),
            ("search=" + "a" * 201, "search", "The search of the address has 201 characters, over 200."),
        ],
    )
    def test_what_cannot_be_shown_is_no_file(
        self, reader: Client, thirty: None, asked: str, parameter: str, said: str
    ) -> None:
        for ending in ("csv", "json"):
            response = reader.get(f"{PAGE}.{ending}?{asked}")
            error = response.json()["error"]
            assert (response.status_code, error["code"]) == (400, "bad_parameter")
            assert error["field"] == parameter and error["message"].startswith(said)

    @pytest.mark.parametrize("sort", ["-calls", "change", "-last", "trend", "customer"])
    def test_what_is_published_and_what_is_explained_are_the_rows_shown(
        self, reader: Client, thirty: None, project: Project, sort: str
    ) -> None:
        response = reader.get(f"{PAGE}?window=7&sort={sort}")
        body = response.content.decode()
        for pattern in (r'name="query" value="([^"]*)"', r'<pre class="code"><code>([^<]*)<'):
            hogql = re.search(pattern, body)
            assert hogql
            answer = query.run(project, unescape(hogql[1]))
            at = [column.name for column in answer.columns].index("customer_id")
            assert [row[at] for row in answer.rows] == names(response)[:-2]

    @pytest.mark.parametrize(("days", "compared"), [(45, False), (61, True)])
    def test_a_project_too_young_to_compare_publishes_no_change(
        self, reader: Client, project: Project, days: int, compared: bool
    ) -> None:
        store(project.pk, calls("acme", range(days)))
        answer = query.run(project, reader.get(PAGE).context["published"])
        names_ = [column.name for column in answer.columns]
        change = answer.rows[0][names_.index("change_percent")]
        assert change == (0.0 if compared else None)
        daily = answer.rows[0][names_.index("daily_calls")]
        assert len(daily) == min(days, 61) and [list(pair) for pair in sorted(daily)] == [*map(list, daily)]
