"""An accepted event, as it travels from the web process through the stream to the writer.

All parsing is done at accept time, once: an event travels as the row of text that PostgreSQL's COPY reads,
and the writer passes it on without looking at it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from analytics.ingest.times import DAY

# Properties that are rollup dimensions or measures: each has a typed column in `events`.
TEXT_COLUMNS = ("customer_id", "endpoint", "method", "plan")
NUMBER_COLUMNS = ("status", "latency_ms", "bytes")

# A row's form: COPY's text format, where this stands for NULL. (Its own \\N would put a backslash into nearly
# every row; without one a row that needs escapes is told by a single look at what the client sent.)
NULL = "\x01"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", NULL: "\\001"})
_NEEDS_ESCAPE = re.compile(r"[\\\t\n\r\x01]")  # translate makes a new text, and most need none
_ESCAPED = re.compile(r"\\(001|.)", re.DOTALL)
_MEANT = {"t": "\t", "n": "\n", "r": "\r", "001": NULL}


class AcceptedEvent(msgspec.Struct, frozen=True):
    """An event's values, in the order of a row.

    `timestamp` is in milliseconds since the epoch. `floating` says that the server chose it for an event
    whose uuid the client chose, so that the first write of (project, uuid) fixes it for every retry.
    A property lies in its column only if the column gives back exactly what was sent; else in `rest`,
    a JSON object as text (None when empty).
    """

    uuid: str
    timestamp: int
    floating: bool
    event: str
    distinct_id: str
    customer_id: str | None
    endpoint: str | None
    method: str | None
    plan: str | None
    status: int | None
    latency_ms: float | None
    bytes: int | None
    rest: str | None


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """One stream entry: the accepted events of (a part of) one request, msgpack-encoded as field `e`."""

    project_id: int
    received_at: int  # milliseconds since the epoch
    days: list[int]  # of its events, since the epoch
    floating: bool  # whether one of its events is
    rows: bytes  # each ends with \n
    property_types: dict[str, str]  # name → "Numeric" | "Boolean" | "String", as first seen in this entry

    @classmethod
    def of(cls, project_id: int, received_at: int, events: Sequence[AcceptedEvent]) -> Entry:
        days = sorted({event.timestamp // DAY for event in events})
        rows = "".join(map(to_row, events)).encode()
        return cls(project_id, received_at, days, any(event.floating for event in events), rows, {})


def escaped(text: str) -> str:
    """A text as it stands in a row."""
    return text.translate(_ESCAPES) if _NEEDS_ESCAPE.search(text) else text


def to_row(event: AcceptedEvent) -> str:
    """The row of an event, with its end."""
    return "\t".join(map(_told, msgspec.structs.astuple(event))) + "\n"


def from_row(row: bytes) -> AcceptedEvent:
    """What a row holds."""
    texts = map(_meant, row.decode().removesuffix("\n").split("\t"))
    return AcceptedEvent(*(read(text) for read, text in zip(_READ, texts, strict=True)))


def at_of(row: bytes) -> int:
    """The timestamp in a row."""
    return int(row.split(b"\t", 2)[1])


def _told(value: object) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "t" if value else "f"
    return escaped(value) if isinstance(value, str) else str(value)


def _meant(text: str) -> str | None:
    return None if text == NULL else _ESCAPED.sub(lambda match: _MEANT.get(match[1], match[1]), text)


def _number(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


def _text(text: str | None) -> Any:
    return text


# How each field is read from its text.
_READ = (_text, _number, lambda text: text == "t", *[_text] * 6, *[_number] * 3, _text)
