"""How long events take from their accept to their commit, and whether anybody works behind the web."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentry import valkey
from agentry.accounts.models import Project
from analytics.ingest.stream import name
from analytics.write import lag, pulse
from tests.write_events import assert_accounted, drain_all, event, send, stored


def now() -> int:
    return int(time.time() * 1000)


def later(project: Project, seconds: float, events: int) -> None:
    """Events that were appended so long ago: a stream takes ids in order, so the oldest must come first."""
    receipt = send(project, *(event() for _ in range(events)))
    client: Any = valkey.client()
    ((entry_id, fields),) = client.xrange(name(receipt.shard), receipt.entry_ids[0], receipt.entry_ids[0])
    client.delete(name(receipt.shard))
    client.xadd("ingest:0", fields, id=f"{int(entry_id.split(b'-')[0]) - round(seconds * 1000)}-0")


def test_lag_is_from_the_append_to_the_commit(project: Project) -> None:
    assert lag.of_project(project.pk, now()) == lag.Lag(0, None, None, None)
    later(project, 25, 4)
    drain_all()
    found = lag.of_project(project.pk, now())
    assert found.events == 4
    assert found.last is not None
    assert found.median is not None
    assert 25 <= found.last < 60
    assert 20 <= found.median <= 60
    assert lag.of_project(project.pk + 1, now()) == lag.Lag(0, None, None, None)
    buckets, seconds = lag.everywhere()
    assert sum(buckets) == 4
    assert 100 <= seconds < 240


def test_quantiles_lie_inside_their_bucket() -> None:
    buckets = [0] * (len(lag.BOUNDS) + 1)
    assert lag.quantile(buckets, 0.5) is None
    buckets[6] = 99  # up to a second
    buckets[10] = 1  # three to five
    assert lag.quantile(buckets, 0.5) == pytest.approx(0.75 + 0.25 * 50 / 99)
    assert lag.quantile(buckets, 0.99) == 1.0
    assert lag.quantile(buckets, 1.0) == 5.0
    assert lag.quantile([*[0] * len(lag.BOUNDS), 3], 0.5) == 3600


def test_old_minutes_are_forgotten(project: Project) -> None:
    send(project, event())
    drain_all()
    assert lag.of_project(project.pk, now() + (lag.MINUTES + 1) * 60_000).events == 0
    (minute,) = valkey.client().keys(f"ingest:lag:{project.pk}:*")
    assert 0 < valkey.client().ttl(minute) <= 16 * 60


def test_the_moment_of_a_commit_is_told_to_who_waits(project: Project) -> None:
    waited, other = send(project, event(), wait=True), send(project, event())
    before = now()
    drain_all()
    told = valkey.client().get(lag.committed_name(waited.shard, waited.entry_ids[0]))
    assert told is not None
    assert before <= int(told) <= now()
    assert valkey.client().get(lag.committed_name(other.shard, other.entry_ids[0])) is None


def test_what_cannot_be_measured_is_stored_all_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(project, event(), event())
    nowhere = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))

    class Away:
        client = staticmethod(lambda: nowhere)

    monkeypatch.setattr(lag, "valkey", Away)
    drain_all()
    assert len(stored()) == 2
    assert_accounted(project, received=2, stored=2)


def test_the_log_says_what_was_written(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    send(project, event(), event())
    drain_all()
    (line,) = [line for line in capfd.readouterr().err.splitlines() if " written " in line]
    assert "entries=1 events=2" in line
    assert "waited_ms=" in line


def test_the_pulse_of_drains_and_beat() -> None:
    assert pulse.seconds_since() == {"drain:0": None, "drain:1": None, "beat": None}
    pulse.drained(1)
    pulse.ticked()
    valkey.client().hset(pulse.PULSE, "drain:0", now() - 90_000)
    found = pulse.seconds_since()
    assert found["drain:0"] is not None
    assert found["drain:1"] is not None
    assert found["beat"] is not None
    assert 90 <= found["drain:0"] < 120
    assert found["drain:1"] < 30
    assert found["beat"] < 30
