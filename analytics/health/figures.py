"""The figures of the ingest health page, read from both servers, and what they mean in a sentence."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from agentry import valkey
from analytics.customers.wording import ago, number, plural
from analytics.engines import postgres_accounts, postgres_letters
from analytics.engines.postgres_letters import Choice
from analytics.health.chart import Chart, chart
from analytics.ingest import pace
from analytics.ingest.stream import BACKLOG, BACKLOGS
from analytics.write import accounting, lag, pulse
from analytics.write.accounting import Counts
from analytics.write.reader import Reader

OLD_SECONDS = 30.0  # waiting for longer than this is worth a word


@dataclass(frozen=True)
class Balance:
    """The accounting of one project. `off` is what does not add up; while `moving` that means nothing."""

    counts: Counts
    off: int
    moving: bool

    @property
    def rejected(self) -> int:
        return self.counts.rejected.total()


@dataclass(frozen=True)
class Waiting:
    """`oldest` in seconds: of the project's oldest waiting event, or, unless `exact`, at most that."""

    events: int
    oldest: float | None
    exact: bool


@dataclass(frozen=True)
class Figures:
    now: datetime
    balance: Balance
    waiting: Waiting
    lag: lag.Lag
    chart: Chart
    last_event_at: datetime | None
    letters: int
    headline: tuple[str, str]  # the kind of note, the sentence

    @property
    def last_event_ago(self) -> str:
        if self.last_event_at is None:
            return ""
        seconds = (self.now - self.last_event_at).total_seconds()
        return f"{max(int(seconds), 0)} s ago" if seconds < 60 else ago(self.last_event_at, self.now)


def figures(project_id: int) -> Figures | None:
    """None when Valkey does not answer. Raises django.db.Error."""
    now = time.time_ns() // 1_000_000
    try:
        balance = read_balance(project_id)
        waiting = read_waiting(project_id, now)
        measured, last = lag.of_project(project_id, now), pace.last_received(project_id)
        minutes, working, full = pace.last_hour(project_id, now), pulse.seconds_since(), _fullness()
    except RedisError:
        return None
    return Figures(
        datetime.fromtimestamp(now / 1000, UTC),
        balance,
        waiting,
        measured,
        chart(minutes),
        None if last is None else datetime.fromtimestamp(last / 1000, UTC),
        postgres_letters.count(project_id, Choice()),
        _headline(balance, waiting, working, full),
    )


def read_balance(project_id: int) -> Balance:
    """Read Valkey before and after PostgreSQL: what differs has moved meanwhile."""
    before = _of(project_id, accounting.at_accept())
    written = postgres_accounts.totals(project_id)
    after = _of(project_id, accounting.at_accept())
    counts = [accounting.combine(accept, written)[project_id] for accept in (after, before)]
    best = min(counts, key=lambda one: abs(one.unaccounted))
    return Balance(best, best.unaccounted, before != after)


def _of(project_id: int, counts: Mapping[tuple[int, str, str], int]) -> dict[tuple[int, str, str], int]:
    return {key: events for key, events in counts.items() if key[0] == project_id}


def read_waiting(project_id: int, now: int) -> Waiting:
    """The streams know their oldest entry, whosever it is: exact when no other project waits."""
    found: Any = valkey.client().hgetall(BACKLOGS)
    waiting = {int(project): int(events) for project, events in found.items() if int(events) > 0}
    events = waiting.get(project_id, 0)
    heads = [Reader(shard).oldest() for shard in range(settings.SHARDS)] if events else []
    first = min((head for head in heads if head is not None), default=None)
    oldest = None if first is None else max(now - first, 0) / 1000
    return Waiting(events, oldest, len(waiting) == 1)


def _fullness() -> float:
    found: Any = valkey.client().get(BACKLOG)
    return int(found or 0) / settings.BACKLOG_EVENTS


def _headline(
    balance: Balance, waiting: Waiting, working: dict[str, float | None], full: float
) -> tuple[str, str]:
    drains = [ago for name, ago in working.items() if name.startswith("drain:")]
    idle = min((ago for ago in drains if ago is not None), default=None)
    if full >= 1:
        return "bad", "The backlog is full: new events are refused with 503 until the writer has caught up."
    if waiting.events and (idle is None or idle > pulse.LATE_SECONDS):
        since = "has not been seen" if idle is None else f"was last seen {duration(idle)} ago"
        return "bad", f"{plural(waiting.events, 'event')} safe in the queue, but the writer {since}."
    if waiting.oldest is not None and waiting.oldest > OLD_SECONDS:
        return "warning", f"The writer is behind: {plural(waiting.events, 'event')} safe in the queue."
    if balance.off and not balance.moving:
        return "warning", (
            f"The account is off by {number(balance.off)}. Between a commit and its acknowledgement that is"
            " normal for a moment; if it stays, something was lost or counted twice."
        )
    if not balance.counts.received:
        return "", "No event has come yet."
    return "good", "Every event that came is accounted for."


def duration(seconds: float) -> str:
    """0.42 → "420 ms", 7.31 → "7.3 s", 95 → "1 min 35 s", 7300 → "2 h 1 min"."""
    if seconds < 0.995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"
