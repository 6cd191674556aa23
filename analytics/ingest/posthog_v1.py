"""The protocol that PostHog's SDKs speak with POSTHOG_CAPTURE_MODE=v1: a result for every event.

The key is a Bearer, the sender's clock and name are headers, and some properties stand beside the properties.
An event that is not listed, or `ok`, is done with; one that is `drop` is told to the application.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from analytics.ingest import body, refused
from analytics.ingest.accept import answer, check_user_agent, keep
from analytics.ingest.batch import Batch, judge
from analytics.ingest.decode import Sent, events
from analytics.ingest.posthog import opened, ours, project_of
from analytics.ingest.times import Clock

BESIDE = {  # where v1 has what is a property elsewhere
    "cookieless_mode": "$cookieless_mode",
    "disable_skew_correction": "$ignore_sent_at",
    "process_person_profile": "$process_person_profile",
    "product_tour_id": "$product_tour_id",
    "session_id": "$session_id",
    "window_id": "$window_id",
}


@csrf_exempt
def capture_v1(request: HttpRequest) -> HttpResponse:
    """Accept events. Raises AgentryError 400, 401, 403, 413, 415, 429, 503."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    check_user_agent(request)
    project_id, access = project_of(request.META.get("HTTP_AUTHORIZATION", ""))
    uuids: list[object] = []
    with refused.counted(project_id):
        batch = _judged(request, project_id, uuids)
    receipt = keep(batch, access.limits)
    results = {uuid: {"result": "ok"} for uuid in uuids if type(uuid) is str}
    for verdict in batch.rejected:
        uuid = uuids[verdict["index"]]
        if type(uuid) is str:
            results[uuid] = {"result": "drop", "details": verdict["message"]}
    return answer(200, {"results": results}, receipt.fields)


def _judged(request: HttpRequest, project_id: int, uuids: list[object]) -> Batch:
    clock = Clock.at(time.time_ns() // 1_000_000, settings.RETENTION_DAYS)
    sent = events(bytes(opened(body.read(request)).batch))
    sdk = request.META.get("HTTP_POSTHOG_SDK_INFO", "")
    sent_at = request.META.get("HTTP_POSTHOG_REQUEST_TIMESTAMP", "")
    return judge(project_id, ours(_flattened(sent, sdk, uuids), sent_at), clock)


def _flattened(sent: Iterator[Sent], sdk: str, uuids: list[object]) -> Iterator[Sent]:
    """The events as the older protocol has them; their uuids are noted, None where there is none."""
    library, _, version = sdk.partition("/")
    for one in sent:
        event = one.value
        uuids.append(event.get("uuid") if type(event) is dict else None)
        if type(event) is dict and type(event.get("properties")) is dict:
            _flatten(event, event["properties"])
            if library:
                event["properties"].update({"$lib": library, "$lib_version": version})
        yield one


def _flatten(event: dict[str, Any], properties: dict[str, Any]) -> None:
    options = event.get("options")
    beside = event | options if type(options) is dict else event
    for name, own in BESIDE.items():
        if name in beside:
            properties.setdefault(own, beside[name])
