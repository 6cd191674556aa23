"""How long a customer's monthly cap lasts at its own pace, which knows weekdays. Months are UTC."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from analytics.customers.wording import day, percent, plural

WEEKS = 4  # of history that make the pace
LEAST = 7  # complete days of history to speak of a pace at all
HOW = (
    "Its mean for each weekday over the last 28 complete days, continued; the span is that of the emptiest "
    "and the fullest of these four weeks. Calls and cap are of the calendar month, UTC."
)


@dataclass(frozen=True)
class Runway:
    """`low`, `likely` and `high` are the days on which the cap is reached at a low, likely and high pace;
    None: not in this month. `ends` is the month's last day, `end` the share of the cap that is used by then
    at the three paces; None without enough history to have a pace."""

    cap: int
    used: int
    today: date
    ends: date
    end: tuple[float, float, float] | None = None
    low: date | None = None
    likely: date | None = None
    high: date | None = None

    @property
    def share(self) -> float:
        return self.used / self.cap

    @property
    def days_left(self) -> tuple[int | None, int | None, int | None]:
        """Days until the cap at the low, likely and high pace."""
        return tuple(
            (each - self.today).days if each else None for each in (self.low, self.likely, self.high)
        )  # type: ignore[return-value]

    @property
    def state(self) -> str:
        """over, near (reached this month at the likely pace, or 80% used), or fine."""
        if self.used >= self.cap:
            return "over"
        return "near" if self.likely or self.share >= 0.8 else "fine"

    @property
    def brief(self) -> str:
        """ "6 days left", "lasts this month"."""
        if self.used >= self.cap:
            return "over"
        if self.end is None:
            return "no pace yet"
        return f"{plural((self.likely - self.today).days, 'day')} left" if self.likely else "lasts this month"

    @property
    def sentence(self) -> str:
        """ "reached in 6 days, on 24 May (22 to 27 May)"; "not this month: 81% by 31 May (74% to 92%)"."""
        if self.used >= self.cap:
            return f"over the cap with {plural((self.ends - self.today).days, 'day')} of the month to go"
        if self.end is None:
            return f"too little history for a pace: it takes {LEAST} complete days"
        if self.likely:
            return f"reached {_when(self.likely, self.today)} ({self._between()})"
        least, likely, most = (percent(each) for each in self.end)
        late = f"; at its fullest week's pace {_when(self.high, self.today)}" if self.high else ""
        return f"not this month: {likely} by {day(self.ends)} ({least} to {most}){late}"

    def _between(self) -> str:
        first = day(self.high) if self.high else day(self.ends)
        return f"between {first} and {day(self.low)}" if self.low else f"from {first}, or not this month"


def runway(days: Mapping[date, int], cap: int, today: date) -> Runway:
    """`days` are the customer's calls by UTC day; days without calls may be missing. `cap` is at least 1."""
    ends = today.replace(day=monthrange(today.year, today.month)[1])
    used = sum(calls for each, calls in days.items() if today.replace(day=1) <= each <= today)
    known = [each for each in days if days[each] and each < today]
    if not known or (today - min(known)).days < LEAST:
        return Runway(cap, used, today, ends)
    weekly = _weeks(days, today, min(known))
    pace = _pace(days, today, min(known))
    mean = fmean(weekly) or 1.0
    paces = [lambda each, by=by: by * pace(each) for by in (min(weekly) / mean, 1.0, max(weekly) / mean)]
    found = [_ahead(used, days.get(today, 0), cap, today, ends, each) for each in paces]
    (low, low_end), (likely, end), (high, high_end) = found
    return Runway(cap, used, today, ends, (low_end, end, high_end), low, likely, high)


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
    return "today" if not left else f"in {plural(left, 'day')}, on {day(moment)}"
