"""Saving, renaming, sharing and deleting a question, from forms on the page of Explore."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from agentry.accounts.access import ProjectRequest, project_page
from agentry.accounts.models import Project, Role
from agentry.accounts.once import once
from agentry.errors import AgentryError
from analytics.explore import saved as saved_queries
from analytics.explore.asked import Asked
from analytics.explore.pages import is_fragment, kept, room
from analytics.models import SavedQuery

FIELDS = ("name", "query", "chart", "shared")


@require_POST
@project_page(Role.MEMBER)
@once
def save_query(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """A new one, from name, query, chart, shared."""
    asked = Asked.read(request.POST)
    shared = bool(request.POST.get("shared"))
    name = request.POST.get("name", "")
    try:
        made = saved_queries.save(project, request.user, name, asked.query or "", asked.chart, shared=shared)
    except AgentryError as error:
        return _refused(request, project, error)
    return _done(request, project, made, f"Saved as “{made.name}”.")


@require_POST
@project_page(Role.MEMBER)
def change_query(request: ProjectRequest, project: Project, saved_id: int) -> HttpResponseBase:
    """What the form has: name; query and chart; or shared."""
    found = _found(request, project, saved_id)
    given = {name: request.POST[name] for name in FIELDS if name in request.POST}
    if "query" in given:
        asked = Asked.read(request.POST)
        given |= {"query": asked.query or "", "chart": asked.chart}
    try:
        saved_queries.change(found, request.user, given)
    except AgentryError as error:
        return _refused(request, project, error, found)
    word = "changed" if "shared" not in given else "shared with the team" if given["shared"] else "private"
    return _done(request, project, found, f"“{found.name}” is {word}.")


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Role.MEMBER)
def delete_query(request: ProjectRequest, project: Project, saved_id: int) -> HttpResponseBase:
    """The question on GET, the deed on POST."""
    found = _found(request, project, saved_id)
    address = reverse("explore", args=[project.team.slug, project.slug])
    shared = found.owner_id is None
    if request.method == "POST":
        saved_queries.delete(found, request.user)
        messages.success(request, f"“{found.name}” is deleted{' for the whole team' if shared else ''}.")
        return redirect(address)
    whose = "It is gone for everybody in the team" if shared else "Only you can see it"
    context = {
        "question": f"Delete “{found.name}”?",
        "says": f"{whose}. What was published from it stays. This cannot be undone.",
        "deed": "Delete it",
        "back": f"{address}?saved={found.pk}",
    }
    return render(request, "question.html", context)


def _found(request: ProjectRequest, project: Project, saved_id: int) -> SavedQuery:
    """Raises Http404 for what is unknown, another project's, or another person's own."""
    found = saved_queries.visible(project, request.user).filter(pk=saved_id).first()
    if found is None:
        raise Http404("no such saved query")
    found.project = project
    return cast(SavedQuery, found)


def _done(request: ProjectRequest, project: Project, saved: SavedQuery, words: str) -> HttpResponseBase:
    address = f"{reverse('explore', args=[project.team.slug, project.slug])}?saved={saved.pk}"
    if not is_fragment(request):
        messages.success(request, words)
        return redirect(address)
    context = kept(request, project, saved) | {"said": words}
    response = render(request, "explore.html#shelf", context)
    response.headers["HX-Push-Url"] = address
    return response


def _refused(
    request: ProjectRequest, project: Project, error: AgentryError, saved: SavedQuery | None = None
) -> HttpResponse:
    context = kept(request, project, saved) | {"shelf_error": error, "name": request.POST.get("name", "")}
    if is_fragment(request):
        return render(request, "explore.html#shelf", context, status=error.status)
    asked = Asked.read(request.POST) if "query" in request.POST else Asked(saved.query if saved else None)
    context |= room(project) | {"asked": asked}
    return render(request, "explore.html", context, status=error.status)
