"""Every page of the application, for everybody: nothing grave to axe, nothing that moves or sticks out.

The addresses come from the URLconf, so that a new page is walked as soon as it exists.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.models import Membership, Project, Role, User
from publications.models import Publication
from tests.customers_page import NASTY
from tests.people import Visitor
from tests.stored import store
from tests.test_isolation import address_of, arguments, patterns, team_routes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
assert arguments  # the fixture

# Pages with something to see in them, and such that say that there is nothing.
MORE = [
    "customers?search=nobody",
    "customers?window=7&sort=-last",
    "customers?window=from-the-moon&page=0",
    "setup?for=nginx",
    "setup?after=4000000000000",
    "ingest?customer=nobody",
    "properties?search=nobody",
    "explore?query=select+toDate(timestamp)+as+day,count()+as+n+from+events+group+by+day&run=1",
    "explore?query=select+properties.customer_id+as+who,count()+as+n+from+events+group+by+who",
    "recipes/endpoint_split",
    "recipes/sdk_versions",
]
EMPTY = [
    "customers",
    "explore",
    "recipes",
    "publications",
    "ingest",
    "dead-letters",
    "setup",
    "keys",
    "properties",
]


@pytest.fixture
def calls(project: Project) -> None:
    """Forty days of customers, with all that an id may hold."""
    now = datetime.now(UTC).replace(microsecond=0)
    names = ["wayne/ent", "acme_corp", *NASTY, *(f"customer_{number}" for number in range(12))]
    store(
        project.pk,
        [
            {
                "timestamp": now - timedelta(days=day, minutes=place),
                "customer_id": name,
                "endpoint": ("/v1/orders", "/v1/things/:id", None)[place % 3],
                "method": "GET",
                "status": 500 if (day + place) % 9 == 0 else 200,
                "plan": "pro" if place % 2 else None,
                "latency_ms": 5 + place,
                "rest": {"sdk_version": "1.2", "ip_country": "DE"},
            }
            for place, name in enumerate(names)
            for day in range(0, 40, 1 + place % 3)
        ],
    )


def cookie(user: User, url: str) -> dict[str, Any]:
    client = Client()
    client.force_login(user)
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


def pages(client: Client, addresses: list[str]) -> list[str]:
    """Those that are a page to somebody who opens them."""
    found = []
    for address in dict.fromkeys(addresses):
        response = client.get(address)
        kind = response.headers.get("Content-Type", "")
        if (
            isinstance(response, HttpResponse)
            and response.status_code == 200
            and kind.startswith("text/html")
        ):
            found.append(address)
    return found


def plain_routes() -> list[str]:
    """Addresses without arguments that no team stands in, but those of the API's documents."""
    found = []
    for _, pattern in patterns():
        try:
            found.append(reverse(str(pattern.name)))
        except NoReverseMatch:
            continue
    return [address for address in found if not address.startswith(("/api/", "/v1/", "/metrics"))]


def test_every_page_of_a_team(
    browser: Browser, live_server: LiveServer, user: User, calls: None, arguments: dict[str, Any]
) -> None:
    client = Client()
    client.force_login(user)
    publication = Publication.objects.get()
    empty = Project.objects.create(team=publication.project.team, name="Empty", slug="empty")
    found = pages(client, [*(address_of(name, arguments) for name in team_routes()), *plain_routes()])
    states = [f"/t/acme/default/{each}" for each in MORE] + [f"/t/acme/{empty.slug}/{each}" for each in EMPTY]
    more = pages(client, states)
    assert len(found) > 25
    with Visitor(browser, live_server.url, [cookie(user, live_server.url)]).here() as visitor:
        for address in found:
            visitor.visit(address)
        for address in more:
            visitor.visit(address, again=True)
        visitor.visit("/t/acme/nowhere/customers", 404)
    assert not visitor.faults, "\n" + "\n".join(visitor.faults)


def test_who_may_not_is_told_who_may(
    browser: Browser, live_server: LiveServer, user: User, project: Project
) -> None:
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(team=project.team, user=viewer, role=Role.VIEWER)
    with Visitor(browser, live_server.url, [cookie(viewer, live_server.url)]).here() as visitor:
        visitor.visit("/t/acme/default/data", 403)
        expect(visitor.page.get_by_role("main")).to_contain_text("You are a viewer of the team Acme")
        expect(visitor.page.get_by_role("link", name=user.email)).to_be_visible()
        visitor.visit("/t/acme/default/setup")
        expect(visitor.page.get_by_role("link", name="Data", exact=True)).to_have_count(0)
    assert not visitor.faults, "\n" + "\n".join(visitor.faults)


def test_by_keyboard_and_without_motion(
    browser: Browser, live_server: LiveServer, user: User, calls: None
) -> None:
    with Visitor(browser, live_server.url, [cookie(user, live_server.url)]).here() as visitor:
        page = visitor.page
        page.goto(f"{live_server.url}/t/acme/default/customers")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        heading = page.get_by_role("columnheader").get_by_role("link", name="Last call")
        heading.focus()
        page.keyboard.press("Enter")  # swaps the table, and the link in it
        page.wait_for_url("**sort=-last**")
        expect(heading).to_be_focused()
        page.locator(".pages summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Setup")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Setup")).to_be_hidden()
        page.emulate_media(reduced_motion="reduce")
        page.goto(f"{live_server.url}/t/acme/default/setup?after=4000000000000")
        assert page.locator(".pulse").evaluate("(dot) => getComputedStyle(dot).animationName") == "none"
    assert not visitor.faults, "\n" + "\n".join(visitor.faults)


def test_the_first_event_is_told_live(
    browser: Browser, live_server: LiveServer, user: User, project: Project
) -> None:
    with Visitor(browser, live_server.url, [cookie(user, live_server.url)]).here() as visitor:
        page = visitor.page
        page.goto(f"{live_server.url}/t/acme/default/setup")
        expect(page.get_by_role("heading", name="Waiting for the first event")).to_be_visible()
        page.evaluate("window.stayed = true")
        page.get_by_role("link", name="Express").focus()
        store(project.pk, [{"timestamp": datetime.now(UTC), "customer_id": "first_corp", "status": 200}])
        expect(page.get_by_role("heading", name="First event received")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="first_corp")).to_be_visible()
        expect(page.get_by_role("link", name="Express")).to_be_focused()
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy hono.js").click()
        expect(page.get_by_text("Copied", exact=True)).to_be_visible()
        assert live_server.url.partition(":")[0] in page.evaluate("navigator.clipboard.readText()")
        page.get_by_role("link", name="Express").click()
        expect(page.get_by_text("import express from")).to_be_visible()
    assert not visitor.faults, "\n" + "\n".join(visitor.faults)


def test_every_page_of_a_stranger(
    browser: Browser, live_server: LiveServer, user: User, arguments: dict[str, Any]
) -> None:
    found = pages(Client(), plain_routes())
    assert "/accounts/login/" in found
    with Visitor(browser, live_server.url).here() as visitor:
        for address in found:
            visitor.visit(address)
        visitor.visit("/nothing/here", 404)
    assert not visitor.faults, "\n" + "\n".join(visitor.faults)
