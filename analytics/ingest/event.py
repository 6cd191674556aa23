"""An accepted event, as it travels from the web process through the stream to the writer."""

from __future__ import annotations

import msgspec

# Properties that are rollup dimensions or measures: each has a typed column in `events`.
TEXT_COLUMNS = ("customer_id", "endpoint", "method", "plan")
NUMBER_COLUMNS = ("status", "latency_ms", "bytes")


class AcceptedEvent(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """All parsing is done at accept time, once; the writer only copies.

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
    events: list[AcceptedEvent]
    property_types: dict[str, str]  # name → "Numeric" | "Boolean" | "String", as first seen in this entry
