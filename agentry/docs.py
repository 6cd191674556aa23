"""/api/docs/: the OpenAPI description of /api/schema/, to read and to try."""

from __future__ import annotations

from typing import Any

from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

# Swagger UI writes style attributes and draws its icons as data: images. Its scripts are files of ours.
SWAGGER_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class ApiDocs(SpectacularSwaggerSplitView):
    """Swagger UI under a policy of its own."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response.headers["Content-Security-Policy"] = SWAGGER_POLICY
        return response
