"""What the client of the proof sends: batches of events of every shape, the same again for the same seed."""

from __future__ import annotations

import gzip
import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SIZES = [1, 1, 1, 2, 5, 20, 50, 100]  # events a batch; single ones are what a middleware sends
RESENT = 0.25  # of all events: half with their whole batch at the same moment, half later in other batches
BAD = {"event": "api_request", "uuid": "no uuid"}  # rejected, among good ones
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Batch:
    """A request to send. `uuids` are its good events', in order; `bad` ones more must be rejected."""

    uuids: tuple[str, ...]
    body: bytes
    headers: dict[str, str]
    waits: bool = False
    bad: int = 0

    @property
    def events(self) -> int:
        return len(self.uuids) + self.bad


class Batches:
    """`new(events)` gives batches with so many new events, and deliberate re-sends among them."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._later: list[dict[str, Any]] = []  # events that will be sent again
        self.made = self.resent = 0

    def new(self, events: int) -> Iterator[Batch]:
        left = events
        while left:
            size = min(self._rng.choice(SIZES), left)
            left -= size
            fresh = [self._event() for _ in range(size)]
            self.made += size
            # An eighth of the batches goes twice at once; and an eighth of the events goes again later.
            twin = self._rng.random() < RESENT / 2
            sent = fresh + self._again(size)
            yield self._batch(sent)
            if twin:
                self.resent += len(sent)
                yield self._batch([self._as_retried(event) for event in sent])
            self._later += [event for event in fresh if self._rng.random() < RESENT / 2]

    def rest(self) -> Iterator[Batch]:
        """The re-sends that are still owed."""
        while self._later:
            yield self._batch(self._again(100, chance=1.0))

    def probe(self, name: str) -> Batch:
        """One event of its own name."""
        event = {"event": name, "uuid": self._uuid(), "properties": {"customer_id": "probe"}}
        return Batch((event["uuid"],), json.dumps(event).encode(), {})  # type: ignore[arg-type]

    def _again(self, size: int, chance: float = 0.5) -> list[dict[str, Any]]:
        """Up to `size` earlier events, in any order."""
        taken = []
        for _ in range(min(size, len(self._later))):
            if self._rng.random() < chance:
                place = self._rng.randrange(len(self._later))
                self._later[place], self._later[-1] = self._later[-1], self._later[place]
                taken.append(self._as_retried(self._later.pop()))
        self.resent += len(taken)
        return taken

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def _event(self) -> dict[str, Any]:
        """Six in ten with a time, over five days; the others' time is the server's to say."""
        rng = self._rng
        event = {
            "event": rng.choice(["api_request", "api_request", "api_request", "login"]),
            "uuid": self._uuid(),
            "distinct_id": f"key_{rng.randrange(200)}",
            "properties": {
                "customer_id": rng.choice([f"customer_{rng.randrange(50)}", rng.randrange(9), None, ""]),
                "endpoint": rng.choice(["/v1/things", "/v1/things/:id", "/v1/search"]),
                "method": rng.choice(["GET", "POST"]),
                "plan": rng.choice(["pro", "free", None]),
                "status": rng.choice([200, 200, 201, 404, 500, "timeout"]),
                "latency_ms": rng.random() * 1000,
                "bytes": rng.randrange(100_000),
                "note": "x" * rng.choice([0, 20, 200]),
            },
        }
        kind = rng.random()
        if kind < 0.75:
            back = timedelta(hours=48) if kind >= 0.6 else timedelta()
            at = datetime.now(UTC) - back - HOUR * rng.uniform(-6, 72)
            event["timestamp"] = at.isoformat()
            if kind >= 0.6:  # by a clock that is wrong
                event["sent_at"] = self._wrong_clock()
        return event

    def _as_retried(self, event: dict[str, Any]) -> dict[str, Any]:
        """The same event; where a clock is wrong with a new moment of sending, so that the server would give
        it another time, here across midnights."""
        return event | {"sent_at": self._wrong_clock()} if "sent_at" in event else event

    def _wrong_clock(self) -> str:
        return (datetime.now(UTC) + HOUR * self._rng.uniform(-30, 30)).isoformat()

    def _batch(self, events: list[dict[str, Any]]) -> Batch:
        rng = self._rng
        uuids = tuple(event["uuid"] for event in events)
        bad = int(len(events) > 1 and rng.random() < 0.1)
        events = events + [BAD] * bad
        headers = {"Content-Type": "application/json"}
        if len(events) > 1 and rng.random() < 0.2:
            headers["Content-Type"] = "application/x-ndjson"
            body = b"\n".join(json.dumps(event).encode() for event in events)
        else:
            body = json.dumps(events if len(events) > 1 else events[0]).encode()
        if rng.random() < 0.25:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, 1)
        return Batch(uuids, body, headers, waits=rng.random() < 0.05, bad=bad)
