"""A Result as JSON and CSV, without loss: what /query/, publications, pages and MCP give out."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from agentry.spreadsheet import inert
from analytics.query import Result

AS_IT_IS = {str, int, bool, type(None)}  # most values are, and a call takes longer than all else
# The zone in a column's type, DateTime('Europe/Berlin') or DateTime64(3, 'Europe/Berlin').
_ZONE = re.compile(r"DateTime(?:64)?\((?:\d, )?'([^']+)'\)")


def to_json(result: Result, *, explain: bool = False) -> dict[str, Any]:
    """The shape of the HTTP contract: rows are objects, times ISO 8601 in UTC, NaN and infinities null."""
    names = [column.name for column in result.columns]
    columns = [
        [value if type(value) in AS_IT_IS else json_value(value, column.type) for value in values]
        for column, values in zip(result.columns, zip(*result.rows, strict=True), strict=False)
    ]
    body: dict[str, Any] = {
        "rows": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)],
        "columns": [{"name": column.name, "type": column.type} for column in result.columns],
        "row_count": len(result.rows),
        "truncated": result.truncated,
        "source": result.source,
        "as_of": moment(result.as_of),
        "complete_through": moment(result.complete_through),
        "events_from": moment(result.events_from),
        "elapsed_ms": round(result.elapsed_ms, 1),
    }
    if explain:
        body["plan"] = result.plan
    return body


def to_csv(result: Result) -> str:
    """A header and the rows (CRLF). Text that a spreadsheet would run as a formula gets a leading '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(column.name) for column in result.columns])
    types = [column.type for column in result.columns]
    for row in result.rows:
        writer.writerow([cell(json_value(value, type_)) for value, type_ in zip(row, types, strict=True)])
    return out.getvalue()


def json_value(value: Any, type_: str) -> Any:
    """One value as JSON has it. Integers stay exact; a float without a fraction is written without one."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, list | tuple):
        return [json_value(item, type_) for item in value]
    if isinstance(value, bytes):
        return value.hex()  # what hashes give is no text
    if isinstance(value, datetime):
        zones = set(_ZONE.findall(type_))
        return in_zone(value, zones.pop()) if len(zones) == 1 else moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1 << 53 else value
    return value


def moment(value: datetime) -> str:
    """ISO 8601 in UTC with Z; milliseconds, or microseconds, only where there are any."""
    value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(timespec=_precision(value)) + "Z"


def _precision(value: datetime) -> str:
    if value.microsecond % 1000:
        return "microseconds"
    return "milliseconds" if value.microsecond else "seconds"


def in_zone(value: datetime, zone: str) -> str:
    """ISO 8601 by the zone's clock, with its offset then."""
    value = value.astimezone(ZoneInfo(zone))
    return value.isoformat(timespec=_precision(value))


def cell(value: Any) -> Any:
    """A JSON value as a field of CSV."""
    if value is None:
        return ""
    if isinstance(value, list | bool):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return inert(value) if isinstance(value, str) else value
