"""The one error shape: {"error": {"code", "message", "hint"}} on every endpoint, for every status."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse

POSTHOG = ("/batch", "/capture", "/e/", "/i/", "/flags")  # what PostHog's SDKs ask for


class AgentryError(Exception):
    """An error that is safe to show: a stable code, one plain sentence, and what to do next.

    `status` is the HTTP status; `details` are further keys of the error object (line, column, …);
    `retry_after` is in seconds and becomes the Retry-After header.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str = "",
        *,
        retry_after: int | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.retry_after = retry_after
        self.details = details

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint, **self.details}}

    def headers(self) -> dict[str, str]:
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers

    def response(self) -> JsonResponse:
        return JsonResponse(self.body(), status=self.status, headers=self.headers())


def not_found(
    message: str = "There is nothing at this address.", hint: str = "Check the address and the key's project."
) -> AgentryError:
    return AgentryError(404, "not_found", message, hint)


def is_api(request: HttpRequest) -> bool:
    """Whether a request speaks JSON: its errors then take the one shape, not a page."""
    machine = request.path.startswith(("/v1/", "/api/", "/healthz", "/readyz", "/metrics", "/mcp", *POSTHOG))
    return machine or request.path.endswith((".json", ".csv"))
