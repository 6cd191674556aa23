"""The API's edge: every exception becomes the one error shape."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions
from rest_framework.response import Response

from agentry.errors import AgentryError


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None for what is a bug: Django then answers 500 in the same shape."""
    if not isinstance(error, AgentryError):
        if not isinstance(error, exceptions.APIException):
            return None
        error = AgentryError(error.status_code, str(error.default_code), str(error.default_detail))
    return Response(error.body(), status=error.status, headers=error.headers())
