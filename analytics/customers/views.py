"""The top-customers page, and the same rows as CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from agentry.errors import AgentryError
from analytics import query
from analytics.customers import export, filters, notes, questions, reading, table
from analytics.customers.published import published
from analytics.customers.state import FILTERS, SIZES, State, no_page
from analytics.customers.window import LONGEST, WINDOWS, Window
from analytics.customers.wording import long_day
from analytics.keeping.export import download


@require_safe
@project_page(Role.VIEWER)
def customers(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """The page; the part of it that changes, when htmx asks."""
    state = State.read(request.GET)
    whole = not _wants_fragment(request)
    context: dict[str, Any] = {}
    status = 200
    try:
        shown = reading.read(project, state)
        if shown.state.page != state.page:
            last = shown.state.page
            late = no_page(str(state.page), f"The last is {last:,}.", last)
            shown = replace(shown, state=replace(shown.state, wrong=(*state.wrong, late)))
        state = shown.state
        context = _shown(request, project, shown)
        if not shown.total.customers:
            context["events"] = query.run(project, questions.events()).rows[:5]
    except AgentryError as error:
        context["error"], status = error, error.status
    context |= _controls(project, state)
    context["notes"] = [*state.notes, *notes.about(project, state)]
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
    """All rows of the page's state, in the shape of a query's answer."""
    return _file(request, project, export.json_file, "json", "application/json")


@require_safe
@project_page(Role.VIEWER)
def customers_csv(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """All rows of the page's state."""
    return _file(request, project, export.csv_file, "csv", "text/csv; charset=utf-8")


def _file(
    request: ProjectRequest,
    project: Project,
    made: Callable[[Project, State], Iterator[bytes]],
    ending: str,
    content_type: str,
) -> HttpResponseBase:
    state = State.read(request.GET)
    if state.wrong:
        found = state.wrong[0]
        raise AgentryError(400, "bad_parameter", found.why, field=found.parameter)
    return download(made(project, state), f"customers-{project.slug}.{ending}", content_type)


def _wants_fragment(request: ProjectRequest) -> bool:
    """htmx asks for a fragment, except when it rebuilds a page that somebody goes back to."""
    asked = request.headers.get("HX-Request") == "true"
    return asked and request.headers.get("HX-History-Restore-Request") != "true"


def _controls(project: Project, state: State) -> dict[str, Any]:
    """What one can choose, whether or not there is an answer. `kept_…` are what a form takes along."""
    window, today = state.window, state.window.today
    return {
        "state": state,
        "window": window,
        "kept": state.query("search", "page"),
        "kept_filters": state.query("event", *FILTERS, "page"),
        "kept_dates": state.query("window", "page"),
        "windows": [(days, state.link(window=Window.up_to_now(days, today))) for days in WINDOWS],
        "longest": LONGEST,
        "sizes": [(size, state.link(size=size)) for size in SIZES],
        "event_names": filters.events(project, state),
        "filters": filters.offered(project, state),
        "everybody": state.link(search=""),
        "unfiltered": state.unfiltered,
    }


def _shown(request: ProjectRequest, project: Project, shown: table.Table) -> dict[str, Any]:
    state = shown.state
    hogql = questions.ranked(state, shown.only)
    return {
        "shown": shown,
        "headings": [_heading(state, *heading) for heading in HEADINGS],
        "before": state.link(page=state.page - 1) if state.page > 1 else "",
        "after": state.link(page=state.page + 1) if state.page < shown.pages else "",
        "export": state.link(),
        "kept_customer": state.query(*FILTERS, "sort", "size", "search", "page"),
        "hogql": hogql,
        "explore": _explore(project, hogql),
        "published": published(state, shown.only),
        "description": _description(state),
        "rolling": notes.how_it_rolls(state),
        "lasting": notes.lasting(state),
        "may_publish": has_role(request.membership, Role.MEMBER),
    }


def _explore(project: Project, hogql: str) -> str:
    """The address that opens the question in Explore, "" while there is none."""
    try:
        address = reverse("explore", args=[project.team.slug, project.slug])
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({'query': hogql})}"


def _description(state: State) -> str:
    """What a publication of the state is called."""
    what = "API customers" if state.event == "api_request" else f"customers by {state.event}"
    with_ = ", ".join(f"{name} {value}" for name, value in state.filtered)
    if notes.lasting(state):
        with_ = f"{with_}{', ' if with_ else ''}as of {long_day(state.window.today)}"
    found = f" matching “{state.search[:60]}”" if state.search else ""
    days = f"{state.days}d volume" if state.window.named else state.window.name
    return f"Top {what}{found}{f' ({with_})' if with_ else ''} by {days}"[:200]


# sort, its header, its class, what sorting by it means
HEADINGS = [
    ("customer", "Customer", "", "Customer"),
    ("calls", "Calls", "n", "Calls in the window, today so far included"),
    ("change", "Change", "n", "Complete days of the window against as many before"),
    ("active", "Active days", "n active", "Days of the window with at least one call"),
    ("last", "Last call", "n", "The latest call, UTC"),
    ("", "Daily", "", "Calls a day of the last 30 days; today, so far, is hollow"),
    (
        "trend",
        "Trend",
        "",
        "Sorts by the last 7 complete days against the 7 before, what has fallen most first",
    ),
]


def _heading(state: State, sort: str, label: str, kind: str, title: str) -> dict[str, str]:
    label = f"{label}, {state.days} day{'' if state.days == 1 else 's'}" if sort == "calls" else label
    current = sort == state.sort
    return {
        "label": label,
        "kind": kind,
        "title": title,
        "link": state.sorted_by(sort) if sort else "",
        "sorted": ("descending" if state.descending else "ascending") if current else "",
    }
