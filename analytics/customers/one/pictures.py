"""The charts of a customer's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from analytics.charts.bars import Bars, Item, bars
from analytics.charts.heat import Heat, heat
from analytics.charts.timeline import Timeline, timeline
from analytics.customers.one.read import Profile
from analytics.customers.one.spans import DAY
from analytics.customers.wording import day, number, percent, plural

HOUR = timedelta(hours=1)
LISTED = 8  # values of a detail; the rest is one row
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TITLES = {"endpoint": "Endpoints", "status": "Statuses", "method": "Methods", "plan": "Plans"}


@dataclass(frozen=True)
class Table:
    title: str
    chart: Bars
    note: str = ""


def by_day(profile: Profile) -> Timeline:
    """The window's days with those as far before behind them; today is a part of a day."""
    window, days = profile.window, profile.days
    dates = [window.first + index * DAY for index in range(window.days)]
    earlier = [each - window.days * DAY for each in dates]
    begun = min(days, default=window.today)
    before = [days.get(each, 0) for each in earlier] if earlier[-1] >= begun else []
    return timeline(
        [day(each) for each in dates],
        [days.get(each, 0) for each in dates],
        "Calls a day",
        before=before,
        before_name=f"{plural(window.days, 'day')} before",
        part=window.last == window.today,
        shape="bars" if window.days <= 100 else "line",
    )


def by_hour(profile: Profile, now: datetime) -> Timeline | None:
    """At most two weeks to the end of the window by the hour, with the same hours of the weeks before."""
    if profile.spans is None:
        return None
    first, last = profile.spans.shown
    end = min(datetime.combine(last + DAY, time(), UTC), now)
    begin = datetime.combine(max(first, last - 13 * DAY), time(), UTC)
    count = -(-int((end - begin).total_seconds()) // 3600)
    moments = [begin + index * HOUR for index in range(count)]
    weeks = -(-count // 168)
    earlier = [each - weeks * 7 * DAY for each in moments]
    known = profile.first_call_at is not None and earlier[-1] >= profile.first_call_at
    return timeline(
        [f"{day(each)} {each:%H}:00" for each in moments],
        [profile.hours.get(each, 0) for each in moments],
        "Calls an hour",
        shape="line",
        before=[profile.hours.get(each, 0) for each in earlier] if known else [],
        before_name=f"{plural(weeks, 'week')} before",
        part=end == now,
    )


def week(profile: Profile) -> Heat | None:
    """Calls an hour of the week, the mean over the window."""
    if profile.spans is None:
        return None
    first, last = profile.spans.shown
    sums = [[profile.week.get((weekday, hour), 0) for hour in range(24)] for weekday in range(1, 8)]
    span = [first + index * DAY for index in range((last - first).days + 1)]
    seen = [sum(1 for each in span if each.weekday() == weekday) for weekday in range(7)]
    means = [
        [round(calls / seen[weekday], 1) if seen[weekday] else None for calls in row]
        for weekday, row in enumerate(sums)
    ]
    return heat(WEEKDAYS, [f"{hour:02}:00" for hour in range(24)], means, "Mean calls an hour, UTC")


def tables(profile: Profile) -> list[Table]:
    """The details that calls have, with the calls of the window."""
    return [
        Table(title, _table(name, profile), _errors(profile) if name == "status" else "")
        for name, title in TITLES.items()
        if any(shown for _, shown, _, _ in profile.counts(name))
    ]


def _table(name: str, profile: Profile) -> Bars:
    shown = sorted(
        ((calls, value) for value, calls, _, _ in profile.counts(name) if calls),
        key=lambda pair: (-pair[0], pair[1] or ""),
    )
    return listed(name, shown, profile.detailed_calls)


def listed(name: str, counts: Sequence[tuple[int, str | None]], total: int) -> Bars:
    """The largest, and one row for all others, so that the rows sum to `total`."""
    shown = counts[:LISTED] if len(counts) > LISTED + 1 else counts
    items = [Item(value, calls, link="") for calls, value in shown]
    rest = total - sum(calls for calls, _ in shown)
    if rest > 0:
        items.append(Item(f"{number(max(1, len(counts) - len(shown)))} others", rest, faint=True))
    return bars(items, name.capitalize(), total=total)


def _errors(profile: Profile) -> str:
    if profile.errors is None:
        return "No call says its status."
    return f"{percent(profile.error_rate)} of the calls end in 400 or above."
