"""The edge: whatever goes wrong, a machine gets the one error shape and a person a page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.parsers import JSONParser

from agentry.accounts.models import Membership, Role
from agentry.errors import AgentryError, is_api, not_found
from agentry.patient import is_away

# code → status, one plain sentence, what to do next
_SAID = {
    "not_json": (400, "The body is not valid JSON.", "Send one JSON object."),
    "invalid": (400, "A field of the request is wrong.", "See the API's description at /api/docs/."),
    "bad_request": (
        400,
        "The request cannot be understood.",
        "Check the address, the Host header and the body.",
    ),
    "incomplete_body": (400, "The body ended before it was complete.", "Send the request again."),
    "too_many_fields": (400, "The form has too many fields.", "Send fewer fields in one request."),
    "unauthorized": (401, "The key is missing, wrong or revoked.", "Send Authorization: Bearer with a key."),
    "forbidden": (403, "You may not do this.", "Ask an admin of the team."),
    "not_acceptable": (406, "There is no answer in the format of Accept.", "Accept application/json."),
    "body_too_large": (413, "The body of the request is too large.", "Send less in one request."),
    "unsupported_media_type": (
        415,
        "The Content-Type is not supported.",
        "Send Content-Type: application/json.",
    ),
    "too_many_requests": (429, "Too many requests at once.", "Wait as long as Retry-After says."),
    "database_unavailable": (503, "The database does not answer.", "Try again in a few seconds."),
    "valkey_unavailable": (503, "The Valkey server does not answer.", "Try again in a few seconds."),
}
# The first that fits, so the narrow stand before the wide.
_MEANS: list[tuple[type[Exception], str]] = [
    (exceptions.ParseError, "not_json"),
    (exceptions.ValidationError, "invalid"),
    (exceptions.NotAuthenticated, "unauthorized"),
    (exceptions.AuthenticationFailed, "unauthorized"),
    (exceptions.PermissionDenied, "forbidden"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.Throttled, "too_many_requests"),
    (UnreadablePostError, "incomplete_body"),
    (RequestDataTooBig, "body_too_large"),
    (TooManyFieldsSent, "too_many_fields"),
    (TooManyFilesSent, "too_many_fields"),
    (MultiPartParserError, "bad_request"),
    (SuspiciousOperation, "bad_request"),
    (BadRequest, "bad_request"),
    (PermissionDenied, "forbidden"),
    (RedisError, "valkey_unavailable"),
]
BROKEN = AgentryError(
    500,
    "internal_error",
    "Something broke on our side.",
    "Try again; if it stays broken, report the request id.",
)


class Json(JSONParser):
    """DRF's parser, which lets a body nested a thousand times deep end as a bug of ours."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise exceptions.ParseError from None


def as_error(error: Exception) -> AgentryError | None:
    """The AgentryError that an exception means, or None when it is a bug."""
    if isinstance(error, AgentryError):
        return error
    if isinstance(error, (Http404, exceptions.NotFound)):
        return not_found()
    if isinstance(error, exceptions.MethodNotAllowed):
        return method_not_allowed()
    if is_away(error):
        return _said("database_unavailable", error)
    for kind, code in _MEANS:
        if isinstance(error, kind):
            return _said(code, error)
    if isinstance(error, exceptions.APIException):
        return AgentryError(error.status_code, error.default_code, str(error.default_detail))
    return None


def _said(code: str, error: Exception) -> AgentryError:
    status, message, hint = _SAID[code]
    return AgentryError(status, code, message, hint, retry_after=_retry_after(error, status))


def method_not_allowed(allowed: str = "") -> AgentryError:
    hint = f"Use {allowed}." if allowed else "See the Allow header for the methods that work."
    return AgentryError(405, "method_not_allowed", "This address does not take this method.", hint)


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler. None for what is a bug: the middleware then answers 500 in the same shape."""
    known = as_error(error)
    return None if known is None else known.response()


def answer(request: HttpRequest, error: AgentryError) -> HttpResponse:
    """An error as JSON for machines, as a page for people."""
    if is_api(request):
        return error.response()
    # After 500 and above the servers behind the session may be away: a page that asks them nothing.
    asks = request if error.status < 500 and hasattr(request, "user") else None
    template = f"{error.status}.html" if error.status in (400, 403, 404, 500) else "error.html"
    title = HTTPStatus(error.status).phrase
    context = {
        "error": error,
        "title": title,
        "request_id": getattr(request, "request_id", ""),
        "may_help": _may_help(request) if error.status == 403 else [],
        "again": request.get_full_path() if error.status >= 500 and request.method == "GET" else "",
    }
    response = render(asks, template, context, status=error.status)
    for name, value in error.headers().items():
        response.headers[name] = value
    return response


def _may_help(request: HttpRequest) -> list[Membership]:
    """Who of the team may what this person may not. Every member can see them on the team's pages."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return []
    # An admin may give every role but the owner's.
    helpers = [Role.OWNER] if getattr(request, "needed", None) == Role.OWNER else [Role.ADMIN, Role.OWNER]
    may = Membership.objects.filter(team=membership.team, role__in=helpers)
    return list(may.exclude(user=request.user).select_related("user").order_by("pk")[:5])  # type: ignore[misc]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, as_error(exception) or AgentryError(400, "bad_request", "The request is wrong."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = as_error(exception)
    if error is not None and str(exception):  # who may is said there, and by name on the page
        error.hint = str(exception)
    return answer(request, error or BROKEN)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, not_found())


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, BROKEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = "This form was open for too long, or was sent from another site."
    hint = "Go back, reload the page and send it again. Agentry needs its cookies for this."
    return answer(request, AgentryError(403, "csrf", message, hint))


def _retry_after(error: Exception, status: int) -> int | None:
    if status == 503:
        return 5
    wait = getattr(error, "wait", None)  # Throttled: seconds
    return None if wait is None else max(1, round(wait))
