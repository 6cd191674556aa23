"""Ends: of a team with all that is its own, of an account with all that is known; and what stops them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from agentry.accounts import keystore
from agentry.accounts.models import AuditEntry, DsnKey, Membership, Project, Role, Team, User
from agentry.accounts.teams import create_team
from agentry.errors import AgentryError
from analytics.keeping import deletion
from analytics.models import Deletion
from tests.fixtures import EMAIL, PASSWORD
from tests.write_events import drain_all, event, send, stored

pytestmark = pytest.mark.django_db(transaction=True)
ACCOUNT = "/account"


@pytest.fixture
def owner(client: Client, team: Team) -> Client:
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": ACCOUNT})
    return client


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def add(team: Team, role: Role) -> User:
    user = User.objects.create_user(f"{role}@example.com")
    Membership.objects.create(team=team, user=user, role=role)
    return user


def refused(secret: str, kind: keystore.Kind) -> bool:
    keystore.forget()
    with pytest.raises(AgentryError) as caught:
        keystore.authorize(f"Bearer {secret}", kind)
    return caught.value.status == 401


def test_a_team_ends_with_its_data_keys_and_tokens(
    owner: Client, team: Team, project: Project, dsn: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "KEYS_CACHED_MS", 0)
    other = create_team("Other", User.objects.get(email=EMAIL))
    send(project, event(), event())
    drain_all()
    keystore.authorize(f"Bearer {token}", "token")  # Valkey knows it
    page = text(owner.get("/t/acme/settings"))
    assert "/t/acme/default/export/events" in page and "Write <code>Acme</code>" in page
    for wrong in ("", "acme", "Acme!"):
        response = owner.post("/t/acme/settings/delete", {"again": wrong})
        assert response.status_code == 422 and "Nothing is deleted" in text(response)
    said = owner.post("/t/acme/settings/delete", {"again": "Acme"}, follow=True)
    assert "The team Acme is gone" in text(said) and said.redirect_chain[-1][0].startswith("/t/other/")
    assert refused(dsn, "dsn") and refused(token, "token")
    assert owner.get("/t/acme/").status_code == 404
    assert list(Team.objects.all()) == [other] and not DsnKey.objects.exists()
    left = Deletion.objects.get()
    assert (left.team, left.project_slug, left.finished_at) == (None, "default", None)
    assert len(stored()) == 2
    while deletion.work(5):
        pass
    assert not stored()


def test_only_the_owner_of_nothing_shared_goes(owner: Client, team: Team) -> None:
    """Sole owner of a team with others: it says what to do. Then alone in one: that goes too."""
    other = add(team, Role.ADMIN)
    page = text(owner.get(f"{ACCOUNT}/delete"))
    assert "You are the only owner" in page and "<form" not in page.partition("<main")[2]
    response = owner.post(f"{ACCOUNT}/delete", {"again": EMAIL})
    assert response.status_code == 409 and "is the only owner of Acme" in text(response)
    assert User.objects.filter(email=EMAIL).exists()
    Membership.objects.filter(user=other).update(role=Role.OWNER)
    lonely = create_team("Lonely", User.objects.get(email=EMAIL))
    page = text(owner.get(f"{ACCOUNT}/delete"))
    assert "You are alone in" in page and "Lonely" in page
    assert owner.post(f"{ACCOUNT}/delete", {"again": "x"}).status_code == 422
    response = owner.post(f"{ACCOUNT}/delete", {"again": EMAIL.upper()}, follow=True)
    assert "Your account is deleted." in text(response)
    assert not User.objects.filter(email=EMAIL).exists()
    assert list(Team.objects.values_list("slug", flat=True)) == ["acme"] and lonely.slug == "lonely"
    assert AuditEntry.objects.get(action="member.leave").user is None
    assert owner.get("/t/acme/").status_code == 302
    again = Client().post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert again.status_code == 200 and "_auth_user_id" not in again.client.session


def test_a_team_is_not_deleted_by_a_session_alone(client: Client, team: Team) -> None:
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    asked = client.post("/t/acme/settings/delete", {"again": "Acme"})
    assert asked["Location"].startswith("/accounts/reauthenticate/") and Team.objects.exists()
    wrong = client.post(asked["Location"], {"password": "wrong"})
    assert wrong.status_code == 200 and Team.objects.exists()
    said = client.post(
        asked["Location"], {"password": PASSWORD, "next": "/t/acme/settings/delete"}, follow=True
    )
    assert "The team Acme is gone" in text(said) and not Team.objects.exists()


def test_an_account_is_not_deleted_by_a_session_alone(client: Client, team: Team) -> None:
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert client.post(f"{ACCOUNT}/delete", {"again": EMAIL})["Location"].startswith(
        "/accounts/reauthenticate/"
    )
    assert User.objects.filter(email=EMAIL).exists()


def test_one_takes_along_what_is_known_of_oneself(owner: Client, team: Team, dsn: str) -> None:
    response = owner.get(f"{ACCOUNT}/export")
    assert response["Content-Disposition"] == 'attachment; filename="agentry-account.json"'
    known = json.loads(text(response))
    assert (known["email"], known["teams"][0]["team"], known["teams"][0]["role"]) == (EMAIL, "acme", "owner")
    assert len(known["sessions"]) == 1 and known["keys_made"][0]["prefix"] == dsn[:10]
    user = User.objects.get(email=EMAIL)
    assert not any(secret in text(response) for secret in (dsn, dsn[10:], user.password))


def test_one_signs_out_everywhere_else(owner: Client, team: Team) -> None:
    other = Client(headers={"User-Agent": "<b>/1 Phone"})
    other.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    page = text(owner.get("/accounts/sessions/"))
    assert "&lt;b&gt;/1" in page and "this one" in page
    assert "signed out everywhere else" in text(owner.post("/accounts/sessions/", follow=True))
    assert other.get("/t/acme/").status_code == 302 and owner.get("/t/acme/").status_code == 200


def test_a_team_gets_another_name_but_keeps_its_addresses(owner: Client, team: Team) -> None:
    name = "<b>Ümläut</b> \u202eשלום"
    page = text(owner.post("/t/acme/settings/name", {"name": name}, follow=True))
    assert "<bdi>&lt;b&gt;Ümläut" in page and "<b>Ümläut" not in page
    assert AuditEntry.objects.get(action="team.rename").subject == f"Acme → {name}"
    for wrong in ("", " ", "x" * 200, "a\x00"):
        assert owner.post("/t/acme/settings/name", {"name": wrong}).status_code == 422
    assert owner.get("/t/acme/").status_code == 200


def test_the_next_sign_in_leads_to_the_last_project(owner: Client, team: Team) -> None:
    Project.objects.create(team=team, name="Second", slug="second")
    assert "Second" in text(owner.get("/teams"))
    menu = text(owner.get("/teams", headers={"HX-Request": "true"}))
    assert "/t/acme/second/customers" in menu and "<html" not in menu
    owner.get("/t/acme/second/keys")
    fresh = Client()
    fresh.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert fresh.get("/")["Location"] == "/t/acme/second/keys"
