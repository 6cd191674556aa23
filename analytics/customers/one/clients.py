"""What only raw events say of a customer: SDK versions, countries, latencies, and its latest events.

Bounded, and the page says so: the latest MOST calls of the window; the change over as many days as hold MOST
calls in each of two spans, or a slice of its busiest hour where a day has more. Of today, which has no index
by customer yet, only what is quickly read.

Those days may move against the page's whole window, so what is said of them begins with which they are. All
calls of fewer days, not a sample of them all: parts of a sample, raised to the window's total, would sum to
it, but none would be a count; at MOST calls chance moves a share of a half by 0.8 points, no less than the
changes that people ask about. Nothing that is estimated stands beside what is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from agentry.accounts.models import Project
from analytics import query
from analytics.charts.bars import Bars, Item, bars
from analytics.customers.one import questions
from analytics.customers.one.change import Dimension, Why, ranked, split
from analytics.customers.one.pictures import LISTED
from analytics.customers.one.read import begins
from analytics.customers.one.spans import DAY, Spans, spans
from analytics.customers.window import Window
from analytics.customers.wording import day, number, plural
from analytics.engines import postgres_customer as raw

# Calls of one customer that a part of a page reads, thrice at most. Of 44 million events: 157 ms for 10,000.
MOST = 4_000
TODAY = 100_000  # events of the whole project today, at most, for today to be read too
HOURS = 3  # of today, read for the latest events
SHOWN = 20  # latest events
NAMES = {raw.SDK: "SDK version", raw.COUNTRY: "country"}
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Compared:
    """`now` and `before` are equally long: (start, end), the end not included. `note` says why they are
    shorter than the page's, or ""."""

    why: Why
    now: tuple[datetime, datetime]
    before: tuple[datetime, datetime]
    note: str

    @property
    def sentence(self) -> str:
        """ "Of the 3 complete days to 28 Nov, read event by event: 13% fewer calls than in the 3 days
        before"."""
        start, end = self.now
        of = f"{start:%H:%M} to {end:%H:%M} on {day(start.date())}"
        if self.why.days:
            which = "complete day" if self.note else "day"
            same = "" if self.note else "same "
            of = f"the {same}{plural(self.why.days, which)} to {day(end.date() - DAY)}"
        said = self.why.sentence
        return f"Of {of}, read event by event: {said[0].lower()}{said[1:]}"


@dataclass(frozen=True)
class Clients:
    """`read` of the `calls` of the window, those from `first` on; `tables` by what they are of."""

    calls: int
    read: int
    first: datetime | None
    end: datetime
    tables: dict[str, Bars]
    latencies: list[raw.Group]
    compared: Compared | None

    @property
    def note(self) -> str:
        """How much of the window that is."""
        if self.read >= self.calls:
            return f"All {plural(self.calls, 'call')} of the window, from raw events."
        since = f" {day(self.first.date())}, {self.first:%H:%M}" if self.first else ""
        until = day((self.end - timedelta(seconds=1)).date())
        of = f"The latest {number(self.read)} of the {plural(self.calls, 'call')} of the window"
        return f"{of}: from{since} to {until}."


def clients(project: Project, customer: str | None, event: str, window: Window) -> Clients | None:
    """None where no events are kept of the window. Raises AgentryError."""
    daily = query.run(project, questions.days(event, customer))
    days = {each: int(calls) for each, calls, _, _ in daily.rows}
    found = spans(window, daily.events_from.date(), begins(project, event, window))
    if found is None:
        return None
    end = min(_midnight(found.shown[1] + DAY), _readable(project, window.today))
    start = _start(days, found.shown[0], end)
    read = raw.groups(raw.Calls(project.pk, event, customer, start, end), MOST) if start < end else []
    whole = next((each for each in read if not each.by), None)
    total = whole.calls if whole else 0
    return Clients(
        calls=sum(calls for each, calls in days.items() if window.first <= each <= window.last),
        read=total,
        first=whole.first if whole else None,
        end=end,
        tables={
            name: _table(title, [each for each in read if each.by == name], total)
            for name, title in NAMES.items()
        },
        latencies=_latencies(read),
        compared=_compared(project, customer, event, days, found),
    )


def latest(project: Project, customer: str | None, event: str) -> list[raw.Event]:
    """The latest SHOWN events; if today has more, those of its last HOURS hours. Raises AgentryError."""
    daily = query.run(project, questions.days(event, customer))
    days = {each: int(calls) for each, calls, _, _ in daily.rows}
    today = daily.as_of.date()
    found: list[raw.Event] = []
    if any(each >= today for each in days):
        hours = query.run(project, questions.hours(event, customer, today, today + 2 * DAY))
        for hour, _ in hours.rows[::-1][:HOURS]:
            found += raw.latest(raw.Calls(project.pk, event, customer, hour, hour + HOUR), SHOWN - len(found))
            if len(found) == SHOWN:
                return found
        if len(hours.rows) > HOURS:
            return found
    oldest = daily.events_from.date()
    start, missing = today, SHOWN - len(found)
    for each in sorted((each for each in days if oldest <= each < today), reverse=True):
        start, missing = each, missing - days[each]
        if missing <= 0:
            break
    if start < today:
        past = raw.Calls(project.pk, event, customer, _midnight(start), _midnight(today))
        found += raw.latest(past, SHOWN - len(found))
    return found


def _readable(project: Project, today: date) -> datetime:
    """Up to when events can be read by customer: today only in a project that has few."""
    few = int(query.run(project, questions.of_all(today)).rows[0][0]) <= TODAY
    return _midnight(today + (2 * DAY if few else 0 * DAY))


def _start(days: Mapping[date, int], first: date, end: datetime) -> datetime:
    """The latest day from which on there are MOST calls; the first day, if there are fewer."""
    left = MOST
    for each in sorted((each for each in days if first <= each and _midnight(each) < end), reverse=True):
        left -= days[each]
        if left <= 0:
            return _midnight(each)
    return _midnight(first)


def _compared(
    project: Project, customer: str | None, event: str, days: Mapping[date, int], found: Spans
) -> Compared | None:
    """The change by SDK version and country over the same days as the page's, or fewer."""

    def calls(first: date, count: int) -> int:
        return sum(days.get(first + index * DAY, 0) for index in range(count))

    last = found.now[1]
    count = found.days
    while (
        count
        and max(calls(last - (count - 1) * DAY, count), calls(last - (2 * count - 1) * DAY, count)) > MOST
    ):
        count -= 1
    if count:
        begin = last - (count - 1) * DAY
        now, before = (
            (_midnight(begin), _midnight(last + DAY)),
            (_midnight(begin - count * DAY), _midnight(begin)),
        )
        note = (
            ""
            if count == found.days
            else (
                f"Its calls of {plural(found.days, 'day')} are too many to read one by one. What is said of "
                f"all of them stands above; {plural(count, 'day')} may have gone another way."
            )
        )
    else:
        slices = _slice(project, customer, event, last)
        if slices is None:
            return None
        now, before = slices
        note = (
            f"A day has over {number(MOST)} calls, too many to read one by one, so this compares a part of "
            f"its busiest hour on {day(last)} with the same minutes a week before. What is said of all its "
            "calls stands above; a part of an hour may have gone another way."
        )
    return _why(project, customer, event, now, before, note, days=count)


def _slice(
    project: Project, customer: str | None, event: str, last: date
) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]] | None:
    """Of the busiest hour of the day as many minutes as have about MOST calls, and those a week before."""
    hours = query.run(project, questions.hours(event, customer, last, last)).rows
    if not hours:
        return None
    hour, calls = max(hours, key=lambda row: int(row[1]))
    minutes = max(1, min(60, 60 * MOST // max(1, int(calls))))
    end = hour + timedelta(minutes=minutes)
    return (hour, end), (hour - 7 * DAY, end - 7 * DAY)


def _why(
    project: Project,
    customer: str | None,
    event: str,
    now: tuple[datetime, datetime],
    before: tuple[datetime, datetime],
    note: str,
    days: int,
) -> Compared:
    later, earlier = (raw.counts(raw.Calls(project.pk, event, customer, *span)) for span in (now, before))
    total, total_before = (sum(count for _, count in each[raw.SDK]) for each in (later, earlier))
    dimensions: list[Dimension] = [
        split(
            title,
            [*((v, n, 0) for v, n in earlier[name]), *((v, 0, n) for v, n in later[name])],
            total_before,
            total,
        )
        for name, title in NAMES.items()
    ]
    return Compared(Why(total_before, total, days, ranked(dimensions)), now, before, note)


def _table(title: str, groups: list[raw.Group], total: int) -> Bars:
    shown = groups[:LISTED] if len(groups) > LISTED + 1 else groups
    items = [Item(each.value, each.calls, note=_quick(each)) for each in shown]
    if rest := total - sum(each.calls for each in shown):
        items.append(Item(f"{number(len(groups) - len(shown))} others", rest, faint=True))
    return bars(items, title[0].upper() + title[1:], total=total)


def _latencies(groups: list[raw.Group]) -> list[raw.Group]:
    """Of all calls, then of those endpoints with the most."""
    known = [each for each in groups if each.by in ("", "endpoint") and each.p50 is not None]
    return sorted(known, key=lambda each: each.by != "")[: LISTED + 1]


def _quick(group: raw.Group) -> str:
    return f"p95 {group.p95:,.0f} ms" if group.p95 is not None else ""


def _midnight(each: date) -> datetime:
    return datetime.combine(each, time(), UTC)
