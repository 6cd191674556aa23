"""Pages of sign-up, teams and projects."""

from __future__ import annotations

from typing import Any

from allauth.account.views import SignupView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agentry.accounts import reveal
from agentry.accounts.access import LAST_PROJECT, TeamRequest, has_role, team_page
from agentry.accounts.forms import ProjectForm, TeamForm
from agentry.accounts.join_pages import invitation_of
from agentry.accounts.keys import issue_dsn_key
from agentry.accounts.models import Project, Role, Team, User
from agentry.accounts.once import once
from agentry.accounts.teams import create_project as create
from agentry.accounts.teams import create_team


class SignUp(SignupView):  # type: ignore[misc]  # allauth has no types
    """Sign-up, and straight on to the first request with a key that was made for it; or back to the
    invitation that one came from, without a team of one's own."""

    def get_form_kwargs(self) -> dict[str, Any]:
        given: dict[str, Any] = super().get_form_kwargs()
        invitation = invitation_of(self.request)
        if invitation is not None:
            given["initial"] = {**given.get("initial", {}), "email": invitation.email}
        return given

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        form: Form = super().get_form(form_class)
        if invitation_of(self.request) is not None:
            form.fields.pop("team", None)  # allauth hands out one form again and again
        return form

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return {**super().get_context_data(**more), "invitation": invitation_of(self.request)}

    def form_valid(self, form: object) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        user = self.request.user
        if not user.is_authenticated:  # the address must be confirmed first; or it has an account already
            return response
        project = _projects_of(user).first()
        if project is None:  # invited: the way leads back there
            return response
        return _with_first_key(project, user)


@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """On to where the person was last, to a new project's first request, or to making a team."""
    assert isinstance(request.user, User)
    projects = _projects_of(request.user)
    last = request.session.get(LAST_PROJECT, request.user.last_project)
    project = projects.filter(pk=last).first() or projects.first()
    if project is not None:
        name = "customers" if project.dsn_keys.exists() else "keys"
        return redirect(name, project.team.slug, project.slug)
    membership = request.user.memberships.select_related("team").first()
    if membership is not None:
        return redirect("team", membership.team.slug)
    return redirect("new_team")


@require_safe
@login_required
def teams(request: HttpRequest) -> HttpResponse:
    """Every project of every team of one; only the list, for the menu in the header, when htmx asks."""
    assert isinstance(request.user, User)
    memberships = request.user.memberships.select_related("team").prefetch_related("team__projects")
    part = "#list" if request.headers.get("HX-Request") == "true" else ""
    context = {"memberships": memberships.order_by("team__name", "pk")}
    return render(request, f"accounts/teams.html{part}", context)


@login_required
@once
def new_team(request: HttpRequest) -> HttpResponseBase:
    assert isinstance(request.user, User)
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        team = create_team(form.cleaned_data["name"], request.user)
        return _with_first_key(team.projects.get(), request.user)
    return render(request, "accounts/new_team.html", {"form": form}, status=_status(form))


@team_page(Role.VIEWER)
def team(request: TeamRequest, team: Team) -> HttpResponseBase:
    return _team(request, team, ProjectForm(team))


@team_page(Role.ADMIN)
@once
def create_project(request: TeamRequest, team: Team) -> HttpResponseBase:
    if request.method != "POST":
        return redirect("team", team.slug)
    form = ProjectForm(team, request.POST)
    if form.is_valid():
        name, slug = form.cleaned_data["name"], form.cleaned_data["slug"]
        try:
            project = create(team, name, slug, request.user)
        except IntegrityError:  # somebody took the slug since the form looked
            form.refuse_taken()
        else:
            messages.success(request, f"The project {name} is there. Send it its first event.")
            return _with_first_key(project, request.user)
    return _team(request, team, form)


def _with_first_key(project: Project, user: User) -> HttpResponse:
    """On to a new project's first request, with a key for it; Setup is the next page."""
    _, secret = issue_dsn_key(project, "First key", user)
    return reveal.show_next(reverse("keys", args=[project.team.slug, project.slug]), secret)


def _team(request: TeamRequest, team: Team, form: ProjectForm) -> HttpResponse:
    context = {
        "team": team,
        "projects": team.projects.order_by("pk"),
        "members": team.memberships.count(),
        "may_manage": has_role(request.membership, Role.ADMIN),
        "form": form,
    }
    return render(request, "accounts/team.html", context, status=_status(form))


def _projects_of(user: User) -> QuerySet[Project]:
    return Project.objects.filter(team__memberships__user=user).select_related("team").order_by("pk")


def _status(form: ProjectForm | TeamForm) -> int:
    return 422 if form.errors else 200
