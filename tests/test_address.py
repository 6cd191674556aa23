"""One's e-mail address: changed by a link, taken ones, floods; no answer tells who has an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from agentry.accounts.models import Team, User
from tests.fixtures import EMAIL, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/accounts/email/"
NEW = "new@example.com"


@pytest.fixture
def me(client: Client, team: Team, settings: Any) -> Client:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    user = User.objects.get(email=EMAIL)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    client.force_login(user)
    return client


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def change(client: Client, address: str) -> Any:
    return client.post(PAGE, {"email": address, "action_add": ""}, follow=True)


def links() -> list[str]:
    return [re.findall(r"https?://\S+", str(message.body))[0] for message in mail.outbox]


def test_a_new_address_counts_once_it_is_confirmed(me: Client) -> None:
    page = text(change(me, NEW))
    assert f"<bdi>{NEW}</bdi> is not confirmed yet" in page
    assert User.objects.filter(email=EMAIL).exists() and mail.outbox[-1].to == [NEW]
    link = links()[-1]
    assert "will be the address you sign in with" in text(me.get(link))
    me.post(link)
    assert User.objects.get().email == NEW
    told = [message.to for message in mail.outbox if "was changed" in message.subject]
    assert [EMAIL] in told  # the old address hears of it
    assert "not valid any more" in text(me.get(link))
    for address, opens in ((EMAIL, False), (NEW, True)):
        response = Client().post("/accounts/login/", {"login": address, "password": PASSWORD})
        assert (response.status_code == 302) == opens


def test_a_change_can_be_cancelled(me: Client) -> None:
    change(me, NEW)
    link = links()[-1]
    me.post(PAGE, {"email": NEW, "action_remove": ""})
    assert "not valid any more" in text(me.get(link))
    assert User.objects.get().email == EMAIL


def test_a_taken_address_looks_like_a_free_one(me: Client) -> None:
    User.objects.create_user("taken@example.com", PASSWORD)
    pages = []
    for address in (NEW, "taken@example.com"):
        page = re.sub(r'csrfmiddlewaretoken" value="\w+', "", text(change(me, address)))
        pages.append(page.replace(address, "…"))
        me.post(PAGE, {"email": address, "action_remove": ""}, follow=True)
    assert pages[0] == pages[1]
    assert User.objects.filter(email="taken@example.com").count() == 1


@pytest.mark.parametrize(
    "wrong", ["", "no address", "a" * 300 + "@example.com", "a\x00@example.com", "<b>@x"]
)
def test_a_wrong_address_is_refused(me: Client, wrong: str) -> None:
    assert "errorlist" in text(change(me, wrong)) and not mail.outbox


def test_resets_are_limited(client: Client, user: User) -> None:
    for _ in range(25):
        response = client.post("/accounts/password/reset/", {"email": EMAIL})
    assert response.status_code == 429 and "Too many tries." in text(response)
    assert len(mail.outbox) <= 20
