"""The page of an invitation's link: who invites into which team, and the way in.

A link that is unknown, used, revoked or too old shows one and the same page.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from agentry.accounts import invitations
from agentry.accounts.access import sign_in
from agentry.accounts.models import Invitation, Membership, Role, User
from agentry.errors import AgentryError

INVITED = "invited"  # session: the fingerprint of the invitation that a stranger has opened


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, key: str) -> HttpResponseBase:
    """The page on GET, coming in on POST. (`key` is the name that keeps it out of the log.)"""
    if request.method == "POST":
        return _accept(request, key)
    invitation = invitations.found_by(key)
    mine = _mine(request, invitation)
    if mine is not None:
        return _in_already(request, mine)
    if invitation is None or not invitations.is_open(invitation):
        return _void(request)
    if not request.user.is_authenticated:
        request.session[INVITED] = invitation.secret_hash
    context = {"invitation": invitation, "here": reverse("join", args=[key])}
    context["fits"] = request.user.is_authenticated and invitation.email == request.user.email.lower()
    return render(request, "accounts/join.html", context)


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The open invitation that brought a stranger to the sign-up page."""
    rows = invitations.open_ones().select_related("team", "invited_by")
    return rows.filter(secret_hash=request.session.get(INVITED, "")).first()


def _accept(request: HttpRequest, key: str) -> HttpResponseBase:
    if not isinstance(request.user, User):
        return sign_in(request)
    try:
        membership = invitations.accept(key, request.user)
    except AgentryError as error:
        if error.status == 404:
            return _void(request)
        raise
    request.session.pop(INVITED, None)
    messages.success(request, f"Welcome to {membership.team.name}. You are {Role(membership.role).a} here.")
    project = membership.team.projects.order_by("pk").first()
    if project is None:
        return redirect("team", membership.team.slug)
    return redirect("customers", membership.team.slug, project.slug)


def _mine(request: HttpRequest, invitation: Invitation | None) -> Membership | None:
    if invitation is None or not isinstance(request.user, User):
        return None
    return Membership.objects.select_related("team").filter(team=invitation.team, user=request.user).first()


def _in_already(request: HttpRequest, membership: Membership) -> HttpResponse:
    messages.info(
        request, f"You belong to {membership.team.name} already: you are {Role(membership.role).a}."
    )
    return redirect("team", membership.team.slug)


def _void(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/invitation_void.html", {"error": invitations.void()}, status=404)
