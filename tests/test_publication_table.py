"""Any answer may be published: what its columns look like is drawn, and what they only seem to be is text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from agentry.accounts.models import Project
from publications import answers, visit
from publications.publish import publish

pytestmark = pytest.mark.django_db(transaction=True)
Opened = Callable[[str], str]
DAILY = "[(today() - 1, toUInt64(3)), (today(), toUInt64(1))] as daily_calls"


@pytest.fixture
def opened(project: Project) -> Opened:
    """The text of the public page of a query."""

    def opened(query: str) -> str:
        visit.forget()
        answers.forget()
        _, url = publish(project, "raw_hogql", "Any", {"query": query}, None)
        client = Client()
        response = client.get(client.get(url.removeprefix("http://localhost:8000"))["Location"])
        assert response.status_code == 200, query
        return response.content.decode()

    return opened


def words(page: str) -> str:
    table = re.sub(r"(?s)<title>.*?</title>", "", page[page.index("<tbody>") : page.index("</tbody>")])
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", table)).split())


@pytest.mark.parametrize(
    "last",
    ["now() - interval 1 hour", "toDateTime64(now(), 3, 'Europe/Berlin')", "toTimeZone(now(), 'Asia/Tokyo')"],
)
def test_a_trend_is_judged_of_any_kind_of_time(opened: Opened, last: str) -> None:
    page = opened(f"select 'acme' as customer_id, {last} as last_call_at, {DAILY}")
    assert 'class="flag new"' in page and 'class="spark"' in page


@pytest.mark.parametrize(
    ("customer", "last", "daily"),
    [
        ("'a'", "toDateTimeOrNull('')", DAILY),
        ("'a'", "today()", DAILY),
        ("'a'", "'yesterday'", DAILY),
        ("'a'", "now()", "[(today(), -5)] as daily_calls"),
        ("'a'", "now()", "[(today(), 0.5)] as daily_calls"),
        ("'a'", "now()", "[(today(), toUInt64(5), 'x')] as daily_calls"),
        ("'a'", "now()", "7 as daily_calls"),
    ],
)
def test_what_cannot_be_judged_is_not(opened: Opened, customer: str, last: str, daily: str) -> None:
    assert 'class="flag' not in opened(f"select {customer} as customer_id, {last} as last_call_at, {daily}")


def test_pairs_without_calls_are_an_empty_picture(opened: Opened) -> None:
    page = opened("select 'a' as customer_id, now() as last_call_at, arrayFilter(x -> x.2 > 9, "
                  "[(today(), toUInt64(5))]) as daily_calls")  # fmt: skip
    assert 'class="spark"' in page


def test_percents(opened: Opened) -> None:
    page = opened(
        "select 'a' as name, 0 / 0 as change_percent, 1 / 0 as growth_percent, -12.5 as other_change_percent,"
        " 0.0 as flat_change_percent, 41.26 as share_percent, toFloatOrNull('') as none_percent"
    )
    assert words(page) == "a – – −12.5% 0% 41.26% –"


def test_bars_stand_where_an_answer_is_ranked_and_nowhere_else(opened: Opened) -> None:
    ranked = "select 'c' || toString(number) as name, 10 - number as calls from numbers(3) order by calls"
    assert 'class="share"' in opened(f"{ranked} desc")
    assert 'class="share"' not in opened(ranked)
    assert 'class="share"' not in opened("select number as calls from numbers(3) order by calls desc")


@pytest.mark.parametrize(
    ("sent", "seen"),
    [("'   '", "␣␣␣"), ("''", "(empty customer_id)"), ("'a\\nb'", "a␊b"), ("null", "–"), ("7", "7")],
)
def test_ids_that_one_cannot_see_have_signs(opened: Opened, sent: str, seen: str) -> None:
    assert words(opened(f"select {sent} as customer_id, 12 as calls")) == f"{seen} 12"
