"""The ways in, in /api/schema/: they are no DRF views, so drf-spectacular cannot see them."""

from __future__ import annotations

from typing import Any

from analytics.ingest.check import NAME_CHARS
from analytics.ingest.once import KEY_CHARS

PATH = "/v1/analytics/{project}/"
EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["event"],
    "properties": {
        "event": {"type": "string", "minLength": 1, "maxLength": NAME_CHARS, "example": "api_request"},
        "distinct_id": {"type": "string", "maxLength": NAME_CHARS, "nullable": True},
        "uuid": {
            "type": "string",
            "format": "uuid",
            "nullable": True,
            "description": "The idempotency key: an event that is sent again with it is stored once.",
        },
        "timestamp": {
            "oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}],
            "nullable": True,
            "description": "ISO 8601 (UTC if it names no offset), or seconds or milliseconds since 1970:"
            " a number below 100,000,000,000 is seconds. Left out: the time of arrival.",
        },
        "sent_at": {
            "oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}],
            "nullable": True,
            "description": "The sender's clock when it sent this: corrects the timestamp for a wrong clock.",
        },
        "properties": {
            "type": "object",
            "additionalProperties": True,
            "nullable": True,
            "example": {"customer_id": "acme_corp", "endpoint": "/v1/things/:id", "status": 200},
        },
    },
}
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARS},
    "description": "For events without uuids: they get them from the key and their place, so that a retry is"
    " stored once. The same body hears the same answer, for a day.",
}
REJECTED: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["index", "code", "field", "message"],
        "properties": {
            "index": {"type": "integer"},
            "code": {"type": "string"},
            "field": {"type": "string", "nullable": True},
            "message": {"type": "string"},
        },
    },
}
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "hint"],
            "properties": {name: {"type": "string"} for name in ("code", "message", "hint")},
        }
    },
}
ERRORS = {
    "400": "The body cannot be read.",
    "401": "The key is missing, wrong or revoked.",
    "403": "The User-Agent is missing or not let in.",
    "404": "The key does not open this project.",
    "405": "This address takes POST.",
    "413": "Over 5 MB, over 20 MB when expanded, over 10,000 events, or more than a limit lets through.",
    "415": "A Content-Encoding other than gzip, zstd and identity.",
    "422": "The Idempotency-Key came with another body before.",
    "429": "Over a limit of the key or its project: nothing was taken; send it again after Retry-After.",
    "503": "Overloaded, or nothing can be stored safely now: send again after Retry-After.",
}


USER_AGENT: dict[str, Any] = {
    "name": "User-Agent",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
}
# PostHog's SDKs for Python and Node send to the first and the second; the others are its older addresses.
POSTHOG_PATHS = {
    "capture_batch": "/batch/",
    "capture_event": "/i/v0/e/",
    "capture": "/capture/",
    "capture_e": "/e/",
}
POSTHOG_V1 = "/i/v1/analytics/events"
POSTHOG_EVENT: dict[str, Any] = {
    **EVENT,
    "properties": {
        **EVENT["properties"],
        "distinct_id": {"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        "$set": {"type": "object", "additionalProperties": True},
        "$set_once": {"type": "object", "additionalProperties": True},
    },
}
COUNT = {"type": "integer"}


def add_ingest(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular."""
    paths = {PATH: _send_events(), POSTHOG_V1: _capture_v1()}
    paths |= {path: _capture(name) for name, path in POSTHOG_PATHS.items()}
    result["paths"] |= {path: {"post": operation} for path, operation in paths.items()}
    result["paths"] = dict(sorted(result["paths"].items()))
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(Event=EVENT, PosthogEvent=POSTHOG_EVENT)
    schemes = components.setdefault("securitySchemes", {})
    schemes["dsn"] = {"type": "http", "scheme": "bearer", "description": "A DSN key, agd_…"}
    return result


def _send_events() -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/Event"}
    return {
        "operationId": "send_events",
        "summary": "Send events",
        "description": "One event, an array of events, or NDJSON; as it is, gzip or zstd. An event that is"
        " wrong gets a verdict; the others are accepted.",
        "tags": ["v1"],
        "security": [{"dsn": []}],
        "parameters": [
            {"name": "project", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "wait", "in": "query", "schema": {"type": "boolean"}},
            USER_AGENT,
            IDEMPOTENCY_KEY,
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [event, {"type": "array", "items": event}]}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        "responses": {
            "200": _answer("Stored (with ?wait=true).", stored=COUNT, duplicates=COUNT, rejected=REJECTED),
            "202": _answer("Accepted: safe, and stored soon.", accepted=COUNT, rejected=REJECTED),
            **_refused(),
        },
    }


def _capture(name: str) -> dict[str, Any]:
    """One of PostHog's capture endpoints: a batch, or one event, with the key in it."""
    event = {"$ref": "#/components/schemas/PosthogEvent"}
    key = {"type": "string", "description": "A DSN key, agd_…"}
    batch = {
        "type": "object",
        "required": ["api_key", "batch"],
        "properties": {
            "api_key": key,
            "batch": {"type": "array", "items": event},
            "sent_at": {"type": "string", "format": "date-time", "description": "The sender's clock."},
        },
    }
    one = {"allOf": [event, {"type": "object", "required": ["api_key"], "properties": {"api_key": key}}]}
    return {
        "operationId": name,
        "summary": "Send events as PostHog's SDKs do",
        "description": "The key is in the body as api_key or token, or in the address as one of these.",
        "tags": ["posthog"],
        "security": [],
        "parameters": [USER_AGENT],
        "requestBody": _body({"anyOf": [batch, one]}),
        "responses": {
            "200": _answer("Accepted.", status=COUNT, accepted=COUNT, rejected=REJECTED),
            **_refused("422"),
        },
    }


def _capture_v1() -> dict[str, Any]:
    events = {"type": "array", "items": {"$ref": "#/components/schemas/PosthogEvent"}}
    one = {
        "type": "object",
        "required": ["result"],
        "properties": {
            "result": {"type": "string", "enum": ["ok", "drop"]},
            "details": {"type": "string", "description": "Why it was dropped."},
        },
    }
    results = {"type": "object", "additionalProperties": one, "description": "By the event's uuid."}
    return {
        "operationId": "capture_v1",
        "summary": "Send events as PostHog's SDKs do with POSTHOG_CAPTURE_MODE=v1",
        "tags": ["posthog"],
        "security": [{"dsn": []}],
        "parameters": [
            USER_AGENT,
            {"name": "PostHog-Sdk-Info", "in": "header", "schema": {"type": "string"}},
            {"name": "PostHog-Request-Timestamp", "in": "header", "schema": {"type": "string"}},
        ],
        "requestBody": _body({"type": "object", "required": ["batch"], "properties": {"batch": events}}),
        "responses": {"200": _answer("Each event's result.", results=results), **_refused("422")},
    }


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _refused(*without: str) -> dict[str, Any]:
    return {status: _json(text, ERROR) for status, text in ERRORS.items() if status not in without}


def _answer(text: str, **fields: Any) -> dict[str, Any]:
    return _json(text, {"type": "object", "required": list(fields), "properties": fields})


def _json(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}
