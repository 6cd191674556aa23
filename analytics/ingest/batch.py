"""What becomes of a request's events: entries for the stream, and the rejected."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from analytics.ingest.check import check
from analytics.ingest.decode import Sent
from analytics.ingest.event import Entry
from analytics.ingest.times import Clock
from analytics.ingest.verdicts import EXCERPT_BYTES, Verdict, excerpt, fault, part

# Large requests are cut into entries of at most this, so that the writer's batches stay even.
ENTRY_EVENTS = 1_000
ENTRY_BYTES = 1024 * 1024
RECENT = 50  # rejected events of a project that are kept to be looked at
RECENT_OF_REQUEST = 10  # so that one bad request does not push out all others

_encode = msgspec.msgpack.Encoder().encode


@dataclass
class Batch:
    """`entries` are encoded, each with its number of events. `rejected` is what the answer lists. `recent`
    are the last rejected events, as JSON {"code", "field", "message", "part", "event", "at"}, the newest
    last."""

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
    refused: deque[tuple[dict[str, Any], object, bytes]] = deque(maxlen=RECENT_OF_REQUEST)
    entry = _new_entry(batch)
    size = 0
    for index, (raw, value) in enumerate(sent):
        if len(entry.events) == ENTRY_EVENTS or (size + len(raw) > ENTRY_BYTES and entry.events):
            _close(batch, entry)
            entry, size = _new_entry(batch), 0
        try:
            if type(value) is Verdict:
                raise value
            entry.events.append(check(value, clock, entry.property_types))
            size += len(raw)
        except Verdict as verdict:
            shown = verdict.shown(index)
            batch.rejected.append(shown)
            refused.append((shown, fault(value, verdict.field), raw[:EXCERPT_BYTES]))
    _close(batch, entry)
    batch.recent = [_kept(*one, clock) for one in refused]
    return batch


def _new_entry(batch: Batch) -> Entry:
    return Entry(batch.project_id, batch.clock.received_at, [], {})


def _close(batch: Batch, entry: Entry) -> None:
    if entry.events:
        batch.entries.append((_encode(entry), len(entry.events)))
        batch.accepted += len(entry.events)


def _kept(verdict: dict[str, Any], found: object, raw: bytes, clock: Clock) -> bytes:
    kept = {name: verdict[name] for name in ("code", "field", "message")}
    return msgspec.json.encode({**kept, "part": part(found), "event": excerpt(raw), "at": clock.received_at})
