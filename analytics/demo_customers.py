"""The demo's customers and when each of them calls: the walkthrough's five, and a long tail.

A shape says how busy a customer is at a moment, as a weight; the calls are spread over the hours by it.
Everything is a function of a seeded generator and of `now`, so the same `now` gives the same calls.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate

DAYS = 60
WINDOW_DAYS = 30
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOUR_MS = 3_600_000

Shape = Callable[[float], float]  # days ago → weight


@dataclass(frozen=True)
class Customer:
    """`calls` is exact: over the last 30 days, or over all 60 if `over_all`. `last_call` is exact, too."""

    name: str
    plan: str
    calls: int
    shape: Shape
    over_all: bool = True
    last_call: timedelta = timedelta(minutes=1)
    weekend: float = 0.6  # of a working day
    utc_offset: int = 0  # hours: where its day lies
    night: float = 0.3  # of its busiest hour
    only_weekday: int | None = None  # a weekly batch: that weekday, at night
    only_days: dict[int, int] = field(default_factory=dict)  # days before its last call → calls, nothing else
    active_days: int | None = None  # days with calls in the last 30
    cap_used: float | None = None  # the share of its monthly cap that this month's calls are


def steady(days_ago: float) -> float:
    return 1.0


def growing(days_ago: float) -> float:
    return math.exp(-days_ago * math.log(1.9) / 30)  # the last 30 days are 1.9 times the 30 before


def shrinking(days_ago: float) -> float:
    return math.exp(days_ago * math.log(2.2) / 30)


def dropped(days_ago: float) -> float:
    return 1.0 if days_ago > 8 else 0.2  # over the last 7 complete days, whatever the time is now


def between(first: float, last: float = 0.0) -> Shape:
    """Calls from `first` days ago to `last` days ago: a new customer, or one who left."""
    return lambda days_ago: 1.0 if last <= days_ago <= first else 0.0


# The walkthrough's numbers over the last 30 days, divided by 500.
WALKTHROUGH = [
    Customer("acme_corp", "enterprise", 36_840, steady, False, timedelta(minutes=2), 0.85, -5, 0.5),
    Customer("wayne_ent", "enterprise", 19_684, growing, False, timedelta(minutes=3), 0.8, -8, 0.4),
    Customer(
        "stark_ind",
        "scale",
        12_420,
        steady,
        False,
        timedelta(days=2, minutes=17),
        0.8,
        1,
        0.4,
        active_days=28,
    ),
    Customer("umbrella_co", "scale", 9_620, steady, False, timedelta(minutes=15), 0.75, 8, 0.5),
    Customer(
        "initech_llc",
        "starter",
        360,
        steady,
        False,
        timedelta(days=12, minutes=20),
        only_days={16: 3, 15: 3, 13: 3, 10: 3, 8: 3, 5: 24, 1: 3, 0: 318},
    ),
]

# What the tail is too small to show, or has not: one that has dropped, one near its cap, one over it.
STORIES = [
    Customer("corvus_labs", "growth", 350, dropped, utc_offset=1),
    Customer("tessera_io", "growth", 345, steady, cap_used=0.9),
    Customer("marlow_data", "starter", 335, steady, utc_offset=-5, cap_used=1.1),
]

ONSETS = [
    "b",
    "br",
    "c",
    "d",
    "f",
    "g",
    "gl",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "r",
    "s",
    "t",
    "tr",
    "v",
    "z",
]
NUCLEI = ["a", "e", "i", "o", "u", "ia", "eo"]
CODAS = ["", "", "n", "r", "l", "x", "s", "m"]
ENDINGS = ["_labs", "_io", "_apps", "_group", "_data", "_works", "_co", "_systems"]
TAIL = 120
TAIL_CALLS = 340  # of the largest over 60 days: below initech_llc's, so the walkthrough's five lead


def long_tail(rng: random.Random) -> list[Customer]:
    """120 customers with invented names, few of them large, of mixed shapes."""
    names: list[str] = []
    while len(names) < TAIL:
        syllables = (rng.choice(ONSETS) + rng.choice(NUCLEI) for _ in range(rng.choice((2, 2, 3))))
        name = "".join(syllables) + rng.choice(CODAS) + rng.choice(ENDINGS)
        if name not in names:
            names.append(name)
    return [_tail_customer(rng, name, rank) for rank, name in enumerate(names)]


def _tail_customer(rng: random.Random, name: str, rank: int) -> Customer:
    shapes: list[tuple[Shape, int, dict[str, float | int]]] = [
        (steady, 30, {}),
        (steady, 24, {"weekend": 0.0, "night": 0.02}),
        (growing, 10, {}),
        (shrinking, 10, {}),
        (between(rng.uniform(3, 28)), 12, {}),
        (dropped, 10, {}),
        (between(DAYS, rng.uniform(4, 40)), 12, {}),
        (steady, 12, {"only_weekday": rng.randrange(7), "weekend": 1.0}),
    ]
    (shape, _, habits), *_ = rng.choices(shapes, [weight for _, weight, _ in shapes])
    return Customer(
        name=name,
        plan=rng.choices(["starter", "growth", "scale"], [5, 3, 1])[0],
        calls=max(12, round(TAIL_CALLS * (rank + 1) ** -0.42)),
        shape=shape,
        utc_offset=rng.choice((-8, -5, -3, 0, 1, 2, 5, 8, 9)),
        **{"weekend": rng.uniform(0.2, 0.9), "night": rng.uniform(0.1, 0.5), **habits},  # type: ignore[arg-type]
    )


def calls(rng: random.Random, customer: Customer, now: datetime) -> list[int]:
    """The moments of a customer's calls in the 60 days before `now`, in milliseconds since the epoch."""
    latest = now - customer.last_call
    if customer.only_days:
        return _calls_on_days(rng, customer.only_days, latest)
    weights = _hour_weights(rng, customer, now)
    scaled = len(weights) if customer.over_all else WINDOW_DAYS * 24
    recent = _spread(weights[-scaled:], customer.calls, rng.random())
    older_weight = sum(weights[:-scaled]) / (sum(weights[-scaled:]) or 1)
    older = _spread(weights[:-scaled], round(customer.calls * older_weight), rng.random())
    end, last = milliseconds(now), milliseconds(latest)
    times = []
    for ago, number in zip(range(len(weights) - 1, -1, -1), older + recent, strict=True):
        ends = min(end - ago * HOUR_MS, last)
        times += [ends - int(rng.random() * HOUR_MS) for _ in range(number)]
    times.sort()
    if not customer.over_all:
        times[-1] = last
    return times


def _hour_weights(rng: random.Random, customer: Customer, now: datetime) -> list[float]:
    """A weight for each hour before `now`, the oldest first."""
    latest, window_start = now - customer.last_call, now - DAY * WINDOW_DAYS
    pause_end = _pause_end(customer, now)
    week = _week(customer)
    day_noise = [rng.lognormvariate(0, 0.06) for _ in range(DAYS)]
    weights = []
    for ago in range(DAYS * 24 - 1, -1, -1):
        ends = now - HOUR * ago
        if ends - HOUR >= latest or window_start < ends < pause_end + HOUR:
            weights.append(0.0)
            continue
        middle = ends - HOUR / 2
        noise = day_noise[ago // 24] * rng.uniform(0.7, 1.3)
        weights.append(customer.shape((ago + 0.5) / 24) * week[middle.weekday() * 24 + middle.hour] * noise)
    return weights


def _pause_end(customer: Customer, now: datetime) -> datetime:
    """Until when it was silent from the start of the last 30 days on, so that `active_days` dates have calls.

    The pause starts inside a day, so no whole day is without calls."""
    if customer.active_days is None:
        return datetime.min.replace(tzinfo=UTC)
    first = (now - customer.last_call).date() - DAY * (customer.active_days - 1)
    return datetime.combine(first, time(), UTC)


def _week(customer: Customer) -> list[float]:
    """A weight for each hour of the week in UTC, from Monday 00:00: working days and nights where it is."""
    week = []
    for hour_of_week in range(7 * 24):
        weekday, hour = divmod((hour_of_week + customer.utc_offset) % (7 * 24), 24)
        noon = math.exp(-(((hour - 14) / 4.5) ** 2))
        weight = (customer.weekend if weekday >= 5 else 1.0) * (customer.night + (1 - customer.night) * noon)
        if customer.only_weekday is not None:
            weight = 1.0 if weekday == customer.only_weekday and 2 <= hour < 4 else 0.0
        week.append(weight)
    return week


def _spread(weights: list[float], total: int, phase: float) -> list[int]:
    """`total` calls over the hours, in proportion to their weights; the sum is exact."""
    sums = list(accumulate(weights))
    if not sums or sums[-1] == 0:
        return [0] * len(weights)
    marks = [int(part / sums[-1] * total + phase) for part in sums]
    return [mark - before for before, mark in zip([0, *marks], marks, strict=False)]


def _calls_on_days(rng: random.Random, days: dict[int, int], latest: datetime) -> list[int]:
    """Bursts that end at the same time of day as the last call, within three hours and within one date."""
    times = [milliseconds(latest)]
    for before, number in days.items():
        ends = latest - DAY * before
        midnight = ends.replace(hour=0, minute=0, second=0, microsecond=0)
        starts = max(midnight, ends - 3 * HOUR)
        first, span = milliseconds(starts), milliseconds(ends) - milliseconds(starts)
        times += [first + int(rng.random() * span) for _ in range(number - (before == 0))]
    return sorted(times)


def cap(used: int, share: float) -> int:
    """A cap of which `used` calls are about `share`, and on the same side of all of it; a round number from
    100 on. With few calls, as on the first day of a month, it is small."""
    size = used / share
    step = 10 if size >= 100 else 1
    return max(1, (math.floor(size / step) if share > 1 else math.ceil(size / step)) * step)


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
