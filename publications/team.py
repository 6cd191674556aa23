"""A team's own pages of its publications: list, publish, rotate, revoke. They work without JavaScript."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from agentry.accounts.once import once
from agentry.errors import AgentryError
from publications.links import public_url
from publications.models import Publication, older, publications_of
from publications.publish import RAW_HOGQL, publish, revoke, rotate
from publications.recipes.catalog import RECIPES

PAGE = 50
OVERLAP = timedelta(days=1)


@require_safe
@project_page(Role.VIEWER)
def publications(request: ProjectRequest, project: Project) -> HttpResponse:
    """The list, the newest first. `?new=` names one that was just made, `?before=` starts after one."""
    return page(request, project)


@require_POST
@project_page(Role.MEMBER)
@once
def publish_form(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """Publish from a form (recipe_id, description, and query or the recipe's parameters); then the list, with
    the new link on top."""
    given = {name: request.POST.get(name, "") for name in ("description", "query")}
    recipe_id = request.POST.get("recipe_id", RAW_HOGQL)
    params = {"query": given["query"]}
    if recipe_id in RECIPES:
        params = RECIPES[recipe_id].parse({name: request.POST[name] for name in request.POST})
    try:
        made, _ = publish(project, recipe_id, given["description"], params, request.user)
    except AgentryError as error:
        return page(request, project, error=error, given=given)
    return redirect(f"{address(project)}?{urlencode({'new': made.id})}")


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Role.MEMBER)
@once
def rotate_form(request: ProjectRequest, project: Project, publication_id: str) -> HttpResponseBase:
    """The question on GET. On POST a new link; with `overlap` the old one works for one more day."""
    publication = publication_of(project, publication_id)
    if request.method == "POST":
        overlap = OVERLAP if request.POST.get("overlap") else timedelta()
        _, ends_at = rotate(publication, overlap, request.user)
        old = f"works until {ends_at:%-d %b, %H:%M} UTC" if overlap else "leads nowhere now"
        messages.success(request, f"“{publication.description}” has a new link. The old one {old}.")
        return redirect(f"{address(project)}?{urlencode({'new': publication.id})}")
    context = {
        "question": f"A new link for “{publication.description}”?",
        "says": "The page stays as it is. Send the new link to whoever is to see it from now on.",
        "deed": "Make the new link",
        "back": address(project),
    }
    return render(request, "new_link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Role.MEMBER)
def revoke_form(request: ProjectRequest, project: Project, publication_id: str) -> HttpResponseBase:
    """The question on GET, the deed on POST."""
    publication = publication_of(project, publication_id)
    if request.method == "POST":
        revoke(publication, request.user)
        messages.success(request, f"“{publication.description}” is withdrawn. Its links lead nowhere now.")
        return redirect(address(project))
    viewed = f"viewed {publication.views:,} times so far" if publication.views else "never viewed so far"
    context = {
        "question": f"Withdraw “{publication.description}”?",
        "says": f"All its links lead nowhere from then on; it was {viewed}. This cannot be undone.",
        "deed": "Withdraw it",
        "back": address(project),
    }
    return render(request, "question.html", context)


def page(
    request: ProjectRequest,
    project: Project,
    error: AgentryError | None = None,
    given: dict[str, str] | None = None,
) -> HttpResponse:
    rows = publications_of(project.team_id).filter(project=project)
    before = request.GET.get("before")
    if before is not None:
        rows = older(rows, publication_of(project, before))
    found = list(rows[: PAGE + 1])
    may_publish = has_role(request.membership, Role.MEMBER)
    context: dict[str, Any] = {
        "rows": [(row, public_url(row) if may_publish else None) for row in found[:PAGE]],
        "before": found[PAGE - 1].id if len(found) > PAGE else None,
        "new": request.GET.get("new"),
        "now": timezone.now(),
        "may_publish": may_publish,
        "error": error,
        "given": given,
    }
    return render(request, "publications.html", context, status=error.status if error else 200)


def publication_of(project: Project, publication_id: str) -> Publication:
    """Raises Http404 for an id that is unknown, revoked or another project's."""
    rows = publications_of(project.team_id).filter(project=project)
    found = rows.filter(pk=publication_id).first() if "\0" not in publication_id else None
    if found is None:
        raise Http404("no such publication")
    return found


def address(project: Project) -> str:
    return reverse("publications", args=[project.team.slug, project.slug])
