"""REST and the tools of /mcp, each with every kind of key: as tests/route_table.py says, and no further."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agentry.accounts import keystore
from agentry.accounts.keys import issue_api_token, issue_dsn_key
from agentry.accounts.models import Project, Scope, Team, User
from agentry.accounts.teams import create_team
from agentry.errors import AgentryError
from analytics.keeping.deletion import delete_customer
from publications.models import Publication
from publications.publish import publish
from publications.tools import TOOLS
from tests import route_table
from tests.route_table import DSN

CALLS = [(route, method) for route, methods in route_table.REST.items() for method in methods]
LISTS = {"v1/deletions", "v1/publications"}  # a foreign team sees its own, which is nothing
POSTHOG = {
    "^(?:(?:batch|capture|i/v0/e)/?|e/)$": "/batch/",
    "i/v1/analytics/events": "/i/v1/analytics/events",
}


@pytest.fixture
def names(project: Project, user: User) -> dict[str, str]:
    """What stands for each argument of an address, all of team `acme`."""
    publication, _ = publish(project, "raw_hogql", "Calls", {"query": "select count() from events"}, user)
    return {
        "<slug:project>": project.slug,
        "<str:project>": project.slug,
        "<path:customer_id>": "acme_corp",
        "<str:deletion_id>": str(delete_customer(project, "x", user).pk),
        "<int:key>": str(issue_dsn_key(project, "Edge", user)[0].pk),
        "<str:recipe_id>": "top_customers",
        "<str:publication_id>": publication.pk,
        "<str:what>": "settings",
    }


def address(route: str, names: dict[str, str]) -> str:
    if route in POSTHOG:
        return POSTHOG[route]
    for argument, value in names.items():
        route = route.replace(argument, value)
    assert "<" not in route, f"teach tests/test_route_tokens.py the argument in {route}"
    return f"/{route}/"


def send(route: str, method: str, names: dict[str, str], secret: str | None) -> Any:
    headers = {"User-Agent": "walker/1", **({"Authorization": f"Bearer {secret}"} if secret else {})}
    body = json.dumps({"api_key": secret, "batch": [{"event": "x"}]}) if route in POSTHOG else "{}"
    where, data = address(route, names), None if method == "get" else body
    return getattr(Client(), method)(where, data=data, content_type="application/json", headers=headers)


def token(team: Team, *scopes: str) -> str:
    return issue_api_token(team, "Walker", scopes, None)[1]


@pytest.mark.parametrize(("route", "method"), CALLS)
def test_each_key_opens_what_the_table_says(route: str, method: str, names: dict[str, str]) -> None:
    project = Project.objects.get()
    needed = route_table.REST[route][method]
    secrets: dict[str, str] = {scope: token(project.team, scope) for scope in Scope.values}
    secrets[DSN] = issue_dsn_key(project, "Walker", None)[1]
    right = secrets.pop(needed)
    for kind, secret in secrets.items():
        response = send(route, method, names, secret)
        refusal = (401, "unauthorized") if DSN in (kind, needed) else (403, "missing_scope")
        if route not in POSTHOG:
            assert (response.status_code, response.json()["error"]["code"]) == refusal, kind
        assert response.status_code == refusal[0], kind
    assert send(route, method, names, None).status_code == 401
    assert send(route, method, names, right).status_code not in {401, 403, 404, 405, 500, 503}


@pytest.mark.parametrize(("route", "method"), CALLS)
def test_a_token_of_another_team_finds_nothing(route: str, method: str, names: dict[str, str]) -> None:
    outsider = create_team("Elsewhere", User.objects.create_user("outsider@example.com"))
    Project.objects.filter(team=outsider).update(slug="own")
    dsn = route_table.REST[route][method] == DSN
    secret = issue_dsn_key(outsider.projects.get(), "K", None)[1] if dsn else token(outsider, *Scope.values)
    response = send(route, method, names, secret)
    if route in LISTS:
        assert not any(
            response.json()[name] for name in ("deletions", "publications") if name in response.json()
        )
    elif route not in POSTHOG:  # there the key alone says which project
        assert response.status_code == 404
    assert Publication.objects.filter(revoked_at=None).count() == 1


def test_every_tool_asks_for_its_scope(team: Team) -> None:
    for tool in TOOLS:
        others = [scope for scope in Scope.values if scope != tool.scope]
        access = keystore.authorize(f"Bearer {token(team, *others)}", "token")
        with pytest.raises(AgentryError) as caught:
            tool.call(access, {})
        assert (caught.value.status, caught.value.code) == (403, "missing_scope"), tool.name


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(route_table.PERSON))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_persons_own_pages_want_somebody_signed_in(name: str, method: str) -> None:
    number = {"pk": 1} if name in {"mfa_edit_webauthn", "mfa_remove_webauthn"} else {}
    response = getattr(Client(), method)(reverse(name, kwargs=number))
    assert response.status_code in {302, 405}
    if response.status_code == 302:
        assert response["Location"].startswith("/accounts/login/")
