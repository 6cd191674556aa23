"""The ingest endpoint in /api/schema/: it is no DRF view, so drf-spectacular cannot see it."""

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
    "413": "Over 5 MB, over 20 MB when expanded, or over 10,000 events.",
    "415": "A Content-Encoding other than gzip, zstd and identity.",
    "422": "The Idempotency-Key came with another body before.",
    "503": "Overloaded, or nothing can be stored safely now: send again after Retry-After.",
}


def add_ingest(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular."""
    count = {"type": "integer"}
    operation = {
        "operationId": "send_events",
        "summary": "Send events",
        "description": "One event, an array of events, or NDJSON; as it is, gzip or zstd. An event that is"
        " wrong gets a verdict; the others are accepted.",
        "tags": ["v1"],
        "security": [{"dsn": []}],
        "parameters": [
            {"name": "project", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "wait", "in": "query", "schema": {"type": "boolean"}},
            {"name": "User-Agent", "in": "header", "required": True, "schema": {"type": "string"}},
            IDEMPOTENCY_KEY,
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [EVENT, {"type": "array", "items": EVENT}]}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        "responses": {
            "200": _answer("Stored (with ?wait=true).", stored=count, duplicates=count, rejected=REJECTED),
            "202": _answer("Accepted: safe, and stored soon.", accepted=count, rejected=REJECTED),
            **{status: _json(text, ERROR) for status, text in ERRORS.items()},
        },
    }
    result["paths"] = dict(sorted({**result["paths"], PATH: {"post": operation}}.items()))
    schemes = result.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["dsn"] = {"type": "http", "scheme": "bearer", "description": "A DSN key, agd_…"}
    return result


def _answer(text: str, **fields: Any) -> dict[str, Any]:
    return _json(text, {"type": "object", "required": list(fields), "properties": fields})


def _json(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}
