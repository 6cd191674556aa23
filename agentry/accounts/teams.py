"""Teams and their projects."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from agentry.accounts import audit
from agentry.accounts.models import Membership, Project, Role, Team, User

FIRST_PROJECT = "default"
# Words that stand where a project's slug stands in an address.
RESERVED_SLUGS = frozenset({"tokens", "projects", "members", "settings", "audit", "new"})
TRIES = 20


def create_team(name: str, owner: User) -> Team:
    """A team, its owner's membership, and its project `default`."""
    with transaction.atomic():
        team = _create_with_free_slug(name[:100])
        Membership.objects.create(team=team, user=owner, role=Role.OWNER)
        audit.record(team, owner, "team.create", team.slug)
        create_project(team, FIRST_PROJECT, FIRST_PROJECT, owner)
    return team


def create_project(team: Team, name: str, slug: str, user: User | None) -> Project:
    """A project of a team. Raises IntegrityError when its slug is taken in that team."""
    with transaction.atomic():
        project = Project.objects.create(team=team, name=name, slug=slug)
        audit.record(team, user, "project.create", slug)
    return project


def _create_with_free_slug(name: str) -> Team:
    """`acme`, or `acme-3f9a` when two teams choose the same name, at the same moment too."""
    wanted = slugify(name)[:40].strip("-") or "team"
    slug = wanted
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return Team.objects.create(name=name, slug=slug)
        except IntegrityError:
            slug = f"{wanted}-{secrets.token_hex(2)}"
    raise IntegrityError(f"No free slug for {wanted!r} in {TRIES} tries.")
