"""A customer's rhythm by the hours of the week: who calls every hour is silent before a day has passed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from analytics.customers.rhythm import Silence, silence_of
from analytics.customers.wording import plural

SPAN = 28  # days of hours that the rhythm is read from
WEEK = 168
HOUR = timedelta(hours=1)
STRICT = 0.9  # of its own hours it must have called in, or it has no rhythm by hours
CHANCE = 0.001  # of a silence: hours are looked at far more often than days
ACTIVE = 10  # days of the last 28 with calls, or its hours are not worth asking for
LATELY = timedelta(days=3)  # a longer silence is one of days


def worth_asking(days: Iterable[tuple[int, int]], last_call_at: datetime, now: datetime, least: int) -> bool:
    """Whether the hours may show a silence: `days` are (days ago, calls)."""
    silent = now - last_call_at
    if not least * HOUR <= silent <= LATELY:
        return False
    return sum(1 for ago, calls in days if calls and 0 < ago <= SPAN) >= ACTIVE


def since(now: datetime) -> datetime:
    """The first hour of the span: hours before are not looked at."""
    return _hour(now) - timedelta(days=SPAN)


def silence(hours: Collection[datetime], now: datetime) -> Silence | None:
    """The silence up to the last complete hour; None without a rhythm of at least two weeks."""
    first = since(now)
    present = [0] * (SPAN * 24)
    for hour in hours:
        index = int((hour - first) / HOUR)
        if 0 <= index < len(present):
            present[index] = 1
    called = [index for index, here in enumerate(present) if here]
    if not called or len(present) - called[0] < 2 * WEEK:
        return None
    found = silence_of(present, int((first - datetime(1970, 1, 5, tzinfo=UTC)) / HOUR), WEEK)
    return found if found.attended >= STRICT * found.expected else None


def is_unusual(found: Silence, least: int) -> bool:
    return found.missed >= least and found.missed > found.longest_before and found.chance <= CHANCE


def sentence(found: Silence) -> str:
    """ "calls every hour; silent for 6 hours, the first time in 28 days"."""
    novelty = "its longest silence" if found.longest_before else "the first time"
    every = "every" if found.attended == found.expected else "nearly every"
    habit, missed = _habit(found.usual, every), plural(found.missed, "hour")
    silent = f"silent for {missed}" if len(found.usual) == WEEK else f"silent for {missed} of these"
    return f"{habit}; {silent}, {novelty} in {SPAN} days"


def _habit(usual: frozenset[int], every: str) -> str:
    if len(usual) == WEEK:
        return f"calls {every} hour"
    days = {slot // 24 for slot in usual}
    hours = {slot % 24 for slot in usual}
    low, high = min(hours), max(hours) + 1
    regular = len(usual) == len(days) * len(hours) and len(hours) == high - low
    if regular and days == set(range(5)):
        return f"calls {every} hour from {low:02}:00 to {high:02}:00 UTC on weekdays"
    if regular and len(days) == 7:
        return f"calls {every} hour from {low:02}:00 to {high:02}:00 UTC"
    return f"calls in {every} one of the same {len(usual)} hours of the week"


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
