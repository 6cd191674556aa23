"""A customer's page in Chromium: live in its place, charts by pointer and keys, notes, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.models import Project, User
from analytics.models import Customer
from tests.stored import store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATH = "/t/acme/default/customers/acme"


@pytest.fixture
def session(user: User, project: Project) -> str:
    """Signed in, over a customer whose quotes ended a week ago."""
    now = datetime.now(UTC).replace(microsecond=0)
    store(
        project.pk,
        [
            {
                "timestamp": now - timedelta(days=ago, minutes=n),
                "customer_id": "acme",
                "endpoint": "/v1/quotes" if n < 3 else "/v1/orders",
                "method": "POST" if n < 3 else "GET",
                "status": 200,
                "plan": "pro",
                "latency_ms": 12.5,
                "rest": {"sdk_version": "node/4", "ip_country": "DE", "note": "</script><b>"},
            }
            for ago in range(1, 21)
            for n in range(5)
            if n >= 3 or ago > 7
        ],
    )
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def opened(browser: Browser, server: LiveServer, session: str, **options: object) -> BrowserContext:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}])
    return context


@pytest.fixture
def page(session: str, live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    """The page, open. What the console says by its end fails the test."""
    context = opened(browser, live_server, session, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(live_server.url + PATH)
    yield page
    context.close()
    assert [text for text in said if "a status of 422" not in text] == []


def test_what_it_tells_between_two_calls(page: Page, live_server: LiveServer) -> None:
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="7 d", exact=True).click()
    why = page.locator("section").filter(has_text="Why did it change?").first
    expect(why).to_contain_text("60% fewer calls than in the 7 days before: 21 of the 21 fewer have endpoint")
    assert page.url == f"{live_server.url}{PATH}?window=7"
    page.get_by_role("link", name="by hour").click()
    expect(page.get_by_text("At most the last 14 days of the window")).to_be_visible()
    # What only raw events say comes by itself, and is text.
    expect(page.locator("#clients")).to_contain_text("All 12 calls of the window, from raw events.")
    expect(page.locator("#latest tbody tr")).to_have_count(20)
    page.locator("#latest summary").first.click()
    expect(page.locator("#latest pre").first).to_contain_text("</script><b>")
    page.go_back()
    expect(page.get_by_role("link", name="by day")).to_have_attribute("aria-current", "true")
    assert page.evaluate("window.stayed")


def test_charts_say_their_values_by_pointer_and_keys(page: Page) -> None:
    readout = page.locator(".readout")
    chart = page.locator(".area").first
    chart.focus()
    expect(readout).to_contain_text("so far: 0")
    page.keyboard.press("ArrowLeft")
    expect(readout).to_contain_text(": 2")
    cells = page.locator(".cells")
    cells.focus()
    expect(readout).to_contain_text("Mon 00:00:")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("Tue 01:00:")
    page.locator("h1").hover()
    cells.locator("rect").nth(30).hover()
    expect(readout).to_be_visible()


def test_a_note_is_saved_and_a_wrong_one_comes_back(page: Page) -> None:
    page.get_by_text("Add a name, owner, cap or notes").click()
    page.get_by_label("Name").fill("Acme & Sons")
    page.get_by_label("Monthly cap").fill("5000")
    page.get_by_label("Account link").fill("javascript:alert(1)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This is no http or https address.")).to_be_visible()
    page.get_by_label("Account link").fill("https://crm.test/acme")
    page.get_by_label("Owner").select_option(label="dev@example.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Acme & Sons")).to_be_visible()
    expect(page.get_by_text("of 5,000 this month")).to_be_visible()
    assert Customer.objects.get().monthly_cap == 5000


def test_it_reads_without_javascript(session: str, live_server: LiveServer, browser: Browser) -> None:
    context = opened(browser, live_server, session, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/t/acme/default/customers")
    page.get_by_role("link", name="acme", exact=True).click()
    page.locator("#clients").get_by_role("link", name="Read them from raw events").click()
    expect(page.locator("#clients")).to_contain_text("node/4")
    page.locator("summary", has_text="Dates").click()
    first = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    page.get_by_role("textbox", name="First day").fill(first)
    page.get_by_role("button", name="Show").click()
    assert "from=" in page.url
    expect(page.locator(".figures")).to_contain_text("Active days")
    context.close()


def test_the_values_of_the_charts_are_tables_too(page: Page) -> None:
    for summary in page.get_by_text("As a table", exact=True).all():
        summary.click()
    days, hours = page.locator("table.values").all()
    expect(days.locator("tbody tr")).to_have_count(30)
    expect(days.locator("tbody tr").nth(1)).to_contain_text("2")
    expect(hours.locator("tbody td")).to_have_count(7 * 24)
    expect(hours.get_by_role("rowheader", name="Mon")).to_be_visible()


def test_what_one_can_do_stands_in_a_line(page: Page) -> None:
    row = (
        page.get_by_role("group", name="Window, in days"),
        page.locator(".dates summary"),
        page.get_by_role("button", name="Publish"),
    )
    boxes = [each.bounding_box() for each in row]
    assert len({(round(box["y"]), round(box["y"] + box["height"])) for box in boxes if box}) == 1
    zero = page.locator(".parts td .zero").first.bounding_box()
    fewer = page.locator(".parts th text").first.bounding_box()
    assert zero and fewer
    assert 0 < zero["x"] - (fewer["x"] + fewer["width"]) < 12


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    expect(page.locator("#latest table")).to_be_visible()
    too_wide = (
        "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.textContent)"
    )
    assert page.locator("#latest :is(th, td:first-child)").evaluate_all(too_wide) == []
    # A time breaks between its day and its hour only.
    lines = "times => times.map(time => time.getClientRects().length)"
    assert set(page.locator("#latest time").evaluate_all(lines)) <= {1, 2}
    expect(page.locator("#clients table").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
