"""Cloudflare Logpush, data set HTTP requests: one JSON object a line."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from analytics.imports.line import RawEvent, Reader, api_request, path_of
from analytics.ingest.decode import parse
from analytics.ingest.verdicts import Verdict

# Fields that mark a line as Logpush's.
KNOWN_BY = frozenset({"ClientIP", "ClientRequestMethod", "EdgeStartTimestamp", "EdgeResponseStatus", "RayID"})
EMPTY = (None, "", "-")


def reader(customer_field: str = "ClientIP") -> Reader:
    """A reader whose customer is the field of that name; dots reach inside (`RequestHeaders.x-customer`)."""
    return partial(read, customer_field=customer_field)


def read(line: bytes, customer_field: str) -> RawEvent:
    """One HTTP request. Raises Verdict."""
    record = parse_object(line)
    if KNOWN_BY.isdisjoint(record):
        raise Verdict("not_logpush", "The line has none of the fields of a Logpush HTTP request.")
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


def parse_object(line: bytes) -> dict[str, Any]:
    """A line's JSON object, read as ingest reads an event. Raises Verdict."""
    value = parse(line)
    if not isinstance(value, dict):
        raise Verdict("not_an_object", "The line is JSON, but not an object.")
    return value


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
            raise Verdict("bad_time", "The EdgeStartTimestamp is no time.") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise Verdict("bad_time", "The line has no EdgeStartTimestamp.")
    if value > 1e16:
        return int(value) // 1_000_000
    return int(value if value > 1e11 else value * 1000)
