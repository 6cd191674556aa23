"""What every request passes first: its id and log line, the API's short way, headers, the last net."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import get_resolver
from structlog.contextvars import bind_contextvars, clear_contextvars

from agentry import trace
from agentry.api import BROKEN, answer, as_error, method_not_allowed
from agentry.errors import POSTHOG, AgentryError, is_api

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Keys only: no session, no cookie of ours, no CSRF, no messages, so none of their middleware.
DIRECT = ("/v1/", "/q/", "/api/", "/healthz", "/readyz", "/metrics", *POSTHOG)
QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
PAGE_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
_allowed_hosts: set[str] = set()
log = structlog.get_logger()


class RequestLog:
    """Gives each request an id and a line when it is answered, without query string, headers and body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        request_id = trace.request_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        request.request_id = request_id  # type: ignore[attr-defined]
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        if _is_news(request, response.status_code):
            log.info(
                "request",
                method=request.method,
                path=_path(request),
                status=response.status_code,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
        return response


class ApiGate:
    """Answers the API without the middleware of pages, and turns every exception into the right answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        direct = request.path_info.startswith(DIRECT)
        response = self._dispatch(request) if direct else self.get_response(request)
        if response.status_code == 405 and not getattr(response, "content", b"-"):
            allowed = response.headers.get("Allow", "")
            response = answer(request, method_not_allowed(allowed))
            response.headers["Allow"] = allowed
        _set_headers(response, direct, request.method)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """For views behind the middleware of pages; Django's own handlers make pages of 400, 403 and 404."""
        known = as_error(error)
        if known is None or not (isinstance(error, AgentryError) or known.status >= 500 or is_api(request)):
            return None
        _warn_of_servers(known, error)
        return answer(request, known)

    def _dispatch(self, request: HttpRequest) -> HttpResponseBase:
        try:
            _check_host(request)
            match = get_resolver().resolve(request.path_info)
            request.resolver_match = match
            response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
            render = getattr(response, "render", None)
            return render() if callable(render) else response
        except Exception as error:
            known = as_error(error)
            if known is None:
                got_request_exception.send(sender=type(self), request=request)
                log.exception("bug", path=_path(request))
                known = BROKEN
            else:
                _warn_of_servers(known, error)
                # Known by a name here, it would keep its frames, and the body they hold, until a collection.
                error.__traceback__ = error.__context__ = None
            return answer(request, known)


def _is_news(request: HttpRequest, status: int) -> bool:
    """Whether a request deserves its line. Accepted events (the only 202) do not: /metrics counts them, and
    the line costs 47 µs where an empty view costs 217. Nor does what a live page asks for by itself."""
    quiet = status == 202 or request.path.startswith(QUIET) or getattr(request, "is_refresh", False)
    return status >= 500 or not quiet


def _check_host(request: HttpRequest) -> None:
    """Django's check of the Host header, once a value: it takes 12 µs. Raises DisallowedHost."""
    host = request.META.get("HTTP_HOST")
    if host not in _allowed_hosts:
        request.get_host()
        if host is not None and len(_allowed_hosts) < 100:
            _allowed_hosts.add(host)


def _warn_of_servers(known: AgentryError, error: Exception) -> None:
    if known is not error and known.status >= 500:
        log.warning(known.code, error=type(error).__name__)


def _path(request: HttpRequest) -> str:
    """The path, without the key that a link from an e-mail carries in it."""
    match = request.resolver_match
    key = match.kwargs.get("key") if match else None
    return request.path.replace(key, "…") if isinstance(key, str) else request.path


def _set_headers(response: HttpResponseBase, direct: bool, method: str | None) -> None:
    headers = response.headers
    if headers.get("Content-Type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        headers.setdefault("Cache-Control", "private, no-cache")
    elif direct and method == "GET":  # nobody opens or caches the answer to a POST
        headers.setdefault("Content-Security-Policy", DATA_POLICY)
        headers.setdefault("Cache-Control", "no-store")
    if direct:  # what SecurityMiddleware sets on the rest
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if settings.SECURE:
            headers.setdefault("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}")
