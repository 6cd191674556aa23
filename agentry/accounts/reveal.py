"""Show a new secret once, after the redirect that follows its making, without storing it on the server.

The secret travels to the next page in a cookie of the very person who will read it: HttpOnly, only for that
page, for two minutes, and gone once shown. The page shows it only if its fingerprint is one of those that
this person made there, so a cookie planted by somebody else shows nothing.
"""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect

from agentry.accounts.access import TeamRequest
from agentry.accounts.models import ApiToken, DsnKey, Invitation
from agentry.accounts.secrets import fingerprint

COOKIE = "fresh"
SECONDS = 120

K = TypeVar("K", DsnKey, ApiToken)
M = TypeVar("M", DsnKey, ApiToken, Invitation)


def show_next(address: str, secret: str) -> HttpResponseRedirect:
    """A redirect to the page at `address`, which will show the secret."""
    response = HttpResponseRedirect(address, status=303)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=SECONDS,
        path=address,
        secure=settings.SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def shown_now(request: TeamRequest, made: QuerySet[M]) -> str | None:
    """The secret to show on this page, if it is of one of those that this person `made` and that live."""
    secret = request.COOKIES.get(COOKIE, "")
    return secret if secret and made.filter(secret_hash=fingerprint(secret)).exists() else None


def shown(response: HttpResponse, address: str) -> HttpResponse:
    """The page that showed a secret: never stored, and without the cookie."""
    response.delete_cookie(COOKIE, path=address, samesite="Strict")
    response.headers["Cache-Control"] = "no-store"
    return response
