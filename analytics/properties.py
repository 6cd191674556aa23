"""The page of a project's property types: what each was recorded as, changed or forgotten by an admin.

A type is what the next query reads the property as; no event is changed. Everything works without JavaScript.
"""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from agentry.accounts import audit
from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role, User
from agentry.errors import AgentryError
from analytics.engines import postgres_properties
from analytics.hogql.scope import FIXED_TYPES

SHOWN = 200
# Type → what it means, as the page says it.
TYPES = {
    "String": "text, as it was sent",
    "Numeric": "a number; what is none is NULL",
    "Boolean": "true or false; else NULL",
    "DateTime": "a moment in UTC; what is none is NULL",
}


@require_safe
@project_page(Role.VIEWER)
def properties(request: ProjectRequest, project: Project) -> HttpResponse:
    """The list, by name. `?find=` keeps the names that hold it."""
    part = request.GET.get("find", "").replace("\0", "")
    found = postgres_properties.listed(project.id, part, SHOWN + 1)
    context = {
        "rows": [row for row in found[:SHOWN] if row.name not in FIXED_TYPES],
        "more": len(found) > SHOWN,
        "shown": SHOWN,
        "find": part,
        "fixed": [(name, type_) for name, type_ in FIXED_TYPES.items() if part.lower() in name],
        "types": TYPES,
        "may_change": has_role(request.membership, Role.ADMIN),
    }
    return render(request, "properties.html", context)


@require_POST
@project_page(Role.ADMIN)
def change_property(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """From the form (name; type, or forget): a change, then the list again."""
    name, type_ = request.POST.get("name", ""), request.POST.get("type", "")
    try:
        if "forget" in request.POST:
            forget(project, name, request.user)
            messages.success(request, f"The type of {name} is forgotten. It is recorded anew with events.")
        else:
            change(project, name, type_, request.user)
            messages.success(request, f"{name} is read as {type_} from the next question on.")
    except AgentryError as error:
        messages.error(request, f"{error.message} {error.hint}")
    address = reverse("properties", args=[project.team.slug, project.slug])
    find = request.POST.get("find", "")
    return redirect(f"{address}?{urlencode({'find': find})}" if find else address)


def change(project: Project, name: str, type_: str, user: User | None) -> None:
    """Read the property as `type_` from the next query on. Raises AgentryError 400, 404."""
    if type_ not in TYPES:
        message = "A property is read as one of four types."
        raise AgentryError(400, "unknown_type", message, f"Choose {', '.join(TYPES)}.", field="type")
    _refuse_fixed(name)
    with transaction.atomic():
        had = postgres_properties.change(project.id, name, type_) if "\0" not in name else None
        if had is None:
            raise _unknown()
        if had != type_:
            _note(project, user, "property.change", f"{name}: {had} → {type_}")


def forget(project: Project, name: str, user: User | None) -> None:
    """Drop the recorded type; the next events record it anew. Raises AgentryError 400, 404."""
    _refuse_fixed(name)
    with transaction.atomic():
        if "\0" in name or not postgres_properties.forget(project.id, name):
            raise _unknown()
        _note(project, user, "property.forget", name)


def _refuse_fixed(name: str) -> None:
    if name in FIXED_TYPES:
        message = f"{name} is {FIXED_TYPES[name]} in every project."
        raise AgentryError(400, "fixed_type", message, "Send what is of another type under another name.")


def _unknown() -> AgentryError:
    hint = "Types are recorded from events: send one that has it."
    return AgentryError(404, "unknown_property", "No event has had a property of that name.", hint)


def _note(project: Project, user: User | None, action: str, what: str) -> None:
    audit.record(project.team, user, action, f"{project.slug}/{what}")
