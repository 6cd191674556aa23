"""Cloudflare Logpush, data set HTTP requests: one JSON object a line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from analytics.imports.line import LineError, RawEvent, Reader, api_request, path_of

# Fields that mark a line as Logpush's.
KNOWN_BY = frozenset({"ClientIP", "ClientRequestMethod", "EdgeStartTimestamp", "EdgeResponseStatus", "RayID"})
EMPTY = (None, "", "-")


def reader(customer_field: str = "ClientIP") -> Reader:
    """A reader whose customer is the field of that name; dots reach inside (`RequestHeaders.x-customer`)."""
    return partial(read, customer_field=customer_field)


def read(line: str, customer_field: str) -> RawEvent:
    """One HTTP request. Raises LineError."""
    record = decode_object(line)
    if KNOWN_BY.isdisjoint(record):
        raise LineError("not_logpush", "The line has none of the fields of a Logpush HTTP request.")
    customer = _field(record, customer_field)
    properties = {
        "endpoint": _path(record),
        "method": record.get("ClientRequestMethod") or None,
        "status": record.get("EdgeResponseStatus") or None,
        "bytes": record.get("EdgeResponseBytes"),
        "latency_ms": record.get("OriginResponseDurationMs") or record.get("EdgeTimeToFirstByteMs"),
        "user_agent": record.get("ClientRequestUserAgent") or None,
        "ip_country": str(record.get("ClientCountry") or "").upper() or None,
        "ray_id": record.get("RayID") or None,
    }
    address = str(record.get("ClientIP") or "")
    at = milliseconds(record.get("EdgeStartTimestamp"))
    return api_request(None if customer in EMPTY else str(customer), address, at, properties)


def decode_object(line: str) -> dict[str, Any]:
    """A line's JSON object. Raises LineError."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeEncodeError):
        value = _decode_slowly(line)
    except RecursionError:
        raise LineError("too_deep", "The JSON is nested too deep.") from None
    if not isinstance(value, dict):
        raise LineError("not_an_object", "The line is JSON, but not an object.")
    return value


def _decode_slowly(line: str) -> Any:
    """The standard library also reads lone surrogates and 1e999, which msgspec refuses."""
    try:
        return json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise LineError("not_json", "The line is not JSON.") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _path(record: dict[str, Any]) -> str | None:
    target = record.get("ClientRequestPath") or record.get("ClientRequestURI")
    return path_of(target) if isinstance(target, str) else None


def _field(record: dict[str, Any], name: str) -> Any:
    if name in record:
        return record[name]
    value: Any = record
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def milliseconds(value: Any) -> int:
    """EdgeStartTimestamp in RFC 3339, unix seconds or unix nanoseconds, as milliseconds since the epoch."""
    if isinstance(value, str) and value.lstrip("-").isdigit():
        value = int(value)
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise LineError("bad_time", f"{value!r} is no EdgeStartTimestamp.") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise LineError("bad_time", "The line has no EdgeStartTimestamp.")
    if value > 1e16:
        return int(value) // 1_000_000
    return int(value if value > 1e11 else value * 1000)
