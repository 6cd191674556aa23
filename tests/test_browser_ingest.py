"""The ingest pages in Chromium: live without leaving them, resting unseen, and whole without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.models import Project, User
from analytics.engines import postgres_letters
from analytics.engines.postgres_letters import Choice
from analytics.health import page as health
from tests.ingest_client import Sender
from tests.write_events import assert_accounted, drain_all, event, send, stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATH = "/t/acme/default/ingest"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part asks for itself so often that the test need not wait."""
    monkeypatch.setattr(health, "EVERY", dict.fromkeys(health.EVERY, "300ms"))


@pytest.fixture
def cookie(user: User, project: Project) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def signed_in(browser: Browser, url: str, cookie: str, javascript: bool = True) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, java_script_enabled=javascript, reduced_motion="reduce"
    )
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
    return context


@pytest.fixture
def page(cookie: str, live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    """The ingest page, signed in. What the console says by its end fails the test, but for htmx's word that a
    newer wish has replaced an older one."""
    context = signed_in(browser, live_server.url, cookie)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(live_server.url + PATH)
    yield page
    context.close()
    known = (
        "htmx:sendAbort",
        "htmx:afterRequest",
        "Failed to load resource: the server responded with a status of 503",
    )
    assert not [text for text in said if not text.startswith(known) and "Status Error Code 503" not in text]


def test_what_is_stored_comes_into_the_tail_and_the_figures_by_itself(
    page: Page, project: Project, dsn: str
) -> None:
    page.evaluate("window.stayed = true")
    expect(page.get_by_text("No event has come yet.")).to_be_visible()
    send(project, event(customer_id="first_corp"), event(customer_id="other_inc"))
    expect(page.get_by_label("received = stored")).to_contain_text("2 waiting")
    drain_all()
    row = page.locator("#tail tbody tr").filter(has_text="first_corp")
    expect(row).to_be_visible()
    expect(page.get_by_text("Every event that came is accounted for.")).to_be_visible()
    page.get_by_label("Customer", exact=True).fill("other")
    expect(row).to_have_count(0)
    send(project, event(customer_id="another_one"), event(customer_id="first_corp"))
    drain_all()
    expect(page.locator("#tail tbody tr").filter(has_text="another_one")).to_be_visible()
    expect(row).to_have_count(0)
    Sender(dsn).send([{"event": "e", "uuid": "no uuid"}])
    expect(page.locator("#rejects tbody tr").filter(has_text="no uuid")).to_be_visible(timeout=10_000)
    assert page.evaluate("window.stayed")


def test_a_test_event_is_followed_to_its_row(page: Page, project: Project) -> None:
    page.get_by_role("button", name="Send a test event").click()
    steps = page.get_by_label("Test event", exact=True)
    expect(steps).to_contain_text("on disk in the queue")
    expect(steps).to_contain_text("so far")
    drain_all()
    expect(steps).to_contain_text("and queryable after")
    (uuid,) = stored()
    expect(steps.locator("code.copy")).to_have_text(uuid)
    expect(page.locator("#tail tbody tr").filter(has_text="agentry_test").first).to_be_visible()
    page.reload()
    expect(steps.locator("code.copy")).to_have_text(uuid)
    assert_accounted(project, received=1, stored=1)


def test_it_rests_while_nobody_sees_it_or_somebody_reads(page: Page, project: Project, dsn: str) -> None:
    Sender(dsn).send([{"event": "e", "uuid": "no uuid"}])
    expect(page.locator("#rejects tbody tr").filter(has_text="no uuid")).to_be_visible(timeout=10_000)
    page.locator("#rejects summary").click()
    Sender(dsn).send([{"event": "e", "uuid": "another"}])
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.unseen, configurable: true})")
    page.evaluate("window.unseen = true")
    page.wait_for_timeout(500)  # what is under way arrives
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.wait_for_timeout(1_500)
    assert asked == []
    page.evaluate("window.unseen = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_label("received = stored")).to_contain_text("2 rejected")
    expect(page.locator("#rejects pre")).to_be_visible()  # opened, and so left alone
    expect(page.get_by_text("Live")).to_be_visible()
    page.locator(".minutes").focus()
    expect(page.locator(".readout")).to_contain_text("so far")
    send(project, event())
    page.wait_for_timeout(700)
    expect(page.locator(".readout")).to_be_visible()  # the chart was not taken away under it
    page.locator("#rejects summary").click()
    page.locator("h1").click()
    expect(page.get_by_label("received = stored")).to_contain_text("1 waiting")
    expect(page.locator("#rejects tbody tr").filter(has_text="another")).to_be_visible(timeout=10_000)


def test_it_survives_an_outage_of_the_server(page: Page, project: Project) -> None:
    page.evaluate("window.stayed = true")
    page.route("**/ingest*", lambda route: route.fulfill(status=503, body="<!doctype html><p>away"))
    expect(page.get_by_text("Agentry did not answer.")).to_be_visible()
    page.unroute("**/ingest*")
    expect(page.get_by_text("Agentry did not answer.")).to_have_count(0)
    assert page.evaluate("window.stayed")


def test_dead_letters_are_replayed_from_the_page(
    page: Page, project: Project, live_server: LiveServer
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events ADD CONSTRAINT no_pears CHECK (distinct_id <> 'pear')")
    try:
        pears = [event(distinct_id="pear") for _ in range(3)]
        send(project, *pears, event(uuid="no uuid"))
        drain_all()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE events DROP CONSTRAINT no_pears")
    page.get_by_role("link", name="Dead letters").first.click()
    letters = page.locator("tr[id^=letter-]")
    expect(letters).to_have_count(4)
    letters.nth(3).get_by_role("button", name="Replay").click()
    expect(page.get_by_text("1 event sent again.")).to_be_visible()
    page.get_by_label("Tick letter").nth(1).check()
    page.get_by_role("button", name="Replay the ticked").click()
    expect(page.get_by_text("1 event sent again.")).to_be_visible()
    page.get_by_role("button", name="Replay all 1 of check violation").click()
    expect(letters).to_have_count(1)
    page.get_by_role("button", name="Discard all of invalid text representation").click()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("heading", name="No dead letters")).to_be_visible()
    drain_all()
    assert set(stored()) == {pear.uuid for pear in pears}
    assert_accounted(project, received=7, stored=3, dead_lettered=4)


def test_it_is_all_there_without_javascript(
    cookie: str, project: Project, live_server: LiveServer, browser: Browser
) -> None:
    context = signed_in(browser, live_server.url, cookie, javascript=False)
    page = context.new_page()
    page.goto(live_server.url + PATH)
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_label("Test event", exact=True)).to_contain_text("so far")
    drain_all()
    page.get_by_role("link", name="Reload").click()
    expect(page.get_by_label("Test event", exact=True)).to_contain_text("and queryable after")
    page.get_by_label("Event", exact=True).fill("agentry")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#tail tbody tr")).to_have_count(1)
    expect(page.get_by_text("Live")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_sticks_out(page: Page, project: Project, dsn: str, width: int) -> None:
    long = "x" * 200
    send(project, event(customer_id=long, event=long, endpoint="/v1/" + long), event(uuid=long))
    Sender(dsn).send([{"event": long * 2}, {"event": "e", "uuid": long}, {long: long}])
    Sender(dsn).send(b"{")
    drain_all()
    page.set_viewport_size({"width": width, "height": 844})
    for address in (PATH, "/t/acme/default/dead-letters"):
        page.goto(page.url.partition("/t/")[0] + address)
        expect(page.locator("main table").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert postgres_letters.count(project.pk, Choice()) == 1
