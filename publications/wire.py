"""The edge of this API: the token a request carries, and the JSON object in its body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any

import msgspec
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from agentry.accounts.keystore import Access, authorize
from agentry.errors import AgentryError

BODY_BYTES = 1 << 20


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer agt_…` becomes request.auth, an Access. Raises 401 `unauthorized`, 503."""

    def authenticate(self, request: Request) -> tuple[None, Access]:
        return None, authorize(request.headers.get("Authorization"), "token")

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class AlwaysJson(BaseContentNegotiation):
    """This API answers JSON, whatever an Accept header says: a browser gets the same as a client."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == content_type), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, f"{renderer.media_type}"


class BodyParser(BaseParser):
    """A JSON object of at most 1 MB. Raises 400 `not_json`, `not_an_object`; 413 `body_too_large`."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        raw = stream.read(BODY_BYTES + 1)
        if len(raw) > BODY_BYTES:
            message = "The body is larger than 1 MB."
            raise AgentryError(413, "body_too_large", message, "Send a shorter query.")
        try:
            body = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            message = "The body is not JSON in UTF-8."
            raise AgentryError(400, "not_json", message, "Send one JSON object.") from None
        if not isinstance(body, dict):
            message = "The body is not a JSON object."
            raise AgentryError(400, "not_an_object", message, "Send one JSON object.")
        return body
