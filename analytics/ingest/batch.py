"""What becomes of a request's events: entries for the stream, and the rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from analytics.ingest.check import check
from analytics.ingest.decode import Sent
from analytics.ingest.event import Entry
from analytics.ingest.times import Clock
from analytics.ingest.verdicts import EXCERPT_BYTES, Verdict, excerpt

# Large requests are cut into entries of at most this, so that the writer's batches stay even.
ENTRY_EVENTS = 1_000
ENTRY_BYTES = 1024 * 1024
RECENT = 100  # rejected events that are kept to be looked at

_encode = msgspec.msgpack.Encoder().encode


@dataclass
class Batch:
    """`entries` are encoded, each with its number of events. `rejected` is what the answer lists. `recent`
    are the last rejected events, as JSON {"code", "field", "message", "event", "at"}, the newest last."""

    project_id: int
    clock: Clock
    entries: list[tuple[bytes, int]] = field(default_factory=list)
    accepted: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    recent: list[bytes] = field(default_factory=list)

    def reasons(self) -> Counter[str]:
        """How many events were rejected for each code."""
        return Counter(verdict["code"] for verdict in self.rejected)


def judge(project_id: int, sent: Iterable[Sent], clock: Clock) -> Batch:
    """Check every event. Holds one parsed event at a time."""
    batch = Batch(project_id, clock)
    refused: list[bytes] = []
    entry = _new_entry(batch)
    size = 0
    for index, (raw, value) in enumerate(sent):
        if len(entry.events) == ENTRY_EVENTS or (size + len(raw) > ENTRY_BYTES and entry.events):
            _close(batch, entry)
            entry, size = _new_entry(batch), 0
        verdict = value if type(value) is Verdict else _add(entry, value, clock)
        if verdict is None:
            size += len(raw)
        else:
            batch.rejected.append(verdict.shown(index))
            refused.append(raw[:EXCERPT_BYTES])
    _close(batch, entry)
    batch.recent = [
        _kept(*pair, clock) for pair in zip(batch.rejected[-RECENT:], refused[-RECENT:], strict=True)
    ]
    return batch


def _add(entry: Entry, value: object, clock: Clock) -> Verdict | None:
    """Why an event is not added."""
    try:
        entry.events.append(check(value, clock, entry.property_types))
    except Verdict as verdict:
        return verdict.bare()
    return None


def _new_entry(batch: Batch) -> Entry:
    return Entry(batch.project_id, batch.clock.received_at, [], {})


def _close(batch: Batch, entry: Entry) -> None:
    if entry.events:
        batch.entries.append((_encode(entry), len(entry.events)))
        batch.accepted += len(entry.events)


def _kept(verdict: dict[str, Any], raw: bytes, clock: Clock) -> bytes:
    kept = {name: verdict[name] for name in ("code", "field", "message")}
    return msgspec.json.encode({**kept, "event": excerpt(raw), "at": clock.received_at})
