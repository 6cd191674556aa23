"""Show a new secret once, after the redirect that follows its making, without storing it on the server.

The secret travels to the next page in a cookie of the very person who will read it: HttpOnly, only for that
page, for two minutes, and gone once shown. The page shows it only if its fingerprint is a key that this
person made there, so a cookie planted by somebody else shows nothing.
"""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect

from agentry.accounts.access import TeamRequest
from agentry.accounts.models import ApiToken, DsnKey
from agentry.accounts.secrets import fingerprint

COOKIE = "fresh"
SECONDS = 120

K = TypeVar("K", DsnKey, ApiToken)


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


def shown_now(request: TeamRequest, keys: QuerySet[K]) -> str | None:
    """The secret to show on this page, if one of these keys was just made by this person."""
    secret = request.COOKIES.get(COOKIE, "")
    live = keys.filter(secret_hash=fingerprint(secret), created_by=request.user, revoked_at=None)
    return secret if secret and live.exists() else None


def shown(response: HttpResponse, address: str) -> HttpResponse:
    """The page that showed a secret: never stored, and without the cookie."""
    response.delete_cookie(COOKIE, path=address, samesite="Strict")
    response.headers["Cache-Control"] = "no-store"
    return response
