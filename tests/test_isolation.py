"""No way from one team to another: every address with a team in it, every kind of visitor.

The addresses come from the URLconf itself, so a new one is walked as soon as it exists. It fails until
tests/route_table.py says who may come to it, and until this file knows the arguments in its address.
REST and the tools of /mcp are walked with tokens by tests/test_route_tokens.py, from the same table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from agentry.accounts.invitations import invite
from agentry.accounts.keys import issue_api_token, issue_dsn_key
from agentry.accounts.models import ApiToken, DsnKey, Membership, Project, Role, Team, User
from agentry.accounts.teams import create_team
from analytics.explore.saved import save
from analytics.models import Customer
from publications.publish import publish
from publications.tools import TOOLS
from tests import route_table

NOTHING = {404, 405}  # 405: a method that the address takes from nobody


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every (route, pattern) of the URLconf."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        else:
            yield route, entry


def team_routes() -> list[str]:
    """Names of all addresses of a team. One without a name cannot be covered, so it fails the test."""
    return sorted(str(pattern.name) for route, pattern in patterns() if "<slug:team>" in route)


def is_rest(route: str, pattern: URLPattern) -> bool:
    """Whether a key or a token opens it: /v1/, and what PostHog's clients send."""
    return route.startswith(("v1/", "i/v1/")) or pattern.name == "posthog_capture"


def bare(route: str) -> str:
    return route.removesuffix("/")


def methods_of(pattern: URLPattern) -> set[str]:
    """What a view of REST answers to; ingest, which is no class, takes POST."""
    view = getattr(pattern.callback, "view_class", None)
    methods = {"get", "post", "put", "patch", "delete"}
    return {"post"} if view is None else {method for method in methods if hasattr(view, method)}


@pytest.fixture
def arguments(team: Team, user: User) -> dict[str, Any]:
    """An argument of team `acme` for every name that stands in an address of a team."""
    project = team.projects.get()
    publication, _ = publish(project, "raw_hogql", "Calls", {"query": "select count() from events"}, user)
    return {
        "customer_id": Customer.objects.create(project=project, customer_id="wayne/ent").customer_id,
        "publication_id": publication.pk,
        "team": team.slug,
        "what": "settings",
        "project": project.slug,
        "form": "json",
        "recipe_id": "top_customers",
        "saved_id": save(project, user, "Calls", "select 1", "", shared=True).pk,
        "key": issue_dsn_key(project, "Edge", user)[0].pk,
        "member": add(team, Role.VIEWER).pk,
        "invitation": invite(team.memberships.get(user=user), "new@example.com", Role.VIEWER)[0].pk,
        "token": issue_api_token(team, "Bot", ["query"], user)[0].pk,
    }


def address_of(name: str, arguments: dict[str, Any]) -> str:
    names = _converters(name)
    unknown = names - set(arguments)
    assert not unknown, f"teach tests/test_isolation.py the argument {unknown} of {name}"
    return reverse(name, kwargs={argument: arguments[argument] for argument in names})


def _converters(name: str) -> set[str]:
    return {
        key for entry in get_resolver().reverse_dict.getlist(name) for _, keys in entry[0] for key in keys
    }


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def add(team: Team, role: Role) -> Membership:
    user = User.objects.create_user(f"{role}-{team.memberships.count()}@example.com")
    return Membership.objects.create(team=team, user=user, role=role)


def member(team: Team, role: Role) -> Client:
    return signed_in(add(team, role).user)


def test_every_address_stands_in_the_table_of_who_may_come_to_it() -> None:
    rest = {bare(route): methods_of(pattern) for route, pattern in patterns() if is_rest(route, pattern)}
    pages = {pattern.name or bare(route) for route, pattern in patterns() if not is_rest(route, pattern)}
    teams = set(team_routes())
    table = route_table
    add = [f"TEAM_PAGES: {name!r}: Role.…" for name in sorted(teams - set(table.TEAM_PAGES))]
    known = table.PERSON | table.EVERYBODY
    add += [f"PERSON or EVERYBODY: {name!r}" for name in sorted(pages - teams - known)]
    add += [
        f"REST: {route!r}: {dict.fromkeys(sorted(methods), 'Scope.…')}"
        for route, methods in rest.items()
        if methods != set(table.REST.get(route, ()))
    ]
    assert not add, "\nWho may come there? Add these lines to tests/route_table.py:\n" + "\n".join(add)
    gone = (set(table.TEAM_PAGES) - teams) | (known - pages) | (set(table.REST) - set(rest))
    assert not gone, f"\nThese addresses are gone; take them out of tests/route_table.py: {gone}"


def test_every_tool_of_mcp_stands_in_the_table_with_its_scope() -> None:
    scopes = {tool.name: tool.scope for tool in TOOLS}
    assert scopes == route_table.TOOLS, "\nAdd the tool and its scope to TOOLS in tests/route_table.py"


@pytest.mark.parametrize("name", team_routes())
def test_the_decorator_of_a_page_asks_for_the_role_in_the_table(name: str) -> None:
    role = next(
        (getattr(entry.callback, "role", None) for _, entry in patterns() if entry.name == name), None
    )
    assert isinstance(role, Role), f"{name} is not behind @team_page or @project_page"
    assert role == route_table.least_role(name, "get"), f"{name} asks for {role}: see tests/route_table.py"


@pytest.mark.parametrize("name", team_routes())
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_outsider_finds_nothing(name: str, method: str, arguments: dict[str, Any]) -> None:
    outsider = User.objects.create_user("outsider@example.com")
    create_team("Elsewhere", outsider)
    response = getattr(signed_in(outsider), method)(address_of(name, arguments))
    assert response.status_code in NOTHING
    missing = getattr(signed_in(outsider), method)(address_of(name, arguments | {"team": "no-such-team"}))
    assert missing.status_code == response.status_code  # and nobody can tell the two apart
    assert _said(missing) == _said(response)


@pytest.mark.parametrize("name", team_routes())
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_signed_in_comes_to_the_sign_in_page(
    name: str, method: str, arguments: dict[str, Any]
) -> None:
    address = address_of(name, arguments)
    response = getattr(Client(), method)(address)
    if response.status_code == 405:
        return
    if response.status_code == 401:  # data, not a page
        assert response.json()["error"]["code"] == "not_signed_in"
        return
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("name", team_routes())
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_role_opens_what_it_may_and_no_more(name: str, method: str, arguments: dict[str, Any]) -> None:
    team, needed = Team.objects.get(slug="acme"), route_table.least_role(name, method)
    ranks = list(Role)
    for role in ranks:
        client = member(team, role)
        with transaction.atomic():
            response = getattr(client, method)(address_of(name, arguments))
            transaction.set_rollback(True)  # what one role revokes the next one finds again
        if response.status_code == 405:
            return
        if ranks.index(role) < ranks.index(needed):
            assert response.status_code == 403, role
        else:
            assert response.status_code not in {401, 403, 404, 500, 503}, role


@pytest.mark.parametrize("name", team_routes())
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_member_of_two_teams_cannot_mix_them(name: str, method: str, arguments: dict[str, Any]) -> None:
    """Ids of team acme under the address of one's own team."""
    mine = User.objects.create_user("mine@example.com")
    own = create_team("Mine", mine)
    Project.objects.filter(team=own).update(slug="own")
    foreign = {argument for argument in _converters(name) if argument != "team"}
    if not foreign:
        return
    response = getattr(signed_in(mine), method)(address_of(name, arguments | {"team": own.slug}))
    assert response.status_code in NOTHING
    if foreign - {"project", "what", "form", "recipe_id"}:  # one's own project, a foreign thing in it
        here = address_of(name, arguments | {"team": own.slug, "project": "own"})
        assert getattr(signed_in(mine), method)(here).status_code in NOTHING
    assert not DsnKey.objects.exclude(revoked_at=None).exists()
    assert not ApiToken.objects.exclude(revoked_at=None).exists()


def test_the_list_of_team_pages_is_complete() -> None:
    """An address of a page either has a team in it, or is known to need none."""
    nameless = [route for route, pattern in patterns() if "<slug:team>" in route and not pattern.name]
    assert not nameless
    slugs = [route for route, _ in patterns() if route.startswith("t/") and "<slug:team>" not in route]
    assert not slugs


def _said(response: Any) -> str:
    """The page without what differs from request to request."""
    lines = response.content.decode().splitlines()
    return "\n".join(
        line for line in lines if "csrfmiddlewaretoken" not in line and 'class="stamp"' not in line
    )
