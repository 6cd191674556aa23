"""How long a customer's monthly cap lasts at its own pace, which knows weekdays. Months are UTC."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from statistics import fmean

from analytics.customers.wording import day, plural, whole_percent

WEEKS = 4  # of history that make the pace
LEAST = 7  # complete days of history to speak of a pace at all
HOW = (
    "Its mean for each weekday over the last 28 complete days, continued; the span is that of the emptiest "
    "and the fullest of these four weeks. Calls and cap are of the calendar month, UTC."
)


@dataclass(frozen=True)
class Runway:
    """`low`, `likely` and `high` are the days on which the cap is reached at a low, likely and high pace;
    None: not in this month. `passed` is the day on which it was, None if it was not. `ends` is the month's
    last day, `end` the share of the cap that is used by then at the three paces; None without enough history
    to have a pace."""

    cap: int
    used: int
    today: date
    ends: date
    end: tuple[float, float, float] | None = None
    low: date | None = None
    likely: date | None = None
    high: date | None = None
    passed: date | None = None

    @property
    def share(self) -> float:
        return self.used / self.cap

    @property
    def state(self) -> str:
        """over, near (reached this month at the likely pace, or 80% used), or fine."""
        if self.passed:
            return "over"
        return "near" if self.likely or self.share >= 0.8 else "fine"

    @property
    def brief(self) -> str:
        """ "6 days left", "lasts this month"."""
        if self.passed:
            return f"over since {day(self.passed)}"
        if self.end is None:
            return "no pace yet"
        if self.likely == self.today:
            return "reached today"
        return f"{plural((self.likely - self.today).days, 'day')} left" if self.likely else "lasts this month"

    @property
    def sentence(self) -> str:
        """ "reaches the cap in 6 days, on 24 May (between 22 May and 27 May)"; "at its pace 81% by 31 May
        (74% to 92%), so it lasts this month"."""
        if self.passed:
            return f"over the cap since {day(self.passed)}"
        if self.end is None:
            return f"too little history for a pace: it takes {LEAST} complete days"
        if self.likely:
            return f"at its pace it reaches the cap {_when(self.likely, self.today)}{self._between()}"
        least, likely, most = (whole_percent(each) for each in self.end)
        span = f" ({least} to {most})" if least != most else ""
        said = f"at its pace {likely} by {day(self.ends)}{span}, so it lasts this month"
        if self.high:
            said += f"; at its fullest week's pace it reaches the cap {_when(self.high, self.today)}"
        return said

    def _between(self) -> str:
        """The span, where it is one."""
        if self.low == self.high:
            return ""
        first = day(self.high) if self.high else day(self.ends)
        return f" (between {first} and {day(self.low)})" if self.low else f" ({first} at the earliest)"


def runway(days: Mapping[date, int], cap: int, today: date) -> Runway:
    """`days` are the customer's calls by UTC day; days without calls may be missing. `cap` is at least 1."""
    ends = today.replace(day=monthrange(today.year, today.month)[1])
    month = sorted(each for each in days if today.replace(day=1) <= each <= today)
    sums = list(accumulate(days[each] for each in month))
    used = sums[-1] if sums else 0
    passed = next((each for each, so_far in zip(month, sums, strict=True) if so_far >= cap), None)
    known = [each for each in days if days[each] and each < today]
    if not known or (today - min(known)).days < LEAST:
        return Runway(cap, used, today, ends, passed=passed)
    weekly = _weeks(days, today, min(known))
    pace = _pace(days, today, min(known))
    mean = fmean(weekly) or 1.0
    paces = [lambda each, by=by: by * pace(each) for by in (min(weekly) / mean, 1.0, max(weekly) / mean)]
    found = [_ahead(used, days.get(today, 0), cap, today, ends, each) for each in paces]
    (low, low_end), (likely, end), (high, high_end) = found
    return Runway(cap, used, today, ends, (low_end, end, high_end), low, likely, high, passed)


def _weeks(days: Mapping[date, int], today: date, first: date) -> list[int]:
    """Calls of the last complete weeks of seven days since the first call, latest first."""
    count = max(1, min(WEEKS, (today - first).days // 7))
    return [
        sum(days.get(today - timedelta(days=7 * week + ago), 0) for ago in range(1, 8))
        for week in range(count)
    ]


def _pace(days: Mapping[date, int], today: date, first: date) -> Callable[[date], float]:
    """Expected calls of a day: the mean of its weekday."""
    span = min(7 * WEEKS, (today - first).days // 7 * 7)
    past = [today - timedelta(days=ago) for ago in range(1, span + 1)]
    means = [fmean([days.get(each, 0) for each in past if each.weekday() == weekday]) for weekday in range(7)]
    return lambda each: means[each.weekday()]


def _ahead(
    used: int, so_far: int, cap: int, today: date, ends: date, pace: Callable[[date], float]
) -> tuple[date | None, float]:
    """When the cap is reached in this month, and what share of it is used by its end."""
    total = used + max(0.0, pace(today) - so_far)
    reached = today if total >= cap else None
    each = today
    while each < ends:
        each += timedelta(days=1)
        total += pace(each)
        if reached is None and total >= cap:
            reached = each
    return reached, total / cap


def _when(moment: date | None, today: date) -> str:
    assert moment is not None
    left = (moment - today).days
    near = {0: "today", 1: f"tomorrow, on {day(moment)}"}
    return near.get(left) or f"in {plural(left, 'day')}, on {day(moment)}"
