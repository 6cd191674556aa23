"""The only way from an address to a team's page: through the membership of the person who asks.

`@team_page(Role.X)` and `@project_page(Role.X)` turn the slugs in an address into the team or project that
the signed-in person belongs to. Nobody signed in: the sign-in page. Not a member, or no such team: 404, the
same one. A role under X: 403.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from agentry.accounts.models import Membership, Project, Role, Team, User
from agentry.accounts.second_step import has_second_step
from agentry.errors import AgentryError, is_api

P = ParamSpec("P")
LAST_PROJECT = "project"  # session: where `home` leads
_RANK = {role: rank for rank, role in enumerate(Role)}


class TeamRequest(HttpRequest):
    """A request of a signed-in member."""

    user: User
    membership: Membership
    needed: Role  # for this page


class ProjectRequest(TeamRequest):
    project: Project
    is_refresh: bool  # set by a page that asks for itself again and again: not worth a line in the log


TeamView = Callable[Concatenate[TeamRequest, Team, P], HttpResponseBase]
ProjectView = Callable[Concatenate[ProjectRequest, Project, P], HttpResponseBase]
Page = Callable[..., HttpResponseBase]


def rank(role: str) -> int:
    """0 for a viewer to 3 for an owner."""
    return _RANK[Role(role)]


def has_role(membership: Membership, role: Role) -> bool:
    return rank(membership.role) >= rank(role)


def team_page(role: Role, *, one_step: bool = False) -> Callable[[TeamView[P]], Page]:
    """For `t/<slug:team>/…`: calls view(request, team, …); sets request.membership. `one_step`: it opens
    without the second step that the team wants."""

    def decorate(view: TeamView[P]) -> Page:
        @wraps(view)
        def page(request: TeamRequest, team: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if (elsewhere := _enter(request, team, role, one_step)) is not None:
                return elsewhere
            return view(request, request.membership.team, *args, **kwargs)

        page.role = role  # type: ignore[attr-defined]  # the isolation test reads it
        return page

    return decorate


def project_page(role: Role) -> Callable[[ProjectView[P]], Page]:
    """For `t/<slug:team>/<slug:project>/…`: view(request, project, …); also sets request.project."""

    def decorate(view: ProjectView[P]) -> Page:
        @wraps(view)
        def page(
            request: ProjectRequest, team: str, project: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if (elsewhere := _enter(request, team, role)) is not None:
                return elsewhere
            found = Project.objects.filter(team_id=request.membership.team_id, slug=project).first()
            if found is None:
                raise Http404("no such project")
            found.team = request.membership.team
            request.project = found
            if request.session.get(LAST_PROJECT) != found.pk:
                request.session[LAST_PROJECT] = found.pk
                User.objects.filter(pk=request.user.pk).update(last_project=found.pk)
            return view(request, found, *args, **kwargs)

        page.role = role  # type: ignore[attr-defined]
        return page

    return decorate


def _enter(request: TeamRequest, team: str, role: Role, one_step: bool = False) -> HttpResponseBase | None:
    """Set request.membership and request.needed, also for the page that refuses; or send to where one must be
    first.

    Raises Http404, PermissionDenied.
    """
    if not request.user.is_authenticated:
        return sign_in(request)
    memberships = Membership.objects.select_related("team")
    membership = memberships.filter(user=request.user, team__slug=team).first()
    if membership is None:
        raise Http404("no such team")
    if membership.team.two_steps and not one_step and not has_second_step(request.user):
        return _set_up_second_step(request, membership.team)
    request.membership, request.needed = membership, role
    if not has_role(membership, role):
        *others, last = [each.a for each in Role if rank(each) >= rank(role)]
        may = f"{', '.join(others)} or {last}" if others else last
        raise PermissionDenied(f"Only {may} of the team may do this.")
    return None


def _set_up_second_step(request: HttpRequest, team: Team) -> HttpResponseBase:
    message = (
        f"{team.name} wants a second step at sign-in. Set one up, then go on;"
        " to leave the team instead, go to your account."
    )
    if is_api(request):
        raise AgentryError(403, "second_step_required", message, "Set it up on the page of your account.")
    messages.warning(request, message)
    return _go(request, reverse("mfa_index"))


def sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back; a fragment's request takes the whole page there."""
    if is_api(request):
        message = "Nobody is signed in."
        raise AgentryError(401, "not_signed_in", message, "Sign in and open the address again.")
    if request.headers.get("HX-Request"):
        return _go(request, reverse("account_login"))
    return redirect_to_login(request.get_full_path())


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """A fragment's request takes the whole page there."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
