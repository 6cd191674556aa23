"""The Data page: take a project's data out, have a customer's deleted, or the whole project."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from agentry.errors import AgentryError
from analytics.keeping import deletion as deleting

SHOWN = 20


@require_safe
@project_page(Role.ADMIN)
def data(request: ProjectRequest, project: Project) -> HttpResponse:
    """The page; only its list of deletions, which is alive while one goes on, when htmx asks.

    `?customer=` asks whether that customer is to be deleted."""
    template = "data.html#deletions" if request.headers.get("HX-Request") == "true" else "data.html"
    return render(request, template, _context(request, project))


@require_POST
@project_page(Role.ADMIN)
def delete_customer(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """From the form: `customer`, and the same again in `again` by whoever has read what it means."""
    customer = request.POST.get("customer", "")
    context: dict[str, Any] = {"customer": customer, "asked": True}
    if request.POST.get("again") != customer:
        context["wrong"] = "That is not the customer named above. Nothing is deleted."
    else:
        try:
            deleting.delete_customer(project, customer, request.user)
        except AgentryError as error:
            context |= {"wrong": f"{error.message} {error.hint}", "asked": False}
        else:
            messages.success(request, f"The data of {customer} are being deleted.")
            return redirect("data", project.team.slug, project.slug)
    return render(request, "data.html", _context(request, project) | context, status=422)


@require_POST
@project_page(Role.OWNER)
def delete_project(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """From the form: the project's slug in `again`."""
    if request.POST.get("again") != project.slug:
        wrong = {"project_wrong": "That is not the project's short name. Nothing is deleted."}
        return render(request, "data.html", _context(request, project) | wrong, status=422)
    deleting.delete_project(project, request.user)
    messages.success(request, f"The project {project.name} is gone; its data are being deleted.")
    return redirect(reverse("team", args=[project.team.slug]))


def _context(request: ProjectRequest, project: Project) -> dict[str, Any]:
    found = deleting.deletions_of(project.team_id, SHOWN)
    customer = request.GET.get("customer", "").replace("\0", "")
    return {
        "customer": customer,
        "asked": bool(customer.strip()),
        "deletions": found,
        "goes_on": any(deletion.finished_at is None for deletion in found),
        "may_delete_project": has_role(request.membership, Role.OWNER),
    }
