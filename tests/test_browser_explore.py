"""Explore and recipes in Chromium: write, complete, run, mend, picture, save, history, cancel, publish."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.models import Project, User
from analytics.models import AskedQuery
from publications.models import Publication
from tests.explore_page import PAGE, hours_ago
from tests.stack import Stack
from tests.stored import store
from tests.test_query_departure import SLOW, database, running, within  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cookie(user: User, project: Project) -> str:
    """A signed-in session, over calls of three days."""
    rows = [(hour, f"c{number}") for hour in range(60) for number in range(1 + hour % 3)]
    store(project.pk, [hours_ago(hour, customer_id=name, endpoint="/v1/orders") for hour, name in rows])
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def page(cookie: str, live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    """Explore, signed in. What the console says by its end fails the test, but for what was refused."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(live_server.url + PAGE)
    yield page
    context.close()
    assert not [
        text for text in said if "400 (Bad Request)" not in text and "Response Status Error" not in text
    ]


def cells(page: Page) -> list[list[str]]:
    return [row.locator("td").all_inner_texts() for row in page.locator("table.exact tbody tr").all()]


def test_writing_with_suggestions_and_running_by_keys(page: Page) -> None:
    field = page.get_by_label("Query, in HogQL")
    offers = page.get_by_role("listbox", name="Suggestions")
    with page.expect_response("**/words.json"):  # asked for when the field gets the focus, if it has not yet
        page.reload()
        field.click()
    field.press_sequentially("sel")
    expect(offers.get_by_role("option").first).to_contain_text("select")
    field.press("Tab")
    field.press_sequentially(" endp")
    expect(offers.get_by_role("option").first).to_contain_text("properties.endpoint")
    field.press("Tab")
    field.press_sequentially(" as e, uniq")
    expect(page.locator(".offers p")).to_contain_text("different values")
    expect(field).to_have_attribute("aria-activedescendant", "offer-0")
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "offer-1")
    field.press("ArrowUp")
    field.press("Enter")
    field.press_sequentially("properties.customer_id) as customers")
    field.press("Escape")
    expect(offers).to_be_hidden()
    field.press("Enter")
    field.press_sequentially("from events where event = 'ap")
    expect(offers.get_by_role("option").first).to_contain_text("api_request")
    field.press("Tab")
    field.press_sequentially("' group by e")
    field.press("Escape")
    field.press("Control+Enter")
    expect(page.locator("table.exact tbody tr")).to_have_count(1)
    assert cells(page) == [["/v1/orders", "3"]]
    assert field.input_value() == (
        "select properties.endpoint as e, uniq(properties.customer_id) as customers\n"
        "from events where event = 'api_request' group by e"
    )
    assert "?query=select+properties.endpoint" in page.url
    assert page.locator(".paint").inner_text().rstrip("\n") == field.input_value()


def test_a_mistake_stands_at_its_place_and_is_mended_in_one_click(page: Page) -> None:
    field = page.get_by_label("Query, in HogQL")
    field.fill("select '🚀' as rocket,\n  cout() as calls\nfrom events")
    field.press("Control+Enter")
    expect(page.locator(".mistake h2")).to_have_text("There is no function cout.")
    expect(page.locator(".paint mark")).to_have_text("cout")
    expect(page.locator(".gutter .bad")).to_have_text("2")
    page.get_by_role("button", name="Use count and run").click()
    expect(page.locator("table.exact tbody tr")).to_have_count(1)
    assert field.input_value() == "select '🚀' as rocket,\n  count() as calls\nfrom events"
    assert cells(page) == [["🚀", "120"]]
    expect(page.locator(".paint mark")).to_have_count(0)
    field.focus()
    page.keyboard.press("Control+z")  # the fix was typed for one, and is undone as such
    assert "cout()" in field.input_value()


def test_a_long_answer_keeps_its_header_and_what_one_does_with_it_in_sight(
    page: Page, live_server: LiveServer
) -> None:
    query = "select properties.customer_id as customer_id, * from events"
    page.goto(f"{live_server.url}{PAGE}?query={quote(query)}")
    table = page.get_by_role("region", name="Answer")
    expect(table.locator("tbody tr")).to_have_count(120)
    csv, header = page.get_by_role("link", name="CSV"), table.locator("thead th").first
    above, box, top = csv.bounding_box(), table.bounding_box(), header.bounding_box()
    assert above and box and top and above["y"] < box["y"] and box["height"] < 900
    table.focus()
    page.keyboard.press("End")
    expect(table.locator("tbody tr").last).to_be_in_viewport()
    after = header.bounding_box()
    seen = table.bounding_box()
    assert after and seen and abs(after["y"] - seen["y"]) < 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table.locator("tbody a").last.click()
    page.wait_for_url("**/customers/c*")


def test_pictures_change_in_place_and_in_the_address(page: Page) -> None:
    page.evaluate("window.stayed = true")
    field = page.get_by_label("Query, in HogQL")
    field.fill("select toDate(timestamp) as day, count() as calls from events group by day")
    field.press("Control+Enter")
    expect(page.locator(".picture.lines")).to_be_visible()
    expect(page.locator(".picture.bars")).to_be_hidden()
    page.get_by_text("Bars", exact=True).click()
    expect(page.locator(".picture.bars")).to_be_visible()
    expect(page.locator(".picture.lines")).to_be_hidden()
    assert page.url.endswith("&chart=bars")
    assert page.evaluate("window.stayed")
    page.reload()
    expect(page.locator(".picture.bars")).to_be_visible()
    page.get_by_text("None", exact=True).click()
    expect(page.locator(".picture.bars")).to_be_hidden()


def test_saving_sharing_and_the_history(page: Page, user: User) -> None:
    field = page.get_by_label("Query, in HogQL")
    field.fill("select 1 as one")
    field.press("Control+Enter")
    expect(page.locator("table.exact tbody tr")).to_have_count(1)
    page.get_by_text("Save…").click()
    page.get_by_label("Name").fill("Only one")
    page.get_by_label("Share with the team").check()
    page.locator(".save").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Only one")).to_be_visible()
    expect(page.locator("table.exact tbody tr")).to_have_count(1)  # the answer stays
    assert re.search(r"\?saved=\d+$", page.url)
    field.fill("select 2 as two")
    field.press("Control+Enter")
    expect(page.locator("table.exact th").first).to_contain_text("two")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("“Only one” is changed.")).to_be_visible()
    page.get_by_text("History").click()
    expect(page.locator("#history li").first).to_contain_text("select 2 as two")
    page.locator("#history li").nth(1).click()
    expect(page.locator("table.exact th").first).to_contain_text("one")
    assert field.input_value() == "select 1 as one"
    page.get_by_text("Saved", exact=False).first.click()
    page.get_by_role("link", name="Only one").click()
    expect(page.locator("table.exact th").first).to_contain_text("two")
    assert AskedQuery.objects.filter(user=user).count() >= 2


def test_a_recipe_leads_to_explore_and_to_a_publication(page: Page, live_server: LiveServer) -> None:
    page.get_by_role("link", name="Recipes").click()
    page.get_by_role("link", name="Top customers").click()
    expect(page.locator("tbody").last.locator("tr")).to_have_count(3)
    page.get_by_label("Customers", exact=True).fill("2")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".sheet tbody tr")).to_have_count(2)
    assert "top=2" in page.url
    page.get_by_role("link", name="Open in Explore").click()
    expect(page.locator("table.exact tbody tr")).to_have_count(2)
    expect(page.get_by_label("Query, in HogQL")).to_have_value(re.compile("limit 2$"))
    page.go_back()
    page.locator("summary", has_text="Publish").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Publications")).to_be_visible()
    assert Publication.objects.get().recipe_id == "top_customers"


def test_it_all_works_without_javascript(cookie: str, live_server: LiveServer, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}{PAGE}?query={quote('select 7 as seven')}")
    expect(page.locator("table.exact tbody tr")).to_have_count(1)  # the page took itself there
    field = page.get_by_label("Query, in HogQL")
    field.fill("select cout() as n from events")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Use count and run").click()
    expect(page.locator("table.exact tbody tr")).to_have_count(1)
    page.goto(f"{live_server.url}/t/acme/default/recipes/sdk_versions")
    expect(page.locator(".stamp")).to_be_visible()
    context.close()


def test_cancel_ends_the_question_in_the_database(
    stack: Stack,
    browser: Browser,
    database: psycopg.Connection[Any],  # noqa: F811
) -> None:
    context = browser.new_context()
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{stack.url}/accounts/login/")
    page.get_by_label("Email").fill(stack.facts["email"])
    page.get_by_label("Password").fill(stack.facts["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/**")
    page.goto(f"{stack.url}/t/{stack.facts['team']}/{stack.facts['project']}/explore?query={quote(SLOW)}")
    expect(page.get_by_text(re.compile(r"Running \d"))).to_be_visible()
    assert within(5, lambda: running(database) == 1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name=re.compile("^Cancelled after"))).to_be_visible()
    assert within(3, lambda: running(database) == 0)
    page.get_by_label("Query, in HogQL").press("Control+Enter")
    assert within(5, lambda: running(database) == 1)
    page.get_by_label("Query, in HogQL").fill("select 1 as one")
    page.get_by_label("Query, in HogQL").press("Control+Enter")  # the new wish ends the old one
    expect(page.locator("table.exact tbody tr")).to_have_count(1)
    assert within(3, lambda: running(database) == 0)
    page.get_by_text("History").click()
    expect(page.locator("#history")).to_contain_text("cancelled after")
    assert errors == []  # to cancel, and to ask anew, is no error
    page.goto(f"{stack.url}/t/{stack.facts['team']}/{stack.facts['project']}/explore?query={quote(SLOW)}")
    assert within(5, lambda: running(database) == 1)
    context.close()  # who leaves, stops it too
    assert within(3, lambda: running(database) == 0)
