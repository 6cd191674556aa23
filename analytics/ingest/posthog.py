"""PostHog's capture endpoints: its SDKs send to Agentry as they are, with a DSN key as their project's key.

The body is {"api_key", "batch": [event, …], "sent_at"}, or one event with the api_key in it. What differs
from Agentry's own events is put right here, then they go the same way. The answer is 200: the SDK for Python
takes any other status for a failure. Its verdicts are for people; the SDKs read no body.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt
from msgspec import Raw

from agentry.accounts.keystore import Access, authorize
from agentry.errors import AgentryError, not_found
from analytics.ingest import body, refused
from analytics.ingest.accept import answer, check_user_agent, keep
from analytics.ingest.batch import Batch, judge
from analytics.ingest.decode import Sent, check_utf8, events, storable
from analytics.ingest.times import Clock

HINT = "Give the client a DSN key (agd_…) from the project's Setup page as its project API key."


class Envelope(msgspec.Struct):
    """Empty where the body has nothing of that name."""

    api_key: Raw = Raw()
    token: Raw = Raw()
    batch: Raw = Raw()
    sent_at: Raw = Raw()


_decode = msgspec.json.Decoder(Envelope).decode
_decode_text = msgspec.json.Decoder(str).decode


@csrf_exempt
def capture(request: HttpRequest) -> HttpResponse:
    """Accept events. Raises AgentryError 400, 401, 403, 413, 415, 429, 503."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    check_user_agent(request)
    batch, access = _judged(request)
    receipt = keep(batch, access.limits)
    said = {"status": 1, "accepted": batch.accepted, "rejected": batch.rejected}
    return answer(200, said, receipt.fields)


def _judged(request: HttpRequest) -> tuple[Batch, Access]:
    clock = Clock.at(time.time_ns() // 1_000_000, settings.RETENTION_DAYS)
    content = body.read(request)
    envelope = opened(content)
    key = _text(envelope.api_key) or _text(envelope.token) or _key_in_address(request)
    project_id, access = project_of(f"Bearer {key}")
    with refused.counted(project_id):
        sent = events(bytes(envelope.batch) or content)
        return judge(project_id, ours(sent, _text(envelope.sent_at)), clock), access


def opened(content: bytes) -> Envelope:
    """The body's fields. Raises 400 `empty_body`, `not_utf8`, `not_json`, `too_deep`, `not_an_object`."""
    if not content.strip():
        raise _unreadable("empty_body", "The body is empty.")
    check_utf8(content)
    try:
        return _decode(content)
    except RecursionError:
        raise _unreadable("too_deep", "The body is nested too deeply to be read.") from None
    except msgspec.ValidationError:
        raise _unreadable("not_an_object", "The body is not a JSON object.") from None
    except msgspec.DecodeError:
        return _open_repaired(storable(content))


def _open_repaired(content: bytes) -> Envelope:
    """A lone surrogate, which both SDKs send, makes the parser fail at the whole body."""
    try:
        return _decode(content)
    except (msgspec.DecodeError, RecursionError):
        raise _unreadable("not_json", "The body is not valid JSON.") from None


def _text(raw: Raw) -> str:
    """The string that a field holds, or an empty one."""
    try:
        return _decode_text(raw)
    except msgspec.DecodeError:  # nothing, or something else
        return ""


def _key_in_address(request: HttpRequest) -> str:
    return request.GET.get("api_key") or request.GET.get("token") or ""


def project_of(header: str) -> tuple[int, Access]:
    """The project that an Authorization header opens. Raises 401 `unauthorized`, 503 `keys_unavailable`."""
    try:
        access = authorize(header, "dsn")
    except AgentryError as error:
        if error.status == 401:
            error.hint = HINT
        raise
    if access.project_id is None:
        raise not_found("This key opens no project.")
    return access.project_id, access


def ours(sent: Iterator[Sent], sent_at: str) -> Iterator[Sent]:
    """PostHog's events as Agentry's. `sent_at` is the sender's clock when it sent them, or empty."""
    for one in sent:
        if type(one.value) is dict:
            _put_right(one.value, sent_at)
        yield one


def _put_right(event: dict[str, Any], sent_at: str) -> None:
    """PostHog reads `distinct_id` and people's properties (`$set`) beside the properties and in them, numbers
    as distinct ids too, and corrects the clock by the whole body's `sent_at`."""
    properties = event.get("properties")
    if properties is None:
        properties = event["properties"] = {}
    if type(properties) is dict:
        for name in ("$set", "$set_once"):
            if name in event:
                properties.setdefault(name, event[name])
        event.setdefault("distinct_id", properties.get("distinct_id"))
    if type(event.get("distinct_id")) is int:
        event["distinct_id"] = str(event["distinct_id"])
    if sent_at:
        event.setdefault("sent_at", sent_at)


def _unreadable(code: str, message: str) -> AgentryError:
    return AgentryError(400, code, message, 'Send {"api_key": "agd_…", "batch": [{"event": …}, …]} as JSON.')
