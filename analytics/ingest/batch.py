"""What becomes of a request's events: entries for the stream, and the rejected."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from analytics.ingest.check import Accepted, check
from analytics.ingest.decode import Sent, sent_as
from analytics.ingest.event import Entry
from analytics.ingest.ordinary import Ordinary, accept
from analytics.ingest.times import DAY, Clock
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
    filling = _Filling()
    for index, (raw, value) in enumerate(sent):
        if len(filling.rows) == ENTRY_EVENTS or (filling.size + len(raw) > ENTRY_BYTES and filling.rows):
            _close(batch, filling)
            filling = _Filling()
        judged = _checked(raw, value, clock, filling.property_types)
        if isinstance(judged, Verdict):
            shown = judged.shown(index)
            batch.rejected.append(shown)
            found = sent_as(raw).value if type(value) is Ordinary else value
            refused.append((shown, fault(found, judged.field), raw[:EXCERPT_BYTES]))
            continue
        row, at, floating = judged
        filling.rows.append(row)
        filling.days.add(at // DAY)
        filling.floating |= floating
        filling.size += len(raw)
    _close(batch, filling)
    batch.recent = [_kept(*one, clock) for one in refused]
    return batch


def _checked(raw: bytes, value: object, clock: Clock, types: dict[str, str]) -> Accepted | Verdict:
    if type(value) is Ordinary:
        accepted = accept(value, clock, types)
        if accepted:
            return accepted
        value = sent_as(raw).value
    if type(value) is Verdict:
        return value
    try:
        return check(value, clock, types)
    except Verdict as verdict:
        return verdict.bare()


@dataclass(slots=True)
class _Filling:
    """What the next entry will hold."""

    rows: list[str] = field(default_factory=list)
    days: set[int] = field(default_factory=set)
    floating: bool = False
    property_types: dict[str, str] = field(default_factory=dict)
    size: int = 0  # of the events as they were sent


def _close(batch: Batch, filling: _Filling) -> None:
    if not filling.rows:
        return
    rows = "".join(filling.rows).encode()
    days = sorted(filling.days)
    received_at = batch.clock.received_at
    entry = Entry(batch.project_id, received_at, days, filling.floating, rows, filling.property_types)
    batch.entries.append((_encode(entry), len(filling.rows)))
    batch.accepted += len(filling.rows)


def _kept(verdict: dict[str, Any], found: object, raw: bytes, clock: Clock) -> bytes:
    kept = {name: verdict[name] for name in ("code", "field", "message")}
    return msgspec.json.encode({**kept, "part": part(found), "event": excerpt(raw), "at": clock.received_at})
