"""Sign-up, sign-in and what they give away: nothing but a way to the first request."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.test import Client
from django.urls import reverse

from agentry.accounts import keystore
from agentry.accounts.models import DsnKey, Membership, Project, Team, User
from agentry.accounts.teams import create_team
from tests.fixtures import EMAIL, PASSWORD

SIGN_UP = {"email": "mira@initech.test", "password1": "a long enough phrase", "team": "Initech Cloud"}
DSN = re.compile(r"agd_[A-Za-z0-9_-]{32}")


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.django_db
def test_sign_up_leads_to_a_first_request_with_a_key_that_works(client: Client) -> None:
    response = client.post(reverse("account_signup"), SIGN_UP)
    assert (response.status_code, response["Location"]) == (303, "/t/initech-cloud/default/keys")
    page = client.get(response["Location"])
    secrets = set(DSN.findall(text(page)))
    assert len(secrets) == 1
    assert keystore.authorize(f"Bearer {secrets.pop()}", "dsn").project_slug == "default"
    for line in (
        "User-Agent: myapi-edge/1.0",
        "/v1/analytics/default/?wait=true",
        "/t/initech-cloud/default/setup",
    ):
        assert line in text(page)
    assert page["Cache-Control"] == "no-store"
    assert not DSN.search(text(client.get(response["Location"])))  # shown once
    membership = Membership.objects.get(user__email="mira@initech.test")
    assert (membership.role, membership.team.name) == ("owner", "Initech Cloud")


@pytest.mark.django_db
def test_a_team_without_a_name_is_named_after_the_address(client: Client) -> None:
    client.post(reverse("account_signup"), SIGN_UP | {"team": "  "})
    assert Team.objects.get().name == "mira"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ""},
        {"email": "no address"},
        {"email": "a" * 300 + "@example.com"},
        {"password1": "short"},
        {"password1": "password1234"},
        {"password1": "mira@initech.test"},
        {"team": "x" * 101},
        {"team": "a\x00b"},
    ],
)
def test_a_wrong_field_at_sign_up_is_named_and_nothing_is_made(client: Client, wrong: dict[str, str]) -> None:
    response = client.post(reverse("account_signup"), SIGN_UP | wrong)
    assert response.status_code == 200 and "errorlist" in text(response)
    assert not User.objects.exists() and not Team.objects.exists()


@pytest.mark.django_db
def test_sign_in_sign_out(client: Client, team: Team) -> None:
    DsnKey.objects.create(project=team.projects.get(), name="k", prefix="agd_", secret_hash="0" * 64)
    response = client.post(reverse("account_login"), {"login": EMAIL.upper(), "password": PASSWORD})
    assert response["Location"] == "/"
    assert client.get("/")["Location"] == "/t/acme/default/customers"
    assert client.get(reverse("account_logout")).status_code == 200  # asks
    client.post(reverse("account_logout"))
    assert client.get("/")["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
def test_sign_in_says_the_same_of_a_wrong_password_and_an_unknown_address(client: Client, user: User) -> None:
    pages = []
    for address in (EMAIL, "nobody@example.com"):
        response = client.post(reverse("account_login"), {"login": address, "password": "wrong"})
        page = re.sub(r"csrfmiddlewaretoken\" value=\"\w+", "", text(response))
        pages.append(page.replace(address, ""))
    assert pages[0] == pages[1]


@pytest.mark.django_db
def test_sign_in_is_limited_across_processes(client: Client, user: User) -> None:
    for _ in range(6):
        response = client.post(reverse("account_login"), {"login": EMAIL, "password": "wrong"})
    assert "Too many" in text(response)
    response = Client().post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    assert response.status_code == 200 and "Too many" in text(response)


@pytest.mark.django_db
def test_a_closed_account_cannot_sign_in(client: Client, user: User) -> None:
    User.objects.update(is_active=False)
    response = client.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD}, follow=True)
    assert "_auth_user_id" not in client.session and response.status_code == 200


@pytest.mark.django_db
def test_a_password_is_reset_by_mail_and_the_answer_tells_nothing(client: Client, user: User) -> None:
    answers = [
        client.post(reverse("account_reset_password"), {"email": address}, follow=True)
        for address in (EMAIL, "nobody@example.com")
    ]
    assert text(answers[0]) == text(answers[1])
    known, unknown = mail.outbox
    assert known.to == [EMAIL] and "no account" in unknown.body
    link = re.search(r"https?://\S+", str(known.body))
    assert link is not None and link[0].startswith("http://testserver/accounts/password/reset/key/")
    page = client.get(link[0], follow=True)
    page = client.post(
        page.redirect_chain[-1][0],
        {"password1": "another good phrase", "password2": "another good phrase"},
        follow=True,
    )
    assert "The password is set" in text(page)
    assert client.login(email=EMAIL, password="another good phrase")
    assert "not valid any more" in text(Client().get(link[0], follow=True))


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "opens"), [(2.9, True), (3.1, False)])
def test_a_link_to_reset_a_password_ends_after_three_days(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch, days: float, opens: bool
) -> None:
    client.post(reverse("account_reset_password"), {"email": EMAIL})
    link = re.search(r"https?://\S+", str(mail.outbox[0].body))
    assert link is not None
    later = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=days)  # as Django counts
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _: later)
    page = client.get(link[0], follow=True)
    assert ("Set the password" in text(page)) is opens
    if not opens:
        assert "it was used, or it is too old" in text(page) and reverse("account_reset_password") in text(
            page
        )
        new = {"password1": "another good phrase", "password2": "another good phrase"}
        client.post(urlsplit(link[0]).path, new)
        assert not client.login(email=EMAIL, password="another good phrase")


@pytest.mark.django_db
def test_with_mandatory_confirmation_sign_up_hides_who_has_an_account(
    client: Client, user: User, settings: object
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # type: ignore[attr-defined]
    fresh = client.post(reverse("account_signup"), SIGN_UP)
    taken = Client().post(reverse("account_signup"), SIGN_UP | {"email": EMAIL})
    assert (fresh.status_code, fresh["Location"]) == (taken.status_code, taken["Location"])
    assert [message.to for message in mail.outbox] == [["mira@initech.test"], [EMAIL]]
    assert "has an account already" in mail.outbox[1].body
    link = re.search(r"https?://\S+", str(mail.outbox[0].body))
    assert link is not None
    assert "Confirm" in text(client.get(link[0]))
    assert client.post(link[0], follow=True).redirect_chain[-1][0] == "/t/initech-cloud/default/keys"


@pytest.mark.django_db
def test_two_teams_of_one_name_have_two_slugs(user: User) -> None:
    slugs = {
        create_team(name, user).slug
        for name in ("Ümläut & Söhne", "Ümläut & Söhne", "日本", "日本", "-", "x" * 100)
    }
    assert len(slugs) == 6 and all(re.fullmatch(r"[a-z0-9-]{1,50}", slug) for slug in slugs)
    assert Project.objects.filter(slug="default").count() == 6


@pytest.mark.django_db
def test_somebody_without_a_team_makes_one(client: Client) -> None:
    client.force_login(User.objects.create_user("alone@example.com", PASSWORD))
    assert client.get("/")["Location"] == "/teams/new"
    assert "Make the team" in text(client.get("/teams/new"))
    assert client.post("/teams/new", {"name": ""}).status_code == 422
    assert client.post("/teams/new", {"name": "Wayne"})["Location"] == "/t/wayne/default/keys"
    assert client.get("/")["Location"] == "/t/wayne/default/customers"


@pytest.mark.django_db
def test_too_many_sign_ups_meet_a_page_of_ours(client: Client) -> None:
    for _ in range(21):
        response = client.post(reverse("account_signup"), SIGN_UP | {"password1": "short"})
    assert response.status_code == 429 and "Too many tries." in text(response)


def test_sign_up_says_where_the_team_name_is_seen(client: Client, db: None) -> None:
    assert "Stands on every page you publish." in client.get(reverse("account_signup")).content.decode()
