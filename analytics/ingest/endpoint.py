"""POST /v1/analytics/{project}/: events in.

A plain view, not DRF's, whose parsers, content negotiation and authentication would all be switched off here
and still cost; `openapi` describes it to drf-spectacular.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from agentry.accounts.keystore import Access, authorize
from agentry.errors import AgentryError, not_found
from analytics.ingest import body, refused, wait
from analytics.ingest.accept import answer, check_user_agent, keep
from analytics.ingest.batch import Batch, judge
from analytics.ingest.decode import events, judged_as
from analytics.ingest.once import Once
from analytics.ingest.times import Clock

YES = ("true", "1")
NO = ("false", "0", "")


@csrf_exempt
def ingest(request: HttpRequest, project: str) -> HttpResponse:
    """Accept events. Raises AgentryError 400, 401, 403, 404, 413, 415, 422, 429, 503."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        check_user_agent(request)
    except AgentryError as error:  # whose key it was is worth a look: this is what a first request lacks
        key = request.META.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace")
        refused.note_by_key(request.path_info.encode(), key, error.code)
        raise
    access = authorize(request.META.get("HTTP_AUTHORIZATION"), "dsn")
    project_id = _check_project(access, project)
    with refused.counted(project_id):
        return _answered(request, project_id, access)


def _answered(request: HttpRequest, project_id: int, access: Access) -> HttpResponse:
    respond = _stored if _waits(request) else _accepted
    batch, once = _judged(request, project_id)
    if once is None:
        return respond(request, batch, access)
    response = once.claim(project_id, 200 if respond is _stored else 202)
    if response is None:
        response = respond(request, batch, access)
        once.remember(project_id, response)
    return response


def _judged(request: HttpRequest, project_id: int) -> tuple[Batch, Once | None]:
    """The body is gone when this returns: it may be large, and the answer may have to wait."""
    clock = Clock.at(time.time_ns() // 1_000_000, settings.RETENTION_DAYS)
    content = body.read(request)
    content_type = request.META.get("CONTENT_TYPE", "")
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return judge(project_id, events(content, content_type, judged_as), clock), None
    sent = events(content, content_type)
    once = Once.of(key, content)
    return judge(project_id, once.named(sent), clock), once


def _accepted(request: HttpRequest, batch: Batch, access: Access) -> HttpResponse:
    receipt = keep(batch, access.limits)
    return answer(202, {"accepted": batch.accepted, "rejected": batch.rejected}, receipt.fields)


def _stored(request: HttpRequest, batch: Batch, access: Access) -> HttpResponse:
    with wait.place():
        receipt = keep(batch, access.limits, waiting=True)
        batch.entries.clear()
        body.leave(request)
        outcome = wait.outcome(receipt)
    said = {"stored": outcome.stored, "duplicates": outcome.duplicates, "rejected": batch.rejected}
    if outcome.dead_lettered:
        said["dead_lettered"] = outcome.dead_lettered
    return answer(200, said, receipt.fields)


def _check_project(access: Access, slug: str) -> int:
    """The project is known by its slug from the key alone, so that ingest needs no PostgreSQL."""
    if access.project_id is None or access.project_slug != slug:
        if access.project_id is not None:
            refused.note(access.project_id, "wrong_project")
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
