"""Pages of teams, projects, keys and tokens: what they make, show once, and refuse."""

from __future__ import annotations

import html
import re
import shlex
from urllib.parse import urlsplit

import pytest
from django.test import Client

from agentry.accounts import keystore
from agentry.accounts.keys import issue_api_token, issue_dsn_key
from agentry.accounts.models import ApiToken, AuditEntry, DsnKey, Membership, Project, Role, Team, User
from agentry.accounts.secrets import mint
from agentry.accounts.teams import create_team
from tests.fixtures import PASSWORD

KEYS = "/t/acme/default/keys"
TOKENS = "/t/acme/tokens"
DSN = re.compile(r"agd_[A-Za-z0-9_-]{32}")
TOKEN = re.compile(r"agt_[A-Za-z0-9_-]{32}")


@pytest.fixture
def owner(client: Client, team: Team, user: User) -> Client:
    client.force_login(user)
    return client


def signed_in(team: Team, role: Role) -> Client:
    member = User.objects.create_user(f"{role}@example.com", PASSWORD)
    Membership.objects.create(team=team, user=member, role=role)
    client = Client()
    client.force_login(member)
    return client


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


def test_home_leads_to_the_project_of_last_time(owner: Client, team: Team) -> None:
    Project.objects.create(team=team, name="Second", slug="second")
    assert owner.get("/")["Location"] == KEYS
    owner.get("/t/acme/second/keys")
    assert owner.get("/")["Location"] == "/t/acme/second/keys"
    Project.objects.filter(slug="second").delete()
    assert owner.get("/")["Location"] == KEYS


def test_a_project_is_made_with_a_slug_of_its_own(owner: Client, team: Team) -> None:
    response = owner.post("/t/acme/projects", {"name": "Production EU", "slug": ""})
    assert response["Location"] == "/t/acme/production-eu/keys"
    shown = text(owner.get(response["Location"]))  # a key for its first request, and Setup after it
    assert DSN.search(shown) and 'href="/t/acme/production-eu/setup"' in shown
    assert "No key yet" not in shown
    assert "Production EU" in text(owner.get("/t/acme/"))
    assert AuditEntry.objects.filter(action="project.create", subject="production-eu").exists()
    elsewhere = create_team("Elsewhere", User.objects.get())
    assert elsewhere.projects.get().slug == team.projects.order_by("pk")[0].slug == "default"


@pytest.mark.parametrize(
    ("slug", "says"),
    [
        ("default", "has a project with this slug already"),
        ("tokens", "a word of Agentry"),
        ("Upper", "lower-case"),
        ("-a", "lower-case"),
        ("a/b", "lower-case"),
        ("a" * 51, "at most 50"),
        ("a\x00", "Null characters"),
        ("a\n", ""),
    ],
)
def test_a_wrong_slug_is_refused_in_words(owner: Client, slug: str, says: str) -> None:
    response = owner.post("/t/acme/projects", {"name": "New", "slug": slug})
    if says:
        assert response.status_code == 422 and says in text(response)
        assert Project.objects.count() == 1
    else:
        assert Project.objects.filter(slug="a").exists()  # the form strips


def test_a_name_without_letters_needs_a_slug(owner: Client) -> None:
    assert "Write a slug" in text(owner.post("/t/acme/projects", {"name": "日本", "slug": ""}))


def test_a_key_is_shown_once_listed_and_revoked_after_a_question(owner: Client, user: User) -> None:
    response = owner.post(f"{KEYS}/new", {"name": "Edge"})
    assert (response.status_code, response["Location"]) == (303, KEYS)
    page = text(owner.get(KEYS))
    secret = DSN.findall(page)[0]
    assert keystore.authorize(f"Bearer {secret}", "dsn").project_slug == "default"
    again = text(owner.get(KEYS))
    assert not DSN.search(again) and secret[:10] in again and "Edge" in again and "never used" in again
    key = DsnKey.objects.get()
    address = f"{KEYS}/{key.pk}/revoke"
    assert "cannot be undone" in text(owner.get(address))
    key.refresh_from_db()
    assert key.revoked_at is None
    assert "is revoked" in text(owner.post(address, follow=True))
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "key.issue",
        "key.revoke",
    ]


def test_a_token_has_the_scopes_that_were_chosen(owner: Client) -> None:
    response = owner.post(f"{TOKENS}/new", {"name": "Bot", "scopes": ["query", "publish"]})
    assert response["Location"] == TOKENS
    secret = TOKEN.findall(text(owner.get(TOKENS)))[0]
    assert keystore.authorize(f"Bearer {secret}", "token").scopes == {"query", "publish"}
    assert not TOKEN.search(text(owner.get(TOKENS)))
    token = ApiToken.objects.get()
    owner.post(f"{TOKENS}/{token.pk}/revoke")
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize("what", ["key", "token"])
def test_rotating_shows_the_new_one_once_and_when_the_old_one_ends(
    owner: Client, project: Project, user: User, what: str
) -> None:
    page, form, model = (KEYS, DSN, DsnKey) if what == "key" else (TOKENS, TOKEN, ApiToken)
    if what == "key":
        old = issue_dsn_key(project, "Edge", user)[0].pk
    else:
        old = issue_api_token(project.team, "Bot", ["query"], user)[0].pk
    address = f"{page}/{old}/rotate"
    assert "24 more hours" in text(owner.get(address))
    for wrong in ({}, {"overlap": "9y"}):
        assert owner.post(address, wrong).status_code == 422
    response = owner.post(address, {"overlap": "1h"})
    assert (response.status_code, response["Location"]) == (303, page)
    shown = text(owner.get(page))
    assert len(set(form.findall(shown))) == 1 and "rotated; ends on" in shown
    assert not form.search(text(owner.get(page)))
    again = owner.post(address, {"overlap": "7d"})
    assert again.status_code == 409 and "rotated already" in text(again)
    assert model.objects.count() == 2


@pytest.mark.parametrize("fields", [{}, {"name": ""}, {"name": "x" * 101}, {"name": "a\x00"}])
def test_a_key_needs_a_name(owner: Client, fields: dict[str, str]) -> None:
    response = owner.post(f"{KEYS}/new", fields)
    assert response.status_code == 422 and "errorlist" in text(response)
    assert not DsnKey.objects.exists()


@pytest.mark.parametrize("scopes", [[], ["root"], ["query", "root"]])
def test_a_token_needs_known_scopes(owner: Client, scopes: list[str]) -> None:
    assert owner.post(f"{TOKENS}/new", {"name": "Bot", "scopes": scopes}).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_planted_cookie_shows_nothing(owner: Client, dsn: str, project: Project) -> None:
    for secret in (mint("agd_"), "<script>", "agd_" + "é" * 32):
        owner.cookies["fresh"] = secret
        assert secret not in text(owner.get(KEYS))
    other = signed_in(project.team, Role.ADMIN)  # a real key, but made by somebody else
    other.cookies["fresh"] = dsn
    assert dsn not in text(other.get(KEYS))


def test_names_are_text(owner: Client) -> None:
    owner.post(f"{KEYS}/new", {"name": "<script>alert(1)</script>"})
    assert "<script>alert" not in text(owner.get(KEYS))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_who_may_not_manage_sees_no_way_to(team: Team, dsn: str, role: Role) -> None:
    client = signed_in(team, role)
    for address in ("/t/acme/", KEYS, TOKENS):
        page = text(client.get(address))
        assert "<form" not in page.partition("<main")[2] and "Revoke" not in page.partition("<tbody>")[2]


def test_the_first_request_on_the_page_is_accepted_as_it_stands(owner: Client) -> None:
    owner.post(f"{KEYS}/new", {"name": "Edge"})
    page = html.unescape(text(owner.get(KEYS)))
    command = shlex.split(re.findall(r"curl .*?\}'", page, re.DOTALL)[0])
    headers = dict(word.split(": ", 1) for word in command if ": " in word and not word.startswith("{"))
    response = Client().post(
        urlsplit(command[1]).path,  # without ?wait=true: no writer runs here
        command[-1],
        content_type=headers.pop("Content-Type"),
        headers=headers,
    )
    assert (response.status_code, response.json()) == (202, {"accepted": 1, "rejected": []})
