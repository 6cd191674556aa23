"""The second step at sign-in: codes of an app, recovery codes, and teams that want one of every member."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from agentry.accounts.models import AuditEntry, Membership, Role, Team, User
from tests.fixtures import EMAIL, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
HOME = "/accounts/second-step/"
SECRET = re.compile(r'<code class="copy">([A-Z2-7]{32})</code>')


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def code(secret: str, periods: int = 0) -> str:
    """What the app shows, so many periods of 30 s from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))  # type: ignore[no-any-return]


def sign_in(client: Client, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": EMAIL, "password": password})


def reauthenticate(client: Client, address: str) -> Any:
    return client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})


@pytest.fixture
def me(client: Client, team: Team) -> Client:
    sign_in(client)
    return client


@pytest.fixture
def secret(me: Client) -> str:
    """Of an app that is set up."""
    address = f"{HOME}totp/activate/"
    assert me.get(address)["Location"].startswith(
        "/accounts/reauthenticate/"
    )  # a session alone is not enough
    reauthenticate(me, address)
    page = text(me.get(address))
    assert "<svg" in page and "data:image" not in page
    found = SECRET.findall(page)[0]
    wrong = me.post(address, {"code": "000000"})
    assert "That is not the code" in text(wrong)
    response = me.post(address, {"code": code(found)})
    assert response["Location"] == f"{HOME}recovery-codes/"
    return found  # type: ignore[no-any-return]


def codes_left(client: Client) -> list[str]:
    return re.findall(r"^\d{8}$", text(client.get(f"{HOME}recovery-codes/download/")), re.M)


def test_a_password_alone_opens_nothing_any_more(me: Client, secret: str) -> None:
    other = Client()
    assert sign_in(other)["Location"] == f"{HOME}authenticate/"
    assert other.get("/t/acme/")["Location"].startswith("/accounts/login/")
    page = other.post(f"{HOME}authenticate/", {"code": "123456"})
    assert page.status_code == 200 and "That is not the code" in text(page)
    assert other.post(f"{HOME}authenticate/", {"code": code(secret, 1)})["Location"] == "/"
    assert other.get("/t/acme/").status_code == 200


def test_a_code_opens_once(me: Client, secret: str) -> None:
    used = code(secret, 1)
    for client, opens in ((Client(), True), (Client(), False)):
        sign_in(client)
        assert (client.post(f"{HOME}authenticate/", {"code": used}).status_code == 302) == opens


def test_guessing_is_limited_across_browsers(me: Client, secret: str) -> None:
    for _ in range(6):
        client = Client()
        sign_in(client)
        page = client.post(f"{HOME}authenticate/", {"code": "000000"})
    assert "Too many" in text(page)
    assert client.post(f"{HOME}authenticate/", {"code": code(secret, 1)}).status_code == 200


def test_each_recovery_code_opens_once(me: Client, secret: str) -> None:
    codes = codes_left(me)
    assert len(set(codes)) == 10
    for expected in (302, 200):
        client = Client()
        sign_in(client)
        assert client.post(f"{HOME}authenticate/", {"code": codes[0]}).status_code == expected
    assert codes[0] not in codes_left(me) and len(codes_left(me)) == 9
    me.post(f"{HOME}recovery-codes/generate/")
    assert not set(codes_left(me)) & set(codes)


def test_a_copy_of_the_database_opens_nothing(me: Client, secret: str, settings: Settings) -> None:
    kept = {each.type: str(each.data) for each in Authenticator.objects.all()}
    assert secret not in kept["totp"] and set(kept) == {"totp", "recovery_codes"}
    codes = codes_left(me)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    other = Client()
    sign_in(other)
    refused = other.post(f"{HOME}authenticate/", {"code": code(secret, 1)})
    assert refused.status_code == 503 and "secret key was changed" in text(refused)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert other.post(f"{HOME}authenticate/", {"code": codes[0]}).status_code == 302


def test_secrets_from_before_they_were_sealed_still_open(me: Client, secret: str) -> None:
    codes = codes_left(me)
    call_command("migrate", "accounts", "0005", verbosity=0)
    assert secret in [each.data.get("secret") for each in Authenticator.objects.all()]
    call_command("migrate", "accounts", verbosity=0)
    assert secret not in str([each.data for each in Authenticator.objects.all()])
    for each in (code(secret, 1), codes[0]):
        client = Client()
        sign_in(client)
        assert client.post(f"{HOME}authenticate/", {"code": each}).status_code == 302


def test_turning_it_off_ends_the_recovery_codes(me: Client, secret: str) -> None:
    assert "Turn off" in text(me.get(f"{HOME}totp/deactivate/"))
    me.post(f"{HOME}totp/deactivate/")
    assert sign_in(Client())["Location"] == "/"
    assert me.get(f"{HOME}recovery-codes/").status_code == 404


def test_every_change_is_told_by_mail_in_plain_words(me: Client, secret: str) -> None:
    me.post(f"{HOME}recovery-codes/generate/")
    me.post(f"{HOME}totp/deactivate/")
    subjects = [message.subject for message in mail.outbox]
    assert subjects == [
        "A second step at Agentry",
        "New recovery codes for Agentry",
        "The app with codes is off at Agentry",
    ]
    body = str(mail.outbox[0].body)
    assert "If it was not you" in body and "127.0.0.1" in body and secret not in body and "<" not in body


@pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/", "recovery-codes/generate/"])
def test_a_session_alone_changes_nothing(me: Client, path: str) -> None:
    for method in (me.get, me.post):
        assert method(HOME + path)["Location"].startswith("/accounts/reauthenticate/")


RESPONSE = (
    '"response": {"clientDataJSON": "e30", "authenticatorData": "%s", "signature": "AA", "userHandle": "%s"}'
)
FORGED = [
    "",
    "{}",
    "[]",
    "null",
    "no json",
    "1",
    '"x"',
    '{"id": "x"}',
    '{"response": {}}',
    '{"id": "eA", "rawId": "eA", "type": "public-key", %s}' % (RESPONSE % ("AA", "eA")),
    '{"id": "eA", "rawId": "eA", "type": "public-key", %s}' % (RESPONSE % ("A" * 80, "eA")),
    '{"id": "eA", "rawId": "eA", "type": "public-key", %s}' % (RESPONSE % ("A" * 80, "é")),
    '{"id": "eA", "rawId": "eA", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}',
    '{"id": [], "rawId": {}, "type": 1, "response": []}',
]


@pytest.mark.parametrize("sent", FORGED, ids=range(len(FORGED)))
def test_a_forged_passkey_is_refused(me: Client, sent: str) -> None:
    stranger = Client()
    response = stranger.post(f"{HOME}webauthn/login/", {"credential": sent})
    assert response["Location"] == "/accounts/login/" and "_auth_user_id" not in stranger.session
    reauthenticate(me, "/account")
    page = me.post(f"{HOME}webauthn/add/", {"credential": sent, "name": "x"})
    assert page.status_code == 200 and "could not be added" in text(page)


def test_a_team_can_want_it_of_every_member(me: Client, team: Team, user: User) -> None:
    page = me.post("/t/acme/settings/two-steps", {"two_steps": "1"}, follow=True)
    assert "Set up your own second step first" in text(page)
    Team.objects.update(two_steps=True)
    for address in ("/t/acme/", "/t/acme/default/keys"):
        response = me.get(address)
        assert response["Location"] == HOME
    assert "Acme wants a second step at sign-in." in text(me.get(HOME))
    assert me.get("/t/acme/default/customers.json").json()["error"]["code"] == "second_step_required"
    assert me.get("/t/acme/", headers={"HX-Request": "true"})["HX-Redirect"] == HOME
    assert "to leave the team instead, go to your account" in text(me.get("/t/acme/", follow=True))
    stranger = Client()
    stranger.force_login(User.objects.create_user("x@example.com"))
    assert stranger.get("/t/acme/").status_code == 404  # who is no member learns nothing


def test_who_wants_no_second_step_can_leave(team: Team) -> None:
    Team.objects.update(two_steps=True)
    mira = Membership.objects.create(
        team=team, user=User.objects.create_user("mira@example.com"), role=Role.MEMBER
    )
    client = Client()
    client.force_login(mira.user)
    assert "/t/acme/members/leave" in text(client.get("/account"))
    assert "Leave <bdi>Acme</bdi>?" in text(client.get("/t/acme/members/leave"))
    assert "You have left Acme." in text(client.post("/t/acme/members/leave", follow=True))
    assert not Membership.objects.filter(pk=mira.pk).exists()


def test_a_passkey_is_offered_to_those_who_have_one(me: Client, secret: str, user: User) -> None:
    other = Client()
    page = text(other.get(sign_in(other)["Location"]))
    assert "Use a passkey instead" not in page and "code that your app shows" in page


def test_an_owner_with_a_second_step_turns_that_on_and_off(me: Client, secret: str, team: Team) -> None:
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(team=team, user=viewer, role=Role.VIEWER)
    theirs = Client()
    theirs.force_login(viewer)
    me.post("/t/acme/settings/two-steps", {"two_steps": "1"})
    assert me.get("/t/acme/").status_code == 200 and theirs.get("/t/acme/").status_code == 302
    assert text(me.get("/t/acme/members")).count("no second step at sign-in") == 1
    me.post("/t/acme/settings/two-steps", {})
    assert theirs.get("/t/acme/").status_code == 200
    said = AuditEntry.objects.filter(action="team.two_steps").order_by("pk").values_list("subject", flat=True)
    assert list(said) == ["required", "not required"]
