"""A team in Chromium: invited by a link, signed up, joined, made an admin; the way between teams; without
JavaScript too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.keys import issue_dsn_key
from agentry.accounts.models import Membership, Project, User
from agentry.accounts.teams import create_team

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MIRA = "mira@example.com"


@pytest.fixture
def people(
    browser: Browser, live_server: LiveServer, project: Project, user: User
) -> Iterator[list[BrowserContext]]:
    """The owner's browser, and a stranger's on a phone, without JavaScript. What a console says fails."""
    client = Client()
    client.force_login(user)
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
    }
    owner = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    owner.add_cookies([{**cookie, "url": live_server.url}])  # type: ignore[typeddict-item]
    phone = {"width": 390, "height": 844}
    stranger = browser.new_context(base_url=live_server.url, viewport=phone, java_script_enabled=False)  # type: ignore[arg-type]
    said: list[str] = []
    for context in (owner, stranger):
        context.on("console", lambda message: said.append(message.text))
        context.set_default_timeout(10_000)
    yield [owner, stranger]
    for context in (owner, stranger):
        context.close()
    assert [words for words in said if "404 (Not Found)" not in words] == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_from_an_invitation_to_a_role(people: list[BrowserContext], user: User) -> None:
    owner, mira = (context.new_page() for context in people)
    owner.goto("/t/acme/members")
    owner.get_by_label("E-mail address").fill(MIRA)
    owner.get_by_label("Role", exact=True).select_option("viewer")
    owner.get_by_role("button", name="Invite").click()
    link = owner.locator("pre.secret").inner_text()
    owner.reload()
    expect(owner.locator("pre.secret")).to_have_count(0)

    mira.goto(re.sub(r"^https?://[^/]+", "", link))
    expect(mira.get_by_role("heading", name="Join Acme")).to_be_visible()
    mira.get_by_role("link", name="Sign up").click()
    expect(mira.get_by_label("Email")).to_have_value(MIRA)
    mira.get_by_label("Password").fill("a long enough phrase")
    mira.get_by_role("button", name="Sign up").click()
    mira.get_by_role("button", name="Join the team").click()
    expect(mira.get_by_text("Welcome to Acme. You are a viewer here.")).to_be_visible()

    owner.reload()
    owner.get_by_label(f"Role of {MIRA}").select_option("admin")
    owner.get_by_role("button", name=f"Set the role of {MIRA}").click()
    expect(owner.get_by_text(f"{MIRA} is an admin now.")).to_be_visible()
    mira.goto("/t/acme/audit")
    expect(mira.get_by_role("cell", name=f"{MIRA}: viewer → admin")).to_be_visible()
    owner.get_by_role("link", name=f"Remove {MIRA}").click()
    owner.get_by_role("button", name="Remove").click()
    mira.reload()
    expect(mira.get_by_role("heading", name="There is nothing at this address.")).to_be_visible()
    assert Membership.objects.get().user == user


def test_the_header_leads_from_team_to_team(
    people: list[BrowserContext], user: User, project: Project
) -> None:
    issue_dsn_key(create_team("Zebra <b>", user).projects.get(), "Edge", user)
    page = people[0].new_page()
    page.goto("/t/acme/default/keys")
    page.locator(".switch summary").click()
    menu = page.locator(".switch .teams")
    expect(menu.get_by_role("link")).to_have_text(
        [re.compile("Acme"), "Default", re.compile("Zebra <b>"), "default"]
    )
    menu.get_by_role("link", name="default", exact=True).last.click()
    expect(page.locator(".where")).to_contain_text("Zebra <b>")
    page.locator(".me summary").click()
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("link", name="Leave Acme")).to_be_visible()


def test_a_second_click_makes_no_second_key(people: list[BrowserContext], project: Project) -> None:
    page = people[0].new_page()
    page.goto("/t/acme/tokens")
    page.get_by_label("Name").fill("Bot")
    page.get_by_role("button", name="Make the token").dblclick()
    expect(page.locator("pre.secret")).to_be_visible()
    assert project.team.api_tokens.count() == 1


def test_pages_of_people_fit_a_phone(people: list[BrowserContext], user: User) -> None:
    create_team("W" * 60, user)
    page = people[0].new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("members", "audit", "settings", "tokens", "", "members/leave"):
        page.goto(f"/t/acme/{path}")
        assert fits(page), path
    for path in ("/account", "/teams", "/accounts/second-step/", "/accounts/sessions/", "/account/delete"):
        page.goto(path)
        assert fits(page), path


def test_on_a_phone_every_page_and_every_limit_is_in_reach(
    people: list[BrowserContext], project: Project, dsn: str
) -> None:
    page = people[0].new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/t/acme/default/limits")
    for name in ("Customers", "Explore", "Recipes", "Publications", "Ingest"):
        expect(page.locator("nav.pages").get_by_role("link", name=name)).to_be_in_viewport(ratio=1)
    expect(page.locator("nav.pages summary")).to_be_in_viewport(ratio=1)
    for field in page.get_by_role("spinbutton").all():
        box = field.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.get_by_label("events/month of Test").fill("5000")
    page.get_by_role("button", name="Save the limits of Test").click()
    expect(page.get_by_text("The limits are set.")).to_be_visible()
    expect(page.get_by_label("events/month of Test")).to_have_value("5000")
