"""Pages of DSN keys and API tokens: made, shown once, listed by their prefix, rotated with an overlap, and
revoked after a question."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from agentry.accounts import reveal
from agentry.accounts.access import ProjectRequest, TeamRequest, has_role, project_page, team_page
from agentry.accounts.forms import KeyForm, RotateForm, TokenForm
from agentry.accounts.keys import issue_api_token, issue_dsn_key, revoke, rotate
from agentry.accounts.models import ApiToken, DsnKey, Project, Role, Team
from agentry.accounts.once import once
from agentry.errors import AgentryError


@project_page(Role.VIEWER)
def keys(request: ProjectRequest, project: Project) -> HttpResponseBase:
    return _keys(request, project, KeyForm())


@project_page(Role.ADMIN)
@once
def create_key(request: ProjectRequest, project: Project) -> HttpResponseBase:
    address = reverse("keys", args=[project.team.slug, project.slug])
    if request.method != "POST":
        return redirect(address)
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _keys(request, project, form)
    _, secret = issue_dsn_key(project, form.cleaned_data["name"], request.user)
    return reveal.show_next(address, secret)


@project_page(Role.ADMIN)
def revoke_key(request: ProjectRequest, project: Project, key: int) -> HttpResponseBase:
    return _revoke(request, _key(project, key), reverse("keys", args=[project.team.slug, project.slug]))


@project_page(Role.ADMIN)
@once
def rotate_key(request: ProjectRequest, project: Project, key: int) -> HttpResponseBase:
    return _rotate(request, _key(project, key), reverse("keys", args=[project.team.slug, project.slug]))


@team_page(Role.VIEWER)
def tokens(request: TeamRequest, team: Team) -> HttpResponseBase:
    return _tokens(request, team, TokenForm())


@team_page(Role.ADMIN)
@once
def create_token(request: TeamRequest, team: Team) -> HttpResponseBase:
    address = reverse("tokens", args=[team.slug])
    if request.method != "POST":
        return redirect(address)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _tokens(request, team, form)
    fields = form.cleaned_data
    _, secret = issue_api_token(team, fields["name"], fields["scopes"], request.user)
    return reveal.show_next(address, secret)


@team_page(Role.ADMIN)
def revoke_token(request: TeamRequest, team: Team, token: int) -> HttpResponseBase:
    return _revoke(request, _token(team, token), reverse("tokens", args=[team.slug]))


@team_page(Role.ADMIN)
@once
def rotate_token(request: TeamRequest, team: Team, token: int) -> HttpResponseBase:
    return _rotate(request, _token(team, token), reverse("tokens", args=[team.slug]))


def _key(project: Project, key: int) -> DsnKey:
    """Raises Http404 for another project's; a number over 64 bits is nobody's."""
    return get_object_or_404(DsnKey.objects.select_related("project__team"), pk=key, project=project)


def _token(team: Team, token: int) -> ApiToken:
    return get_object_or_404(ApiToken.objects.select_related("team"), pk=token, team=team)


def _keys(request: ProjectRequest, project: Project, form: KeyForm) -> HttpResponse:
    dsn_keys = project.dsn_keys.all()
    secret = reveal.shown_now(request, dsn_keys.filter(created_by=request.user, revoked_at=None))
    context = {
        "project": project,
        "keys": _live_first(dsn_keys),
        "form": form,
        "secret": secret,
        "may_manage": has_role(request.membership, Role.ADMIN),
        "api_url": settings.URL,
        "ingest_url": f"{settings.URL}/v1/analytics/{project.slug}/",
    }
    response = render(request, "accounts/keys.html", context, status=422 if form.errors else 200)
    return reveal.shown(response, request.path) if secret else response


def _tokens(request: TeamRequest, team: Team, form: TokenForm) -> HttpResponse:
    secret = reveal.shown_now(request, team.api_tokens.filter(created_by=request.user, revoked_at=None))
    context = {
        "team": team,
        "tokens": _live_first(team.api_tokens.all()),
        "form": form,
        "secret": secret,
        "may_manage": has_role(request.membership, Role.ADMIN),
        "url": settings.URL,
        "first_project": team.projects.order_by("pk").first(),
    }
    response = render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)
    return reveal.shown(response, request.path) if secret else response


def _revoke(request: TeamRequest, key: DsnKey | ApiToken, back: str) -> HttpResponse:
    """The question on GET, the deed on POST."""
    if request.method == "POST":
        revoke(key, request.user)
        messages.success(request, f"{key.name} ({key.prefix}…) is revoked.")
        return redirect(back)
    return render(request, "accounts/revoke.html", {"key": key, "back": back})


def _rotate(request: TeamRequest, key: reveal.K, back: str) -> HttpResponse:
    """The question on GET; on POST the successor, whose secret the list shows once."""
    form = RotateForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"key": key, "back": back, "form": form}
    if form.is_valid():
        try:
            _, secret = rotate(key, form.chosen, request.user)
        except AgentryError as error:
            context["refused"] = error
        else:
            return reveal.show_next(back, secret)
    status = 409 if "refused" in context else 422 if form.errors else 200
    return render(request, "accounts/rotate.html", context, status=status)


def _live_first(keys: QuerySet[reveal.K]) -> QuerySet[reveal.K]:
    return keys.select_related("created_by").order_by(F("revoked_at").desc(nulls_first=True), "-pk")
