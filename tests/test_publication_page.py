"""The public page in a real browser, and how it writes what it shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, Request, Response
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.models import Project, User
from publications import answers, visit
from publications.page import age_words
from publications.publish import publish
from publications.writing import write
from tests.stored import store

NASTY = "<img src=x onerror=alert(1)>"
QUERY = """
select properties.customer_id as customer_id, count() as total_calls,
       count(distinct toDate(timestamp)) as active_days, avg(properties.latency_ms) as mean_latency_ms,
       toDate(min(timestamp)) as first_day, max(timestamp) as last_call_at
from events group by customer_id order by total_calls desc
"""


@pytest.fixture(autouse=True)
def _forget() -> None:
    visit.forget()
    answers.forget()


@pytest.fixture
def shared(transactional_db: None, project: Project) -> str:
    """The path of a public link, over a few calls of customers with awkward names."""
    now = datetime.now(UTC)
    calls = [
        *[(now - timedelta(minutes=2 + 90 * i), "acme_corp", 12.5) for i in range(60)],
        *[(now - timedelta(days=2, minutes=i), "stark_ind", 1000.25) for i in range(12)],
        (now - timedelta(days=12), NASTY, 7),
        (now - timedelta(days=40), None, None),
    ]
    events: list[dict[str, Any]] = [
        {"timestamp": at, "customer_id": customer, "latency_ms": latency} for at, customer, latency in calls
    ]
    store(project.pk, events)
    _, url = publish(project, "raw_hogql", "Top customers, <b>by calls</b>", {"query": QUERY}, None)
    return url.removeprefix("http://localhost:8000")


class Watched:
    """A page of a fresh browser, with everything it complains about and asks for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self.note)

    def note(self, request: Request) -> None:
        self.asked.append(request.url)

    def open(self, url: str) -> Response:
        response = self.page.goto(url)
        assert response is not None
        return response


def test_a_stranger_opens_the_link_and_reads_the_table(
    live_server: LiveServer, browser: Browser, shared: str
) -> None:
    context = browser.new_context()
    watched = Watched(context.new_page())
    assert watched.open(live_server.url + shared).status == 200
    page = watched.page
    assert page.url == live_server.url + shared.partition("?")[0]
    assert page.title() == "Top customers, <b>by calls</b> · Agentry"
    assert page.locator("h1").inner_text() == "Top customers, <b>by calls</b>"
    assert "shared by Acme" in page.locator("header").inner_text()
    headings = ["Customer", "Total calls", "Active days", "Mean latency ms", "First day", "Last call"]
    assert page.locator("thead th").all_inner_texts() == headings
    rows = [row.locator("td").all_inner_texts() for row in page.locator("tbody tr").all()]
    assert [row[:2] for row in rows] == [["acme_corp", "60"], ["stark_ind", "12"], [NASTY, "1"], ["–", "1"]]
    assert [row[5] for row in rows] == ["2 min ago", "2 days ago", "12 days ago", "40 days ago"]
    assert rows[3][3] == "–"
    assert "UTC" in (page.locator("tbody td").nth(5).get_attribute("title") or "")
    stamp = page.locator(".stamp").inner_text()
    assert "As of" in stamp
    assert "complete through" in stamp
    assert "4 rows" in stamp
    assert watched.complaints == []
    assert all(url.startswith(live_server.url) for url in watched.asked)
    assert [url for url in watched.asked if "key=" in url] == [live_server.url + shared]
    context.close()


def test_the_buttons_give_the_same_answer_as_files(
    live_server: LiveServer, browser: Browser, shared: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(live_server.url + shared)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "customer_id,total_calls,active_days,mean_latency_ms,first_day,last_call_at"
    assert lines[1].startswith("acme_corp,60,")
    page.get_by_role("link", name="JSON").click()
    page.wait_for_url("**/*.json")
    assert '"row_count":4' in page.inner_text("body").replace(" ", "")
    context.close()


def test_another_browser_without_the_key_finds_nothing(
    live_server: LiveServer, browser: Browser, shared: str
) -> None:
    context = browser.new_context()
    watched = Watched(context.new_page())
    response = watched.open(live_server.url + shared.partition("?")[0])
    assert response.status == 404
    assert "nothing at this address" in watched.page.locator("h1").inner_text()
    assert "Acme" not in watched.page.content()
    context.close()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_does_not_scroll_sideways(
    live_server: LiveServer, browser: Browser, shared: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(live_server.url + shared)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.fixture
def customers_page(transactional_db: None, project: Project, user: User) -> str:
    """The path of the public link of what the customers page publishes."""
    calls = [
        *({"timestamp": at, "customer_id": "acme_corp"} for at in _daily(range(61), 5)),
        *({"timestamp": at, "customer_id": "wayne_ent"} for at in _daily(range(30), 4)),
        *({"timestamp": at, "customer_id": "wayne_ent"} for at in _daily(range(30, 61), 1)),
        *({"timestamp": at, "customer_id": NASTY} for at in _daily(range(20, 61), 3)),
    ]
    store(project.pk, calls)
    client = Client()
    client.force_login(user)
    asked = client.get("/t/acme/default/customers").context["published"]
    return publish(project, "raw_hogql", "Top", {"query": asked}, None)[1].removeprefix(
        "http://localhost:8000"
    )


def _daily(days: range, each: int) -> list[datetime]:
    now = datetime.now(UTC)
    return [now - timedelta(days=day, seconds=30 + number) for day in days for number in range(each)]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_customers_page_is_published_with_what_it_shows(
    live_server: LiveServer, browser: Browser, customers_page: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    watched = Watched(context.new_page())
    page = watched.page
    assert watched.open(live_server.url + customers_page).status == 200
    first, second, third = (row.inner_text().split("\n") for row in page.locator("tbody tr").all())
    assert any("acme_corp" in part for part in first) and any("150" in part for part in first)
    assert any("steady" in part for part in first) and any("growing" in part for part in second)
    assert "+290.0%" in " ".join(second) and "−63.3%" in " ".join(third)
    assert any("dormant" in part for part in third) and NASTY in " ".join(third)
    assert page.locator("tbody .spark path.week").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert watched.complaints == []
    context.close()


@pytest.mark.parametrize(
    ("value", "text", "exact"),
    [
        (None, "–", ""),
        (18_420_000, "18,420,000", ""),
        (-3, "−3", ""),
        (True, "yes", ""),
        (0.0123456, "0.0123", "0.0123456"),
        (1234.5678, "1,234.57", "1234.5678"),
        (30.0, "30", ""),
        (Decimal("12.50"), "12.5", ""),
        (float("inf"), "–", "inf"),
        (float("nan"), "–", "nan"),
        (date(2026, 5, 6), "6 May 2026", "2026-05-06"),
        (["a", 1], '["a", 1]', ""),
        ("", "", ""),
    ],
)
def test_a_value_is_written_for_people(value: Any, text: str, exact: str) -> None:
    assert write(value, None) == (text, exact)


def test_a_time_is_an_age_with_the_moment_on_hover() -> None:
    as_of = datetime(2026, 5, 16, 13, 42, tzinfo=UTC)
    assert write(as_of - timedelta(minutes=2), as_of) == ("2 min ago", "2026-05-16 13:40:00 UTC")
    assert write(as_of - timedelta(days=100), as_of)[0] == "5 Feb 2026, 13:42"
    assert write(as_of + timedelta(hours=1), as_of)[0] == "16 May 2026, 14:42"
    assert write(as_of, None)[0] == "16 May 2026, 13:42"


def test_the_age_of_an_answer_is_in_seconds() -> None:
    assert [age_words(second) for second in (-1, 1.9, 2, 59.9)] == [
        "just now",
        "just now",
        "2 s ago",
        "59 s ago",
    ]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_link_in_the_list_is_one_line_that_scrolls_in_its_box(
    live_server: LiveServer, browser: Browser, shared: str, user: User, width: int
) -> None:
    client = Client()
    client.force_login(user)
    context = browser.new_context(viewport={"width": width, "height": 800})
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/t/acme/default/publications")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    box = page.locator("code.copy").bounding_box()
    assert box and box["height"] < 40 and box["x"] + box["width"] < width
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the link of").click()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("code.copy").text_content()
    context.close()


def test_on_a_phone_the_table_shows_that_it_scrolls(
    live_server: LiveServer, browser: Browser, shared: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(live_server.url + shared)
    sheet = page.locator(".sheet-wide")
    assert sheet.evaluate("each => each.scrollWidth > each.clientWidth")
    assert "scroll" in sheet.evaluate("each => getComputedStyle(each).backgroundAttachment")
    head = sheet.locator("thead th").first  # its ground would cover the shadow
    assert head.evaluate("each => getComputedStyle(each).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
