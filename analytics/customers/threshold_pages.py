"""The page of a project's thresholds: read by members, changed by admins, who see first what would change."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agentry.accounts.access import ProjectRequest, has_role, project_page
from agentry.accounts.models import Project, Role
from analytics.customers import comparison, thresholds
from analytics.customers.thresholds import SETTINGS, ThresholdError
from analytics.customers.trend import THRESHOLDS, Thresholds


@require_safe
@project_page(Role.VIEWER)
def thresholds_page(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """With values in the address: what they would change."""
    now = thresholds.of(project)
    asked = {name: request.GET.get(name, "") for name in thresholds.BY_NAME if name in request.GET}
    values, wrong = thresholds.read(asked)
    context = _form(asked, now, wrong)
    if asked and not wrong:
        wanted = thresholds.with_values(values)
        context |= {"same": wanted == now, "wanted": [(each.name, each.shown(wanted)) for each in SETTINGS]}
        context["others"] = [
            f"{each.flag}: {each.shown(wanted):,} {each.unit}"
            for each in SETTINGS
            if each.shown(wanted) != each.shown(now)
        ]
        if wanted != now:
            context["compared"] = comparison.compare(project, now, wanted)
    context["may_change"] = has_role(request.membership, Role.ADMIN)
    return render(request, "thresholds.html", context, status=400 if wrong else 200)


@require_POST
@project_page(Role.ADMIN)
def change_thresholds(request: ProjectRequest, project: Project) -> HttpResponseBase:
    """All of the settings at once; one that is missing is the usual."""
    values, wrong = thresholds.read({name: request.POST.get(name, "") for name in thresholds.BY_NAME})
    if wrong:
        context = _form(request.POST.dict(), thresholds.of(project), wrong) | {"may_change": True}
        return render(request, "thresholds.html", context, status=400)
    thresholds.change(project, values, request.user)
    messages.success(
        request, "The thresholds are set. Where customers are very many, their flags follow within minutes."
    )
    return redirect("thresholds", project.team.slug, project.slug)


def _form(asked: dict[str, Any], now: Thresholds, wrong: list[ThresholdError]) -> dict[str, Any]:
    """The settings with what was asked for, or what holds, and what is wrong with it."""
    said = {error.name: str(error) for error in wrong}
    return {
        "settings": [
            {
                "setting": setting,
                "value": str(asked.get(setting.name, setting.shown(now)))[:20],
                "now": setting.shown(now),
                "usual": setting.shown(THRESHOLDS),
                "error": said.get(setting.name, ""),
            }
            for setting in SETTINGS
        ],
        "wrong": wrong,
    }
