"""Pages of a team's members: roles, who leaves, who is invited. Seen by all members, changed by admins."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agentry.accounts import invitations, reveal
from agentry.accounts import members as membership
from agentry.accounts.access import TeamRequest, has_role, rank, team_page
from agentry.accounts.forms import InviteForm
from agentry.accounts.models import Membership, Role, Team
from agentry.accounts.once import once
from agentry.accounts.second_step import with_second_step
from agentry.errors import AgentryError

MEANS = {
    Role.VIEWER: "sees everything and asks questions",
    Role.MEMBER: "also saves queries, writes notes and publishes",
    Role.ADMIN: "also manages projects, keys, thresholds and members",
    Role.OWNER: "also manages the team itself",
}


@dataclass(frozen=True)
class Row:
    """`roles` are those that the person who looks may give; none: not theirs to change. `bare`: without a
    second step at sign-in, which is for admins to know."""

    member: Membership
    roles: list[Role]
    you: bool
    bare: bool


@require_safe
@team_page(Role.VIEWER)
def members(request: TeamRequest, team: Team) -> HttpResponse:
    return _members(request, team, InviteForm(request.membership))


@require_POST
@team_page(Role.ADMIN)
def change_role(request: TeamRequest, team: Team, member: int) -> HttpResponseBase:
    """From the form of a row: `role`."""
    get_object_or_404(team.memberships, pk=member)
    if request.POST.get("role") not in Role.values:
        messages.error(request, "There is no such role.")
        return redirect("members", team.slug)
    try:
        changed = membership.change_role(request.membership, member, Role(request.POST["role"]))
    except AgentryError as error:
        return _refused(request, team, error)
    messages.success(request, f"{changed.user.email} is {Role(changed.role).a} now.")
    return redirect("members", team.slug)


@team_page(Role.ADMIN)
def remove_member(request: TeamRequest, team: Team, member: int) -> HttpResponseBase:
    """The question on GET, the deed on POST."""
    found = get_object_or_404(Membership.objects.select_related("user"), team=team, pk=member)
    if found.user_id == request.user.pk:
        return redirect("leave_team", team.slug)
    if request.method == "POST":
        try:
            membership.remove(request.membership, member)
        except AgentryError as error:
            return _refused(request, team, error)
        messages.success(request, f"{found.user.email} is not a member any more.")
        return redirect("members", team.slug)
    return render(request, "accounts/remove_member.html", {"member": found})


@team_page(Role.VIEWER, one_step=True)
def leave_team(request: TeamRequest, team: Team) -> HttpResponseBase:
    """The question on GET, the deed on POST. Who will not set up a second step can go, too."""
    if request.method == "POST":
        try:
            membership.leave(request.membership)
        except AgentryError as error:
            return _refused(request, team, error)
        messages.success(request, f"You have left {team.name}.")
        return redirect("home")
    return render(request, "accounts/leave.html", {"stuck": membership.sole_owner(request.membership)})


@require_POST
@team_page(Role.ADMIN)
@once
def invite(request: TeamRequest, team: Team) -> HttpResponseBase:
    form = InviteForm(request.membership, request.POST)
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        try:
            invitation, secret = invitations.invite(request.membership, form.cleaned_data["email"], role)
        except AgentryError as error:
            form.add_error("email", f"{error.message} {error.hint}")
        else:
            messages.success(request, f"{invitation.email} is invited as {role.a}.")
            return reveal.show_next(reverse("members", args=[team.slug]), secret)
    return _members(request, team, form)


@require_POST
@team_page(Role.ADMIN)
def revoke_invitation(request: TeamRequest, team: Team, invitation: int) -> HttpResponseBase:
    found = team.invitations.filter(pk=invitation).first()
    if found is None:
        raise Http404("no such invitation")
    if invitations.revoke(found, request.user):
        messages.success(request, f"The invitation of {found.email} is revoked: its link opens nothing now.")
    return redirect("members", team.slug)


def _members(request: TeamRequest, team: Team, form: InviteForm) -> HttpResponse:
    actor = request.membership
    may_manage = has_role(actor, Role.ADMIN)
    rows = team.memberships.select_related("user").order_by("joined_at", "pk")
    safe = with_second_step(row.user_id for row in rows) if may_manage else set()
    mine = [role for role in Role if rank(role) <= rank(actor.role)]
    fresh = reveal.shown_now(request, invitations.open_ones().filter(team=team, invited_by=request.user))
    invited = invitations.open_ones().filter(team=team).select_related("invited_by").order_by("-pk")
    context = {
        "team": team,
        "rows": [
            Row(
                row,
                mine if membership.may_touch(actor, row) else [],
                row.user_id == request.user.pk,
                may_manage and row.user_id not in safe,
            )
            for row in rows
        ],
        "invited": list(invited) if may_manage else [],
        "link": invitations.link(fresh) if fresh else None,
        "mails": bool(settings.EMAIL_HOST),
        "may_manage": may_manage,
        "means": [(role.a, says) for role, says in MEANS.items()],
        "form": form,
    }
    response = render(request, "accounts/members.html", context, status=422 if form.errors else 200)
    return reveal.shown(response, request.path) if fresh else response


def _refused(request: TeamRequest, team: Team, error: AgentryError) -> HttpResponseBase:
    """Back to the list with what was wrong; somebody who is no member any more finds nothing there."""
    messages.error(request, f"{error.message} {error.hint}")
    return redirect("members", team.slug)
