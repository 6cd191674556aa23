"""Pages of one's own account: how one signs in, one's teams, what Agentry knows of a person, and the end."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agentry.accounts import persons
from agentry.accounts.models import User
from agentry.accounts.second_step import has_second_step
from agentry.errors import AgentryError


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    address = EmailAddress.objects.filter(user=request.user, primary=True).first()
    context = {
        "memberships": request.user.memberships.select_related("team").order_by("team__name"),
        "second_step": has_second_step(request.user),
        "unconfirmed": address is not None and not address.verified,
    }
    return render(request, "accounts/account.html", context)


@require_safe
@never_cache
@login_required
def export_account(request: HttpRequest) -> HttpResponse:
    """All that Agentry keeps of this person, as a file."""
    assert isinstance(request.user, User)
    response = JsonResponse(
        persons.known_of(request.user), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response.headers["Content-Disposition"] = 'attachment; filename="agentry-account.json"'
    return response


@login_required
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # allauth has no types
def delete_account(request: HttpRequest) -> HttpResponseBase:
    """The question on GET; on POST, with the address in `again`, the end."""
    assert isinstance(request.user, User)
    context = {"held": persons.held_by(request.user), "alone": persons.alone_in(request.user)}
    if request.method != "POST":
        return render(request, "accounts/delete_account.html", context)
    if request.POST.get("again", "").strip().lower() != request.user.email.lower():
        wrong = {"wrong": "That is not your address. Nothing is deleted."}
        return render(request, "accounts/delete_account.html", context | wrong, status=422)
    user = request.user
    try:
        persons.delete(user)
    except AgentryError as error:
        wrong = {"wrong": f"{error.message} {error.hint}"}
        return render(request, "accounts/delete_account.html", context | wrong, status=error.status)
    logout(request)
    messages.success(request, "Your account is deleted.")
    return redirect("account_login")
