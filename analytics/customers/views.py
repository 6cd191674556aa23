"""The top-customers page, and the same rows as CSV and JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from agentry.errors import AgentryError
from analytics import answer, query
from analytics.customers import questions, table
from analytics.customers.state import EVENT, SIZES, WINDOWS, State


@require_safe
@project_page(Role.VIEWER)
def customers(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """The page; the part of it that changes, when htmx asks."""
    state = State.read(request.GET)
    whole = not _wants_fragment(request)
    context: dict[str, Any] = {}
    status = 200
    try:
        shown = table.read(project, state)
        state = shown.state
        context = _shown(request, shown)
        if not shown.total.customers:
            context["events"] = query.run(project, questions.events()).rows
    except AgentryError as error:
        context["error"], status = error, error.status
    context |= _controls(state)
    response = render(
        request, "customers.html" if whole else "customers.html#customers", context, status=status
    )
    if not whole:
        response.headers["HX-Push-Url"] = request.path + state.link()
    # The same address is a page or a part of one: a browser must not keep one for the other.
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_safe
@project_page(Role.VIEWER)
def customers_json(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """The rows of the page at the same state, in the shape of a query's answer."""
    return JsonResponse(answer.to_json(table.read(project, State.read(request.GET)).answer))


@require_safe
@project_page(Role.VIEWER)
def customers_csv(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """The rows of the page at the same state, as a file."""
    rows = answer.to_csv(table.read(project, State.read(request.GET)).answer)
    name = f"customers-{project.slug}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)


def _wants_fragment(request: ProjectRequest) -> bool:
    """htmx asks for a fragment, except when it rebuilds a page that somebody goes back to."""
    asked = request.headers.get("HX-Request") == "true"
    return asked and request.headers.get("HX-History-Restore-Request") != "true"


def _controls(state: State) -> dict[str, Any]:
    """What one can choose, whether or not there is an answer."""
    return {
        "state": state,
        "event": EVENT,
        "kept": state.query(form=True),
        "windows": [(days, state.link(window=days)) for days in WINDOWS],
        "sizes": [(size, state.link(size=size)) for size in SIZES],
        "everybody": state.link(search=""),
    }


def _shown(request: ProjectRequest, shown: table.Table) -> dict[str, Any]:
    state = shown.state
    searched = f" matching “{state.search}”" if state.search else ""
    return {
        "shown": shown,
        "headings": [_heading(state, *heading) for heading in HEADINGS],
        "before": state.link(page=state.page - 1) if state.page > 1 else "",
        "after": state.link(page=state.page + 1) if state.page < shown.pages else "",
        "export": state.link(),
        "hogql": questions.ranked(state),
        "published": questions.published(state),
        "description": f"Top API customers{searched} by {state.window}d volume",
        "may_publish": has_role(request.membership, Role.MEMBER),
    }


# sort, its header, its class, what sorting by it means
HEADINGS = [
    ("customer", "Customer", "", "Customer"),
    ("calls", "Calls", "n", "Calls in the window, today so far included"),
    ("change", "Change", "n", "Complete days of the window against as many before"),
    ("active", "Active days", "n active", "Days of the window with at least one call"),
    ("last", "Last call", "n", "The latest call, UTC"),
    ("", "Daily", "", "Calls a day; today, so far, is hollow"),
    ("trend", "Trend", "", "Sorts by the last 7 complete days against the 7 before"),
]


def _heading(state: State, sort: str, label: str, kind: str, title: str) -> dict[str, str]:
    label = f"{label}, {state.window} days" if sort == "calls" else label
    current = sort == state.sort
    return {
        "label": label,
        "kind": kind,
        "title": title,
        "link": state.sorted_by(sort) if sort else "",
        "sorted": ("descending" if state.descending else "ascending") if current else "",
    }
