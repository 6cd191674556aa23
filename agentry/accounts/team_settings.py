"""The page of the team itself, for its owners: its name, the second step of its members, its end."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agentry.accounts import audit
from agentry.accounts.access import TeamRequest, team_page
from agentry.accounts.endings import delete_team as end
from agentry.accounts.forms import TeamForm
from agentry.accounts.models import Role, Team
from agentry.accounts.second_step import has_second_step


@require_safe
@team_page(Role.OWNER)
def team_settings(request: TeamRequest, team: Team) -> HttpResponse:
    return _page(request, team)


@require_POST
@team_page(Role.OWNER)
def rename_team(request: TeamRequest, team: Team) -> HttpResponseBase:
    """The name; the slug stays, since it stands in addresses."""
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _page(request, team, form=form)
    name = form.cleaned_data["name"]
    if name != team.name:
        audit.record(team, request.user, "team.rename", f"{team.name} → {name}")
        team.name = name
        team.save(update_fields=["name"])
        messages.success(request, "The team has its new name.")
    return redirect("team_settings", team.slug)


@require_POST
@team_page(Role.OWNER)
def change_two_steps(request: TeamRequest, team: Team) -> HttpResponseBase:
    """`two_steps` set: from the next click on, who has no second step sets one up before any page opens."""
    wanted = bool(request.POST.get("two_steps"))
    if wanted and not has_second_step(request.user):
        messages.error(request, "Set up your own second step first: the page of your account leads there.")
    elif wanted != team.two_steps:
        team.two_steps = wanted
        team.save(update_fields=["two_steps"])
        audit.record(team, request.user, "team.two_steps", "required" if wanted else "not required")
        messages.success(request, f"A second step is {'required' if wanted else 'not required any more'}.")
    return redirect("team_settings", team.slug)


@require_POST
@team_page(Role.OWNER)
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def delete_team(request: TeamRequest, team: Team) -> HttpResponseBase:
    """From the form: the team's name in `again`. Who has not signed in lately gives the password first."""
    if request.POST.get("again", "").strip() != team.name.strip():
        return _page(request, team, wrong="That is not the name of the team. Nothing is deleted.")
    end(team, request.user)
    messages.success(request, f"The team {team.name} is gone; its data are being deleted.")
    return redirect("home")


def _page(request: TeamRequest, team: Team, **more: Any) -> HttpResponse:
    context = {
        "form": TeamForm(initial={"name": team.name}),
        "projects": team.projects.order_by("pk"),
        "others": team.memberships.exclude(user=request.user).count(),
    }
    return render(request, "accounts/team_settings.html", context | more, status=422 if more else 200)
