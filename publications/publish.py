"""Publish an answer: the question is checked and frozen; who has the link sees what it answers."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agentry.accounts import audit
from agentry.accounts.models import Project, User
from agentry.errors import AgentryError
from analytics import query
from publications import fields
from publications.links import create_link, newest_link, url_of
from publications.models import DESCRIPTION_LENGTH, Link, Publication
from publications.recipes.catalog import recipe_of

RAW_HOGQL = "raw_hogql"
QUERY_LENGTH = 100_000  # what may be stored; the compiler's own limit is lower and answers 413


def publish(
    project: Project, recipe_id: Any, description: Any, params: Any, user: User | None
) -> tuple[Publication, str]:
    """Freeze a question and make its first link. Answers the publication and its public URL.

    The arguments come as a client sent them. Raises AgentryError: 400 for a field, with `field`; what
    `query.run` raises for a question that has no answer.
    """
    body = {"recipe_id": recipe_id, "description": description, "params": params}
    recipe_id = fields.text(body, "recipe_id", 50)
    recipe = None if recipe_id == RAW_HOGQL else recipe_of(recipe_id)
    description = checked_description(body)
    given = fields.mapping(body, "params")
    if recipe is None:
        fields.refuse_others(given, ["query"], "params.")
        hogql = checked_query(project, given, "params.")
    else:
        hogql = recipe.question(project, given)
        query.run(project, hogql, limit=1)
    with transaction.atomic():
        publication = Publication.objects.create(
            id="pub_" + secrets.token_urlsafe(12),
            project=project,
            recipe_id=recipe_id,
            description=description,
            query=hogql,
            created_by=user,
        )
        link = create_link(publication, "first")
        record(publication, user, "publication.publish")
    return publication, f"{url_of(link)}"


def change(publication: Publication, body: dict[str, Any], user: User | None) -> Publication:
    """Change `description`, `query` or both, as a client sent them. The links stay. Raises as `publish`."""
    fields.refuse_others(body, ["description", "query"])
    if not body:
        message = "There is nothing to change."
        raise AgentryError(400, "nothing_to_change", message, "Send description, query or both.")
    changes: dict[str, str] = {}
    if "description" in body:
        changes["description"] = checked_description(body)
    if "query" in body:
        changes["query"] = checked_query(publication.project, body, "")
        changes["recipe_id"] = RAW_HOGQL  # no recipe's any more
    with transaction.atomic():
        Publication.objects.filter(pk=publication.pk).update(**changes, version=F("version") + 1)
        record(publication, user, "publication.change")
    publication.refresh_from_db(fields=[*changes, "version"])
    return publication


@transaction.atomic
def rotate(publication: Publication, overlap: timedelta, user: User | None) -> tuple[str, datetime]:
    """Give a publication a new link; every other one ends after `overlap`.

    Answers the new public URL and when the old ones end. The publication's row is locked, so that two
    rotations at once leave one link without an end, not two.
    """
    locked = Publication.objects.select_for_update().get(pk=publication.pk)
    link = newest_link(locked)
    ends_at = timezone.now() + overlap
    locked.links.filter(Link.live(ends_at)).update(revoked_at=ends_at)
    successor = create_link(locked, link.name)
    record(publication, user, "publication.rotate")
    return f"{url_of(successor)}", ends_at


def revoke(publication: Publication, user: User | None) -> None:
    """End a publication and with it every link. It cannot be undone; publishing again makes new links."""
    with transaction.atomic():
        live = Publication.objects.filter(pk=publication.pk, revoked_at=None)
        if live.update(revoked_at=timezone.now()):
            record(publication, user, "publication.revoke")


def record(publication: Publication, user: User | None, action: str) -> None:
    team = publication.project.team
    audit.record(team, user, action, publication.id)


def checked_description(body: dict[str, Any]) -> str:
    description = fields.text(body, "description", DESCRIPTION_LENGTH)
    return " ".join(description.split())


def checked_query(project: Project, body: dict[str, Any], inside: str) -> str:
    hogql = fields.text(body, "query", QUERY_LENGTH, inside)
    query.run(project, hogql, limit=1)  # not only compiled: a page that can only fail helps nobody
    return hogql
