"""Trend and flag of one customer, from its daily calls: pure functions, one sentence of reason each.

Only complete days count: today is a part of a day, so it can end a silence but never be a drop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import fmean, median
from typing import Literal

from analytics.customers import hourly, rhythm
from analytics.customers.one.runway import Runway, runway
from analytics.customers.rhythm import Silence
from analytics.customers.wording import day, days_since, number, plural, whole_percent

Flag = Literal["new", "growing", "steady", "shrinking", "dropped", "quiet", "dormant", "near cap"]
NEED_A_LOOK: frozenset[Flag] = frozenset({"dropped", "quiet", "dormant", "near cap"})


@dataclass(frozen=True)
class Thresholds:
    """Every number that decides a flag.

    `horizon` and `period` are in days: two periods are compared, and the rhythm is read over the horizon.
    `growing`, `shrinking`, `dropped` are ratios of change. A change of the period must also be `certain`
    times its standard error over whole weeks, so that noise is not a trend. A silence is `quiet` when it is
    the longest yet and its chance, by the customer's own attendance, is at most `surprise`, after at least
    `known` days. It is `dormant` after `dormant_days`, `dormant_times` its longest earlier gap and
    `dormant_missed` of the weekdays on which it usually calls. Fewer than `calls` calls in a period move
    nothing. A silence of `quiet_hours` of the hours in which it usually calls is quiet too. `near_cap` is a
    share of its monthly cap.
    """

    horizon: int = 60
    period: int = 30
    growing: float = 0.10
    shrinking: float = 0.10
    dropped: float = 0.50
    certain: float = 2.5
    surprise: float = 0.12
    known: int = 14
    dormant_days: int = 10
    dormant_times: float = 1.5
    dormant_missed: int = 3
    calls: int = 20
    quiet_hours: int = 4
    near_cap: float = 0.80


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Trend:
    """A flag, and why, in one sentence that a person can say on the phone."""

    flag: Flag
    reason: str

    @property
    def needs_a_look(self) -> bool:
        return self.flag in NEED_A_LOOK


@dataclass(frozen=True)
class History:
    """Calls of each complete day of the horizon, oldest first, yesterday last; and of today so far."""

    calls: tuple[int, ...]
    so_far: int
    today: date
    last_day: date
    days_ago: int  # the last call, to the nearest day
    hourly: Silence | None  # by its rhythm of hours, if it has one and they are known
    runway: Runway | None  # of its monthly cap, if it has one

    @cached_property
    def active(self) -> list[int]:
        return [index for index, calls in enumerate(self.calls) if calls]

    @property
    def age(self) -> int:
        """Complete days since the first call of the horizon, that day included."""
        return len(self.calls) - self.active[0] if self.active else 0

    @property
    def silent_days(self) -> int:
        """Complete days since the last call."""
        return max(0, (self.today - self.last_day).days - 1)

    def date(self, index: int) -> date:
        return self.today - timedelta(days=len(self.calls) - index)

    def last(self, days: int, before: int = 0) -> int:
        """Calls in the `days` complete days that end `before` days before today."""
        end = len(self.calls) - before
        return sum(self.calls[max(0, end - days) : end])

    def weeks(self, count: int, before: int = 0) -> list[int]:
        """Calls of `count` weeks of seven complete days, latest first."""
        return [self.last(7, before + 7 * week) for week in range(count)]


def trend(
    days: Iterable[tuple[date, int]],
    last_call_at: datetime,
    now: datetime,
    thresholds: Thresholds = THRESHOLDS,
    *,
    cap: int | None = None,
    hours: Collection[datetime] = (),
) -> Trend:
    """The flag of a customer: `days` are (UTC day, calls) in any order, days without calls may be missing.

    `last_call_at` may lie before the days given, or after now (clocks differ: it then counts as today).
    `cap` is the calls of a month that it may make; `hours` are those with calls in the last `hourly.SPAN`
    days, none where nobody asked for them.
    """
    today, days = now.date(), [*days]
    counts = [0] * (thresholds.horizon + 1)  # oldest first, today last
    for each, calls in days:
        if 0 <= (ago := (today - each).days) <= thresholds.horizon:
            counts[-1 - ago] = calls
    last = min(last_call_at, now)
    history = History(
        tuple(counts[:-1]),
        counts[-1],
        today,
        last.date(),
        days_since(last, now),
        hourly.silence(hours, now) if hours else None,
        runway(dict(days), cap, today) if cap else None,
    )
    for judge in (_dormant, _quiet, _quiet_by_hours, _near_cap, _new, _dropped):
        found = judge(history, thresholds)
        if found:
            return found
    return _moved(history, thresholds)


def _dormant(history: History, limits: Thresholds) -> Trend | None:
    gap = max((after - before - 1 for before, after in pairwise(history.active)), default=0)
    if history.silent_days < limits.dormant_days or history.silent_days <= limits.dormant_times * gap:
        return None
    if history.active and rhythm.silence(history.calls, history.date(0)).missed < limits.dormant_missed:
        return None
    last = f"last call {plural(history.days_ago, 'day')} ago"
    days = history.calls[1 - limits.period :]  # and today: the days of the row that this stands in
    total, active = sum(days), sum(map(bool, days))
    if not active:
        return Trend(
            "dormant", f"no calls in the last {limits.period} days; {last}, on {day(history.last_day)}"
        )
    if active < limits.period / 2:
        few = plural(active, "active day")
        return Trend("dormant", f"{plural(total, 'call')}, but only {few} in {limits.period}; {last}")
    return Trend("dormant", f"called on {active} of {limits.period} days, then stopped; {last}")


def _quiet(history: History, limits: Thresholds) -> Trend | None:
    if history.silent_days == 0 or history.age < limits.known:
        return None
    silence = rhythm.silence(history.calls, history.date(0))
    if silence.missed > silence.longest_before and silence.chance <= limits.surprise:
        return Trend("quiet", rhythm.sentence(silence, history.days_ago, history.age))
    return None


def _quiet_by_hours(history: History, limits: Thresholds) -> Trend | None:
    if history.hourly is None or not hourly.is_unusual(history.hourly, limits.quiet_hours):
        return None
    return Trend("quiet", hourly.sentence(history.hourly))


def _near_cap(history: History, limits: Thresholds) -> Trend | None:
    """Over it, near it, or on the way to reach it within the month. Who has just dropped is no such case."""
    found = history.runway
    if found is None or not (found.share >= limits.near_cap or found.likely):
        return None
    if not _new(history, limits) and _dropped(history, limits):
        return None
    used = f"{number(found.used)} of {number(found.cap)} calls this month"
    said = f"{used}, {whole_percent(found.share)} of its cap: {found.sentence}"
    moved = _new(history, limits) or _moved(history, limits)
    also = "" if moved.flag == "steady" else f"; also {moved.flag}: {moved.reason}"
    return Trend("near cap", said + also)


def _new(history: History, limits: Thresholds) -> Trend | None:
    if history.last(limits.horizon - limits.period, before=limits.period):
        return None
    if not history.active:
        return Trend("new", f"first call today; {plural(history.so_far, 'call')} so far")
    first = history.active[0]
    total = history.last(limits.period) + history.so_far
    return Trend(
        "new",
        f"first call {day(history.date(first))}, none in the {first} days before; {number(total)} since",
    )


def _dropped(history: History, limits: Thresholds) -> Trend | None:
    """Over half down, 7 days against 7, and from its usual week too: the end of a spike is no drop."""
    latest, *earlier = history.weeks(max(2, history.age // 7))
    before, floor = earlier[0], 1 - limits.dropped
    if before < limits.calls or latest >= floor * before:
        return None
    if latest >= floor * median(earlier) or latest >= fmean(earlier) - limits.certain * _swing(earlier):
        return None
    down = f"{1 - latest / before:.0%}"
    return Trend("dropped", f"last 7 days {down} under the 7 before: {number(latest)} after {number(before)}")


def _moved(history: History, limits: Thresholds) -> Trend:
    """Growing or shrinking: by the period, and by whole weeks, which a weekend more or less does not move.
    Else steady, and why no more than that."""
    period = _comparable(history, limits)
    now, before = history.last(period), history.last(period, before=period)
    if not before:
        return Trend("steady", f"{plural(now, 'call')} in {period} days, none in the {period} before")
    change = now / before - 1
    if abs(change) < min(limits.growing, limits.shrinking, THRESHOLDS.growing):
        within = max(1, round(abs(change) * 100 + 0.5))
        return Trend("steady", f"within {within}% of the {period} days before")
    moved = f"{_by(change)} on the {period} days before"
    weeks = period // 7
    recent, earlier = history.weeks(weeks), history.weeks(weeks, before=7 * weeks)
    if max(now, before) < limits.calls or not sum(earlier):
        counts = f"{plural(now, 'call')} after {number(before)}"
        return Trend("steady", f"{moved}, but {counts} are too few to judge by")
    by_weeks = sum(recent) / sum(earlier) - 1
    flag: Flag = "growing" if change > 0 else "shrinking"
    least = limits.growing if change > 0 else limits.shrinking
    if abs(change) < least:
        return Trend("steady", f"{moved}, under the threshold of {least:.0%}")
    noise = _swing(recent + earlier) * (2 / weeks) ** 0.5
    if abs(fmean(recent) - fmean(earlier)) < limits.certain * noise:
        return Trend("steady", f"{moved}, no more than it swings by itself")
    if by_weeks * change < 0 or abs(by_weeks) < least:
        return Trend(
            "steady", f"{moved}, but {_by(by_weeks)} by whole weeks: under the threshold of {least:.0%}"
        )
    return Trend(flag, f"{moved}{_in_a_row(history) if change > 0 else ''}")


def _by(change: float) -> str:
    """ "up 43%"."""
    return f"{'up' if change > 0 else 'down'} {abs(change):,.0%}"


def _comparable(history: History, limits: Thresholds) -> int:
    """Days of two equal, complete periods: shorter, in whole weeks, for a customer younger than both."""
    if history.age > limits.horizon - 7:
        return limits.period
    return max(14, 7 * (history.age // 14))


def _swing(weeks: list[int]) -> float:
    """Standard deviation of a week, measured from week to week: a trend itself must not count as noise."""
    steps = [(later - sooner) ** 2 for later, sooner in pairwise(weeks)]
    return (fmean(steps) / 2) ** 0.5 if steps else 0.0


def _in_a_row(history: History) -> str:
    weeks = history.weeks(history.age // 7)
    rises = next((n for n, (later, sooner) in enumerate(pairwise(weeks)) if later <= sooner), len(weeks) - 1)
    return f", {rises} weeks in a row" if rises >= 3 else ""
