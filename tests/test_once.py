"""A form that is sent twice makes one thing, and both answers lead to it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from django.db import connection
from django.test import Client
from redis import Redis

from agentry import valkey
from agentry.accounts.models import ApiToken, DsnKey, Invitation, Project, Team, User
from analytics.models import SavedQuery
from publications.models import Publication
from tests.customers_page import calls
from tests.stored import store

NUMBER = re.compile(r'name="once" value="([\w-]{22})"')
QUERY = "select count() as calls from events"
PUBLISHED = {"recipe_id": "raw_hogql", "description": "All calls", "query": QUERY}
FORMS: dict[str, tuple[str, str, dict[str, Any], Any]] = {
    "key": ("/t/acme/default/keys", "/t/acme/default/keys/new", {"name": "Edge"}, DsnKey),
    "token": ("/t/acme/tokens", "/t/acme/tokens/new", {"name": "Claude", "scopes": ["query"]}, ApiToken),
    "team": ("/teams/new", "/teams/new", {"name": "Acme"}, Team),
    "project": ("/t/acme/", "/t/acme/projects", {"name": "EU", "slug": ""}, Project),
    "invitation": (
        "/t/acme/members",
        "/t/acme/members/invite",
        {"email": "mira@example.com", "role": "viewer"},
        Invitation,
    ),
    "publication": ("/t/acme/default/publications", "/t/acme/default/publish", PUBLISHED, Publication),
    "from Explore": (
        f"/t/acme/default/explore?query={QUERY}&run=1",
        "/t/acme/default/publish",
        PUBLISHED,
        Publication,
    ),
    "from a recipe": (
        "/t/acme/default/recipes/new_customers",
        "/t/acme/default/publish",
        {"recipe_id": "new_customers", "description": "New ones"},
        Publication,
    ),
    "saved query": (
        "/t/acme/default/explore",
        "/t/acme/default/explore/save",
        {"name": "Calls", "query": QUERY},
        SavedQuery,
    ),
}


@pytest.fixture
def owner(client: Client, user: User, project: Project) -> Client:
    client.force_login(user)
    return client


def number(client: Client, page: str) -> str:
    found = NUMBER.findall(client.get(page).content.decode())
    assert found, page
    return str(found[-1])


@pytest.mark.parametrize("what", FORMS)
def test_sent_twice_it_makes_one_and_leads_there(owner: Client, what: str) -> None:
    page, address, form, model = FORMS[what]
    sent = form | {"once": number(owner, page)}
    before = model.objects.count()
    first, second = owner.post(address, sent), owner.post(address, sent)
    assert model.objects.count() == before + 1
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert owner.get(second["Location"]).status_code == 200
    made = first.cookies.get("fresh")
    assert (made and made.OutputString()) == ((again := second.cookies.get("fresh")) and again.OutputString())


@pytest.mark.django_db(transaction=True)
def test_the_second_waits_for_the_first_and_shows_its_key(owner: Client, user: User) -> None:
    sent = {"name": "Edge", "once": number(owner, "/t/acme/default/keys")}

    def press(_: int) -> str:
        client = Client()
        client.cookies = owner.cookies
        response = client.post("/t/acme/default/keys/new", sent)
        connection.close()
        return response.cookies["fresh"].value if response.status_code == 303 else str(response.status_code)

    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(press, range(4)))
    assert len(set(keys)) == 1 and keys[0].startswith("agd_")
    assert DsnKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)  # what answers reads through a connection of its own
@pytest.mark.parametrize("page", ["customers", "customers/acme"])
def test_a_page_of_customers_is_published_once_too(owner: Client, project: Project, page: str) -> None:
    store(project.pk, calls("acme", range(2)))
    sent = PUBLISHED | {"once": number(owner, f"/t/acme/default/{page}")}
    for _ in range(2):
        owner.post("/t/acme/default/publish", sent)
    assert Publication.objects.count() == 1


def test_another_form_or_content_or_person_makes_another(owner: Client, team: Team) -> None:
    address, page = "/t/acme/default/keys/new", "/t/acme/default/keys"
    first = {"name": "Edge", "once": number(owner, page)}
    for form in (first, first | {"name": "Core"}, first | {"once": number(owner, page)}):
        assert owner.post(address, form).status_code == 303
    assert DsnKey.objects.count() == 3
    other = User.objects.create_user("other@example.com")
    team.memberships.create(user=other, role="owner")
    client = Client()
    client.force_login(other)
    assert client.post(address, first).status_code == 303
    assert DsnKey.objects.count() == 4


def test_a_form_that_was_refused_may_be_sent_again(owner: Client, team: Team) -> None:
    sent = {"name": "EU", "slug": "eu", "once": number(owner, "/t/acme/")}
    taken = Project.objects.create(team=team, name="EU", slug="eu")
    assert owner.post("/t/acme/projects", sent).status_code == 422
    taken.delete()
    assert owner.post("/t/acme/projects", sent).status_code == 303


def test_what_is_kept_says_nothing_and_not_for_long(owner: Client) -> None:
    sent = {"name": "Edge", "once": number(owner, "/t/acme/default/keys")}
    secret = owner.post("/t/acme/default/keys/new", sent).cookies["fresh"].value
    [name] = cast(list[bytes], valkey.client().keys("once:*"))
    kept = cast(bytes, valkey.client().get(name))
    assert secret.encode() not in kept and sent["once"].encode() not in name + kept
    assert 0 < valkey.client().ttl(name) <= 120


def test_without_valkey_it_is_made(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {"name": "Acme", "once": number(owner, "/teams/new")}
    nowhere = Redis(port=1)
    monkeypatch.setattr(valkey, "client", lambda: nowhere)
    assert owner.post("/teams/new", sent).status_code == 303
    assert Team.objects.filter(name="Acme").exists()
