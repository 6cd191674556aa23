"""A test event: sent through the real ingest path, and followed until it is a row.

What is needed to follow it travels in the address, signed, so that a reload goes on and nothing is kept here.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from django.conf import settings
from django.core import signing

from agentry import valkey
from analytics.engines import postgres_tail
from analytics.engines.postgres_tail import Stored
from analytics.ingest import wait
from analytics.ingest.accept import keep
from analytics.ingest.batch import judge
from analytics.ingest.check import new_uuid
from analytics.ingest.decode import events
from analytics.ingest.stream import name
from analytics.ingest.times import Clock
from analytics.write import lag

EVENT = "agentry_test"  # not api_request: no customer's calls are counted by it
FOLLOWED_SECONDS = 3600
SALT = "analytics.health.trial"

Step = Literal["waiting", "stored", "dead_lettered", "unknown"]


@dataclass(frozen=True)
class Trial:
    """A test event on its way. `appended_ms`: how long its append took; `sent_at` in milliseconds."""

    project_id: int
    uuid: str
    shard: int
    entry: str
    sent_at: int
    appended_ms: float

    @property
    def token(self) -> str:
        return signing.dumps(asdict(self), salt=SALT, compress=True)


@dataclass(frozen=True)
class Found:
    """Where a trial is. `seconds` from its accept to its commit, or so far; None when nobody knows."""

    trial: Trial
    step: Step
    seconds: float | None
    row: Stored | None = None

    @property
    def over(self) -> bool:
        return self.step != "waiting"

    @property
    def sent_at(self) -> datetime:
        return datetime.fromtimestamp(self.trial.sent_at / 1000, UTC)


def send(project_id: int) -> Trial:
    """Everything that a POST does after its key is known. Raises AgentryError 503, and what limits raise."""
    uuid, sent_at = new_uuid(), time.time_ns() // 1_000_000
    properties = {"customer_id": EVENT, "sent_from": "the ingest page"}
    body = msgspec.json.encode({"event": EVENT, "distinct_id": EVENT, "uuid": uuid, "properties": properties})
    batch = judge(project_id, events(body), Clock.at(sent_at, settings.RETENTION_DAYS))
    began = time.perf_counter()
    receipt = keep(batch, (), waiting=True)  # one event, by hand, takes nothing from the limits
    took = (time.perf_counter() - began) * 1000
    return Trial(project_id, uuid, receipt.shard, receipt.entry_ids[0], sent_at, round(took, 1))


def of_token(token: str, project_id: int) -> Trial | None:
    """The trial of an address; None if it is odd, old, or another project's."""
    try:
        trial = Trial(**signing.loads(token, salt=SALT, max_age=FOLLOWED_SECONDS))
    except (signing.BadSignature, TypeError):
        return None
    return trial if trial.project_id == project_id else None


def follow(trial: Trial) -> Found:
    """Raises redis.RedisError, django.db.Error."""
    client = valkey.client()
    # Looked at in the order in which it moves, so that it is never between two places.
    waits = bool(client.xrange(name(trial.shard), trial.entry, trial.entry))
    row = postgres_tail.by_uuid(trial.project_id, trial.uuid)
    accepted = int(trial.entry.partition("-")[0])
    if row is not None:
        committed: Any = client.get(lag.committed_name(trial.shard, trial.entry))
        seconds = None if committed is None else max(int(committed) - accepted, 0) / 1000
        return Found(trial, "stored", seconds, row)
    if waits:
        return Found(trial, "waiting", max(time.time() - accepted / 1000, 0.0))
    outcome: Any = client.lindex(f"ingest:done:{trial.shard}:{trial.entry}", 0)
    if outcome is not None and wait.Outcome(*msgspec.json.decode(outcome, type=list[int])).dead_lettered:
        return Found(trial, "dead_lettered", None)
    return Found(trial, "unknown", None)
