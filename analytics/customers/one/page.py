"""A customer's page: what it calls, why that changed, what the team notes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from agentry.errors import AgentryError
from analytics.customers.one import address, clients, pictures, questions
from analytics.customers.one.note import Note, save
from analytics.customers.one.read import Profile, entry, read
from analytics.customers.one.runway import HOW
from analytics.customers.state import EVENT, State
from analytics.customers.window import WINDOWS, Window
from analytics.engines.postgres_customer import CUT

SHAPES = ("day", "hour")


@require_safe
@project_page(Role.VIEWER)
def customer_page(request: ProjectRequest, project: Project, customer_id: str) -> HttpResponseBase:
    return _page(request, project, customer_id)


@require_safe
@project_page(Role.VIEWER)
def customer_by_id(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """Of the parameter `id`; without it, of the calls that have no customer_id."""
    return _page(request, project, address.asked(request.GET))


@require_POST
@project_page(Role.MEMBER)
def note_customer(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """From the form on the page: `id`, and what is noted of it; also of one that has not called yet."""
    if "id" not in request.POST:
        raise BadRequest("no id")
    customer = request.POST["id"]
    if not address.possible(customer):
        return _nobody(request, customer)
    note = Note(project, entry(project, customer), request.POST)
    if not note.is_valid():
        return _page(request, project, customer, note=note, status=422)
    save(project, customer, note, request.user)
    messages.success(request, "Saved.")
    return redirect(address.page_of(project, customer))


PARTS = ("clients", "latest")


def _part(request: ProjectRequest, project: Project, customer: str | None, name: str) -> HttpResponse:
    """What only raw events say, for htmx; an error stands in its place."""
    state = State.read(request.GET)
    context = _controls(project, customer, state, "day") | _raw(project, customer, state, name)
    response = render(request, f"customer_raw.html#{name}", context)
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _raw(project: Project, customer: str | None, state: State, name: str) -> dict[str, Any]:
    try:
        if name == "latest":
            return {"events": clients.latest(project, customer, state.event), "cut": CUT}
        found = clients.clients(project, customer, state.event, state.window)
    except AgentryError as error:
        return {f"{name}_error": error}
    compared = found.compared if found else None
    return {"clients": found, "clients_read": True, "drawn": compared.why.drawn() if compared else []}


def _page(
    request: ProjectRequest,
    project: Project,
    customer: str | None,
    *,
    note: Note | None = None,
    status: int = 200,
) -> HttpResponse:
    if not address.possible(customer):
        return _nobody(request, customer)
    part = request.GET.get("part", "")
    if part in PARTS and request.headers.get("HX-Request") == "true":
        return _part(request, project, customer, part)
    state = State.read(request.GET)
    by = request.GET.get("by", "day") if request.GET.get("by") in SHAPES else "day"
    context = _controls(project, customer, state, by)
    try:
        profile = read(project, customer, state.event, state.window, hourly=by == "hour")
    except AgentryError as error:
        return _rendered(request, context | {"error": error}, error.status)
    if not profile.known:
        return _nobody(request, customer, state.event)
    if part in PARTS:
        context |= _raw(project, customer, state, part)
    context |= _shown(profile, by) | _rights(request, project, profile, note)
    return _rendered(request, context, status)


def _controls(project: Project, customer: str | None, state: State, by: str) -> dict[str, Any]:
    """What one can choose, whether or not there is an answer."""
    place, window = address.page_of(project, customer), state.window
    event = {"event": state.event} if state.event != EVENT else {}

    def link(chosen: Window, shape: str) -> str:
        parts = event | chosen.query() | ({"by": shape} if shape != "day" else {})
        return place + (("&" if "?" in place else "?") + urlencode(parts) if parts else "")

    here = link(window, by)
    return {
        "customer": customer,
        "path": place.partition("?")[0],
        "by": by,
        "window": window,
        "event": state.event,
        "usual_event": EVENT,
        "notes": state.notes,
        "windows": [(days, link(Window.up_to_now(days, window.today), by)) for days in WINDOWS],
        "shapes": [(shape, link(window, shape)) for shape in SHAPES],
        "here": here,
        "parts": {name: f"{here}{'&' if '?' in here else '?'}part={name}" for name in PARTS},
    }


def _shown(profile: Profile, by: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    why = profile.why
    return {
        "profile": profile,
        "chart": (pictures.by_hour(profile, now) if by == "hour" else None) or pictures.by_day(profile),
        "week": pictures.week(profile),
        "tables": pictures.tables(profile),
        "why": why,
        "dimensions": why.drawn() if why else [],
        "how": HOW,
        "hogql": asked(profile),
        "now": now,
        "daily": questions.daily(profile.event, profile.customer, profile.window),
        "description": _description(profile),
    }


def _description(profile: Profile) -> str:
    """What a publication of its daily calls is called."""
    name = (profile.entry.name if profile.entry else "") or profile.customer
    who = {None: "calls without a customer_id", "": "an empty customer_id"}.get(name, name or "")
    what = "Calls" if profile.event == EVENT else profile.event
    return f"{what[:60]} a day of {who[:100]}, {profile.window.name}"


def asked(profile: Profile) -> list[str]:
    """The questions that the page's figures answer, to be asked again in Explore."""
    place = profile.event, profile.customer
    found = [questions.daily(*place, profile.window), questions.days(*place)]
    if profile.spans:
        found += [questions.cube(*place, profile.spans), questions.week(*place, profile.spans.shown)]
    return found


def _rights(request: ProjectRequest, project: Project, profile: Profile, note: Note | None) -> dict[str, Any]:
    noted = profile.customer is not None and has_role(request.membership, Role.MEMBER)
    return {
        "note": note or (Note(project, profile.entry) if noted else None),
        "may_publish": has_role(request.membership, Role.MEMBER),
        "may_delete": bool(profile.customer) and has_role(request.membership, Role.ADMIN),
    }


def _nobody(request: ProjectRequest, customer: str | None, event: str = EVENT) -> HttpResponse:
    """That no call lacks its customer_id is good to know; that there is no such id is not."""
    return _rendered(
        request, {"customer": customer, "event": event, "nobody": True}, 200 if customer is None else 404
    )


def _rendered(request: ProjectRequest, context: dict[str, Any], status: int) -> HttpResponse:
    whole = (
        request.headers.get("HX-Request") != "true"
        or request.headers.get("HX-History-Restore-Request") == "true"
    )
    response = render(request, "customer.html" if whole else "customer.html#customer", context, status=status)
    if not whole and "here" in context:
        response.headers["HX-Push-Url"] = context["here"]
    # The same address is a page or a part of one: a browser must not keep one for the other.
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response
