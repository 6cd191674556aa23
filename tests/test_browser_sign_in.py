"""Signing in, in Chromium: by passkey, by a code, by links from e-mails; nothing that the CSP stops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from playwright.sync_api import Browser, CDPSession, Page, expect
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.models import Team, User
from tests.fixtures import EMAIL, PASSWORD
from tests.test_second_step import code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NEW_PASSWORD = "another good phrase"


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, team: Team) -> Iterator[Page]:
    """What the console says by its end, about the CSP for example, fails the test."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    known = (
        "404 (Not Found)",
        "should have (optionally hidden) username fields",
    )  # the reset page knows no name
    assert [words for words in said if not any(each in words for each in known)] == []


def sign_in(page: Page, password: str = PASSWORD, email: str = EMAIL) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/account")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def link() -> str:
    """The address in the last mail."""
    found = re.findall(r"https?://\S+", str(mail.outbox[-1].body))
    assert len(found) == 1
    return str(found[0])


def device(page: Page) -> tuple[CDPSession, str]:
    """A fingerprint reader that always knows its person."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, added["authenticatorId"]


def test_a_passkey_signs_in_alone_and_after_the_password(page: Page) -> None:
    reader, authenticator = device(page)
    sign_in(page)
    page.goto("/account")
    page.get_by_role("link", name="Set up").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Laptop <b>")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have them").click()
    expect(page.get_by_text("signs in without a password")).to_be_visible()
    expect(page.get_by_role("cell", name="Laptop <b> signs in")).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".me summary")).to_have_text(EMAIL)

    sign_out(page)
    sign_in(page)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.locator(".me summary")).to_have_text(EMAIL)

    sign_out(page)
    reader.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used")
    assert page.url.endswith("/accounts/login/")


def test_an_app_is_set_up_by_its_picture_and_its_code_is_asked_for(page: Page) -> None:
    sign_in(page)
    page.goto("/accounts/second-step/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    box = page.get_by_role("img", name=re.compile("QR code")).locator("svg").bounding_box()
    assert box is not None and box["width"] > 150
    secret = page.locator("code.copy").inner_text()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Turn on").click()
    recovery = page.locator(".codes").inner_text().split()
    assert len(recovery) == 10

    sign_out(page)
    sign_in(page)
    page.get_by_label("Code").fill(recovery[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".me summary")).to_have_text(EMAIL)


def test_sign_up_by_a_confirmed_address(page: Page, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("mira@initech.test")
    page.get_by_label("Password").fill("a long enough phrase")
    page.get_by_label("Company or team").fill("Initech Cloud")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    sign_in(page, "a long enough phrase", "mira@initech.test")  # before the address is confirmed
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    confirm = link()
    for wrong in (confirm[:-3] + "x/", confirm[:-1] + "x/"):
        page.goto(wrong)
        expect(page.get_by_role("alert").last).to_contain_text("not valid any more")
    page.goto(confirm)
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".where")).to_contain_text("Initech Cloud")
    page.goto(confirm)  # used
    expect(page.get_by_role("main")).to_contain_text("not valid any more")


def test_a_password_is_reset_by_a_link_that_works_once(page: Page) -> None:
    elsewhere = Client()
    elsewhere.force_login(User.objects.get(email=EMAIL))
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    reset = link()
    page.goto(reset[:-2] + "x/")
    expect(page.get_by_role("main")).to_contain_text("not valid any more")
    page.goto(reset)
    for field in page.locator("input[type=password]").all():
        field.fill("short")
    page.get_by_role("button", name="Set the password").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    for field in page.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", name="The password is set")).to_be_visible()
    page.goto(reset)  # used
    expect(page.get_by_role("main")).to_contain_text("not valid any more")
    assert elsewhere.get("/t/acme/").status_code == 302  # the other sessions ended
    sign_in(page, NEW_PASSWORD)
    expect(page.locator(".me summary")).to_have_text(EMAIL)
