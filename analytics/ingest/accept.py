"""What every way in does alike: look at the User-Agent, append, wake the writer, answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from agentry.accounts.keystore import Limit
from agentry.errors import AgentryError
from analytics.ingest.batch import Batch
from analytics.ingest.stream import Receipt, append
from analytics.ingest.wake import wake

_encode = msgspec.json.Encoder().encode


def check_user_agent(request: HttpRequest) -> None:
    """Raises 403 `user_agent_required`, `user_agent_blocked`."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    if not agent.strip():
        message = "The request names no User-Agent."
        hint = "Send a User-Agent header, such as myapi-edge/1.0."
        raise AgentryError(403, "user_agent_required", message, hint)
    if settings.BLOCKED_USER_AGENTS:
        lower = agent.lower()
        if any(word.lower() in lower for word in settings.BLOCKED_USER_AGENTS):
            message = "This User-Agent is not let in."
            raise AgentryError(403, "user_agent_blocked", message, "Send a User-Agent of your own.")


def keep(batch: Batch, limits: tuple[Limit, ...], waiting: bool = False) -> Receipt:
    """Append a batch to the stream and have it written. Raises 413, 429, 503, as `append` does."""
    receipt = append(batch, waiting, limits)
    if receipt.wake:
        wake(receipt.shard)
    return receipt


def answer(status: int, said: dict[str, Any], fields: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(_encode(said), status=status, content_type="application/json", headers=fields)
