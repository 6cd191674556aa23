"""POST /v1/analytics/{project}/: events in.

A plain view, not DRF's, whose parsers, content negotiation and authentication would all be switched off here
and still cost; `openapi` describes it to drf-spectacular.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from agentry.accounts.keystore import Access, authorize
from agentry.errors import AgentryError, not_found
from analytics.ingest import body, wait
from analytics.ingest.batch import Batch, judge
from analytics.ingest.decode import events
from analytics.ingest.stream import Receipt, append
from analytics.ingest.times import Clock
from analytics.ingest.wake import wake

YES = ("true", "1")
NO = ("false", "0", "")
_encode = msgspec.json.Encoder().encode


@csrf_exempt
def ingest(request: HttpRequest, project: str) -> HttpResponse:
    """Accept events. Raises AgentryError 400, 401, 403, 404, 413, 415, 503."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    _check_user_agent(request.META.get("HTTP_USER_AGENT", ""))
    access = authorize(request.META.get("HTTP_AUTHORIZATION"), "dsn")
    project_id = _check_project(access, project)
    waits = _waits(request)
    clock = Clock.at(time.time_ns() // 1_000_000, settings.RETENTION_DAYS)
    sent = events(body.read(request), request.META.get("CONTENT_TYPE", ""))
    batch = judge(project_id, sent, clock)
    return _stored(batch) if waits else _accepted(batch)


def _accepted(batch: Batch) -> HttpResponse:
    _append(batch)
    return _answer(202, {"accepted": batch.accepted, "rejected": batch.rejected})


def _stored(batch: Batch) -> HttpResponse:
    with wait.place():
        outcome = wait.outcome(_append(batch, waiting=True))
    answer = {"stored": outcome.stored, "duplicates": outcome.duplicates, "rejected": batch.rejected}
    if outcome.dead_lettered:
        answer["dead_lettered"] = outcome.dead_lettered
    return _answer(200, answer)


def _append(batch: Batch, waiting: bool = False) -> Receipt:
    receipt = append(batch, waiting)
    if receipt.wake:
        wake(receipt.shard)
    return receipt


def _check_user_agent(agent: str) -> None:
    if not agent.strip():
        message = "The request names no User-Agent."
        hint = "Send a User-Agent header, such as myapi-edge/1.0."
        raise AgentryError(403, "user_agent_required", message, hint)
    if settings.BLOCKED_USER_AGENTS:
        lower = agent.lower()
        if any(word.lower() in lower for word in settings.BLOCKED_USER_AGENTS):
            message = "This User-Agent is not let in."
            raise AgentryError(403, "user_agent_blocked", message, "Send a User-Agent of your own.")


def _check_project(access: Access, slug: str) -> int:
    """The project is known by its slug from the key alone, so that ingest needs no PostgreSQL."""
    if access.project_id is None or access.project_slug != slug:
        raise not_found("This key opens no project of that name.")
    return access.project_id


def _waits(request: HttpRequest) -> bool:
    if not request.META.get("QUERY_STRING"):
        return False
    word = request.GET.get("wait", "").lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise AgentryError(400, "bad_wait", "The parameter wait is neither true nor false.", "Send ?wait=true.")


def _answer(status: int, answer: dict[str, Any]) -> HttpResponse:
    return HttpResponse(_encode(answer), status=status, content_type="application/json")
