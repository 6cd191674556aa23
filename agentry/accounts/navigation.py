"""What the header leads to: one line a page, shown to those whose role opens it.

A page that has no address yet is left out, so a line may stand here before its page does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_resolver, reverse

from agentry.accounts.access import has_role
from agentry.accounts.models import Membership, Role


@dataclass(frozen=True)
class Page:
    """`name` of its route, `label` in the header; `also` are routes beneath, where it is the current one."""

    name: str
    label: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    label: str
    address: str
    current: bool


@dataclass
class Links:
    """What stands in a row, and what stands in the menu beside it."""

    label: str
    row: list[Link] = field(default_factory=list)
    menu: list[Link] = field(default_factory=list)

    @property
    def here(self) -> Link | None:
        """The page of the menu that one is on: it names the menu."""
        return next((link for link in self.menu if link.current), None)


PROJECT = [
    Page("customers", "Customers", ("customer",)),
    Page("explore", "Explore", ("delete_query",)),
    Page("recipes", "Recipes", ("recipe",)),
    Page("publications", "Publications", ("publish", "rotate", "revoke")),
    Page("ingest_health", "Ingest", ("dead_letters",)),
]
PROJECT_SETTINGS = [
    Page("setup", "Setup"),
    Page("keys", "Keys", ("revoke_key", "rotate_key")),
    Page("properties", "Properties"),
    Page("limits", "Limits"),
    Page("thresholds", "Thresholds"),
    Page("data", "Data"),
]
TEAM = [
    Page("team", "Projects", ("create_project",)),
    Page("members", "Members", ("invite", "leave_team", "remove_member")),
    Page("tokens", "API tokens", ("revoke_token", "rotate_token")),
    Page("audit", "Audit log"),
    Page("team_settings", "Settings"),
]


def links_of(request: HttpRequest) -> Links | None:
    """The header's links on a page of a team or project; None on every other page."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return None
    slugs = [membership.team.slug]
    project = getattr(request, "project", None)
    if project is None:
        return Links("Team", _open(TEAM, slugs, request, membership))
    slugs.append(project.slug)
    row, menu = (_open(pages, slugs, request, membership) for pages in (PROJECT, PROJECT_SETTINGS))
    return Links("Project", row, menu)


def _open(pages: list[Page], slugs: list[str], request: HttpRequest, membership: Membership) -> list[Link]:
    here = request.resolver_match.url_name if request.resolver_match else None
    return [
        Link(page.label, reverse(page.name, args=slugs), here == page.name or here in page.also)
        for page in pages
        if (role := _role(page.name)) and has_role(membership, role)
    ]


@cache
def _role(name: str) -> Role | None:
    """The role that a page asks for, as its decorator says; None where there is no such page."""
    for slugs in (["team"], ["team", "project"]):
        try:
            path = reverse(name, args=slugs)
        except NoReverseMatch:
            continue
        return getattr(get_resolver().resolve(path).func, "role", None)
    return None
