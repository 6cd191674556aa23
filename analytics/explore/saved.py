"""Questions with a name: one person's own, or shared with the team, whose members may then change them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agentry.accounts import audit
from agentry.accounts.models import Project, User
from agentry.errors import AgentryError
from analytics.models import SavedQuery

NAME = 100  # characters
LONGEST = 100_000  # of the question: as long as one that is published
MOST = 500  # of a project


def saved_queries(project: Project, user: User) -> list[SavedQuery]:
    """What somebody may open, by name."""
    return list(visible(project, user).order_by("name", "id")[:MOST])


def visible(project: Project, user: User) -> Any:
    mine = Q(owner=None) | Q(owner=user)
    return SavedQuery.objects.filter(mine, project=project).select_related("created_by")


def save(project: Project, user: User, name: str, hogql: str, chart: str, *, shared: bool) -> SavedQuery:
    """Raises AgentryError 400, 413."""
    name, hogql = checked_name(name), checked_query(hogql)
    if SavedQuery.objects.filter(project=project).count() >= MOST:
        message = f"This project has {MOST} saved queries, which is as many as it may have."
        raise AgentryError(400, "too_many_saved", message, "Delete some that nobody opens.")
    with transaction.atomic():
        made = SavedQuery.objects.create(
            project=project,
            name=name,
            query=hogql,
            chart=chart,
            owner=None if shared else user,
            created_by=user,
        )
        if shared:
            _note(made, user, "query.share")
    return made


def change(saved: SavedQuery, user: User, given: dict[str, str]) -> None:
    """Change what is `given`: name, query (with chart), shared ("1" or ""). Raises AgentryError 400, 413."""
    was_shared = saved.owner_id is None
    if "name" in given:
        saved.name = checked_name(given["name"])
    if "query" in given:
        saved.query = checked_query(given["query"])
        saved.chart = given.get("chart", saved.chart)
    if "shared" in given:
        saved.owner = None if given["shared"] else user
    saved.changed_at = timezone.now()
    with transaction.atomic():
        saved.save()
        shared = saved.owner_id is None
        if shared or was_shared:
            action = "query.change" if shared == was_shared else "query.share" if shared else "query.unshare"
            _note(saved, user, action)


def delete(saved: SavedQuery, user: User) -> None:
    with transaction.atomic():
        if saved.owner_id is None:
            _note(saved, user, "query.delete")
        saved.delete()


def checked_name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise AgentryError(400, "empty_field", "A saved query has a name.", "Write one.", field="name")
    if len(name) > NAME:
        message = f"The name has {len(name):,} characters; {NAME} are allowed."
        raise AgentryError(400, "too_long", message, "Shorten it.", field="name")
    return name


def checked_query(hogql: str) -> str:
    """It may be wrong, as one half done is; it may not be empty, nor longer than is kept."""
    if not hogql.strip():
        message = "There is no query to save."
        raise AgentryError(400, "empty_field", message, "Write one, then save it.", field="query")
    if len(hogql) > LONGEST:
        message = f"The query has {len(hogql):,} characters; {LONGEST:,} can be saved."
        raise AgentryError(413, "query_too_long", message, "Shorten it.", field="query")
    return hogql.replace("\0", "")


def _note(saved: SavedQuery, user: User, action: str) -> None:
    subject = f"{saved.project.slug}/{saved.name}"
    audit.record(saved.project.team, user, action, subject)
