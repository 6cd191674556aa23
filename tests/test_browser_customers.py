"""The customers page in Chromium: it is live without leaving the page, and quiet under its own CSP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.models import Project, User
from tests.stored import store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATH = "/t/acme/default/customers"


@pytest.fixture
def cookie(user: User, project: Project) -> str:
    """A signed-in session, over 30 customers: c01 calls most, c30 least."""
    now = datetime.now(UTC).replace(microsecond=0)
    store(
        project.pk,
        [
            {
                "timestamp": now - timedelta(days=ago),
                "customer_id": f"c{index:02}",
                "plan": "pro" if index % 2 == 0 else "free",
            }
            for index in range(1, 31)
            for ago in range(61 - 2 * index)
        ],
    )
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def page(cookie: str, live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    """The customers page, signed in. What the console says by its end fails the test.

    Except htmx's word that a newer wish has replaced an older one.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(live_server.url + PATH)
    yield page
    context.close()
    assert not [text for text in said if not text.startswith(("htmx:sendAbort", "htmx:afterRequest"))]


def first(page: Page, name: str) -> None:
    expect(page.locator("tbody th").first).to_have_text(name)


def test_sorting_window_and_paging_change_address_and_table_in_place(page: Page) -> None:
    page.evaluate("window.stayed = true")
    first(page, "c01")
    page.get_by_role("link", name="Calls, 30 days ↓").click()
    first(page, "c30")
    assert page.url.endswith(f"{PATH}?sort=calls")
    page.get_by_role("link", name="7 d", exact=True).click()
    expect(page.get_by_role("link", name="Calls, 7 days ↑")).to_be_visible()
    assert page.url.endswith(f"{PATH}?window=7&sort=calls")
    page.get_by_role("link", name="Next →").click()
    expect(page.get_by_text("Page 2 of 2", exact=True)).to_be_visible()
    assert page.url.endswith("page=2")
    page.go_back()
    expect(page.get_by_text("Page 1 of 2", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="Calls, 30 days ↑")).to_be_visible()
    assert page.evaluate("window.stayed")


def test_filters_and_dates_change_address_and_table_in_place(page: Page) -> None:
    page.evaluate("window.stayed = true")
    page.get_by_label("Flag").focus()
    page.get_by_label("Flag").select_option("new")
    expect(page.get_by_role("status").get_by_text("are new now")).to_be_visible()
    assert page.url.endswith("?flag=new")
    expect(page.get_by_label("Flag")).to_be_focused()
    page.get_by_role("link", name="Clear").click()
    first(page, "c01")
    page.get_by_text("Dates").click()
    today = datetime.now(UTC).date()
    page.get_by_label("First day").fill((today - timedelta(days=9)).isoformat())
    page.get_by_label("Last day").fill((today - timedelta(days=5)).isoformat())
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("link", name="Calls, 5 days ↓")).to_be_visible()
    assert f"from={today - timedelta(days=9)}&to={today - timedelta(days=5)}" in page.url
    page.get_by_label("Plan").select_option("pro")
    first(page, "c02")
    expect(page.get_by_role("link", name="Calls, 5 days ↓")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Plan")).to_have_value("")
    assert page.evaluate("window.stayed")


def test_a_window_that_is_none_is_said(page: Page) -> None:
    page.goto(f"{page.url}?from=2026-05-09&to=2026-05-01")
    expect(page.get_by_role("alert").filter(has_text="ends before it begins")).to_be_visible()
    first(page, "c01")


def test_all_rows_leave_as_a_file(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("rank,customer_id,name,calls")
    assert len(lines) == 31


def test_what_thresholds_would_change_is_seen_before_they_are_saved(page: Page) -> None:
    page.goto(page.url.replace("/customers", "/thresholds"))
    page.get_by_label("It is silent for at least").fill("59")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    expect(page.get_by_text("No flag, of 30 customers.")).to_be_visible()
    page.get_by_role("button", name="Save these thresholds").click()
    expect(page.get_by_role("status").filter(has_text="The thresholds are set.")).to_be_visible()
    expect(page.get_by_label("It is silent for at least")).to_have_value("59")


def test_search_as_one_types_keeps_order_and_focus(page: Page) -> None:
    page.get_by_role("link", name="Customer", exact=True).click()
    expect(page.get_by_role("link", name="Customer ↑")).to_be_visible()
    box = page.get_by_role("searchbox")
    box.press_sequentially("c1", delay=30)
    first(page, "c10")
    expect(page.locator("tbody tr")).to_have_count(10)
    expect(box).to_be_focused()
    expect(box).to_have_value("c1")
    assert page.url.endswith(f"{PATH}?sort=customer&search=c1")
    box.fill("nobody")
    expect(page.get_by_role("heading", name="Nobody found")).to_be_visible()
    page.get_by_role("link", name="Show all customers").click()
    first(page, "c01")
    expect(box).to_have_value("")


def test_the_last_wish_wins(page: Page) -> None:
    def late(route: Route) -> None:
        page.wait_for_timeout(700)
        route.continue_()

    page.route("**/customers?sort=calls", late)
    page.get_by_role("link", name="Calls, 30 days ↓").click()
    page.get_by_role("searchbox").fill("c1")
    first(page, "c10")
    page.wait_for_timeout(1_000)
    first(page, "c10")


def test_a_chart_says_its_values_by_pointer_and_keys(page: Page) -> None:
    chart = page.locator(".spark").first
    chart.hover(position={"x": 66, "y": 24})
    readout = page.locator(".readout")
    expect(readout).to_contain_text(": 1")
    chart.focus()
    expect(readout).to_contain_text("so far: 1")
    page.keyboard.press("ArrowLeft")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    expect(readout).to_have_text(f"{yesterday.day} {yesterday:%b}: 1")


def test_it_is_all_there_without_javascript(cookie: str, live_server: LiveServer, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + PATH)
    page.get_by_role("link", name="Last call", exact=True).click()
    assert page.url.endswith("?sort=-last")
    page.get_by_role("searchbox").fill("c2")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(10)
    assert "sort=-last" in page.url
    context.close()


def test_an_ended_session_leads_to_sign_in_not_into_the_table(page: Page) -> None:
    page.context.clear_cookies()
    page.get_by_role("link", name="7 d", exact=True).click()
    page.wait_for_url("**/accounts/login/**")


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    expect(page.locator("tbody .flag").first).to_be_in_viewport(ratio=0)
    folded = page.locator("summary", has_text="Filters")
    if width < 760:
        assert folded.evaluate("each => parseFloat(getComputedStyle(each).paddingLeft)") >= 8
    expect(folded).to_be_visible(visible=width < 760)
    page.goto(page.url.replace("/customers", "/thresholds?calls=25"))
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
