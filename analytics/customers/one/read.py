"""A customer's page, put together: asks the questions, reads the directory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from agentry.accounts.models import Project
from analytics import query
from analytics.customers import standing
from analytics.customers.one import questions
from analytics.customers.one.change import Why, ranked, split
from analytics.customers.one.runway import Runway, runway
from analytics.customers.one.spans import DAY, Span, Spans, spans
from analytics.customers.state import EVENT
from analytics.customers.trend import Trend
from analytics.customers.window import Window
from analytics.customers.wording import day, long_day, plural
from analytics.engines.postgres_figures import first_day
from analytics.models import Customer
from analytics.query import Result, Source


@dataclass(frozen=True)
class Combination:
    """Calls with the same details: in the window, in its complete days, in the days before."""

    endpoint: str | None
    status: float | None
    method: str | None
    plan: str | None
    shown: int
    now: int
    before: int

    def value(self, name: str) -> str | None:
        """A detail as text; a status without its fraction."""
        found = getattr(self, name)
        return f"{found:g}" if isinstance(found, float) else found


@dataclass(frozen=True)
class Profile:
    """Everything about one customer that rollups say.

    `days` are all its calls by UTC day; `cube` its calls by details, `week` by (weekday from 1, hour), and
    `hours` by the hour where they are asked for: all three as far as `spans` go. `entry` is what the
    directory has of it; the project's calls begin on `begun`."""

    customer: str | None
    event: str
    window: Window
    days: dict[date, int]
    first_call_at: datetime | None
    last_call_at: datetime | None
    trend: Trend | None
    entry: Customer | None
    spans: Spans | None
    oldest: date
    cube: list[Combination]
    whole_cube: bool
    single: dict[str, list[tuple[str | None, int, int, int]]]
    week: dict[tuple[int, int], int]
    hours: dict[datetime, int]
    begun: date
    answers: list[Result]

    @property
    def known(self) -> bool:
        """Whether there is such a customer at all."""
        return bool(self.days) or self.entry is not None

    def sum(self, span: Span) -> int:
        first, last = span
        return sum(calls for each, calls in self.days.items() if first <= each <= last)

    @cached_property
    def calls(self) -> int:
        return self.sum((self.window.first, self.window.last))

    @cached_property
    def complete(self) -> int:
        return self.sum((self.window.complete_first, self.window.complete_last))

    @cached_property
    def before(self) -> int:
        return self.sum((self.window.before_first, self.window.before_last))

    @property
    def change(self) -> float | None:
        """Complete days against as many before; None where `nothing_before` says why."""
        return self.complete / self.before - 1 if self.before and self.window.compares(self.begun) else None

    @property
    def nothing_before(self) -> str:
        return self.window.nothing_before(self.begun)

    @property
    def nothing_to_compare(self) -> str:
        """Why there is no `why`, or ""."""
        if min(self.days, default=None) == self.window.today:
            return "Its first call is today: there is nothing to compare yet"
        if self.spans is None:
            return (
                f"Details are kept from {long_day(self.oldest)} on: of this window and the one before there "
                "are none"
            )
        if not self.spans.compares:
            return f"There is nothing to compare yet: {self.nothing_before}"
        if not self.sum(self.spans.now) and not self.sum(self.spans.before):
            days, last = self.spans.days, day(self.spans.now[1])
            return f"No calls in the {plural(days, 'complete day')} to {last}, and none in the {days} before"
        return ""

    @property
    def active_days(self) -> int:
        return sum(
            1 for each, calls in self.days.items() if calls and self.window.first <= each <= self.window.last
        )

    def counts(self, name: str) -> list[tuple[str | None, int, int, int]]:
        """(value, calls in the window, in its complete days, in the days before) of a detail."""
        if not self.whole_cube:
            return self.single[name]
        sums: defaultdict[str | None, list[int]] = defaultdict(lambda: [0, 0, 0])
        for each in self.cube:
            for index, calls in enumerate((each.shown, each.now, each.before)):
                sums[each.value(name)][index] += calls
        return [(value, *calls) for value, calls in sums.items()]  # type: ignore[misc]

    @cached_property
    def detailed_calls(self) -> int:
        """Calls of the window of which there are details."""
        return self.sum(self.spans.shown) if self.spans else 0

    @cached_property
    def errors(self) -> int | None:
        """Calls of the window with a status from 400 on; None where no call says its status."""
        counts = [(float(value), calls) for value, calls, _, _ in self.counts("status") if value is not None]
        return sum(calls for value, calls in counts if value >= 400) if counts else None

    @property
    def with_status(self) -> int:
        return sum(calls for value, calls, _, _ in self.counts("status") if value is not None)

    @property
    def error_rate(self) -> float:
        return (self.errors or 0) / (self.with_status or 1)

    @cached_property
    def plan(self) -> str | None:
        """The plan of most calls of the window."""
        named = [(calls, value) for value, calls, _, _ in self.counts("plan") if value]
        return max(named)[1] if named and max(named)[0] else None

    @cached_property
    def runway(self) -> Runway | None:
        if self.entry is None or not self.entry.monthly_cap or self.event != EVENT:
            return None
        return runway(self.days, self.entry.monthly_cap, self.window.today)

    @cached_property
    def why(self) -> Why | None:
        """None where `nothing_to_compare` says why."""
        if self.spans is None or self.nothing_to_compare:
            return None
        now, before = self.sum(self.spans.now), self.sum(self.spans.before)
        dimensions = [
            split(name, [(v, b, n) for v, _, n, b in self.counts(name)], before, now)
            for name in questions.DETAILS
        ]
        return Why(before, now, self.spans.days, ranked(dimensions))

    @property
    def answer(self) -> Result:
        """How old and whence: of all the answers together."""
        sources = {each.source for each in self.answers}
        source: Source = sources.pop() if len(sources) == 1 else "both"
        first = self.answers[0]
        return Result(
            columns=[],
            rows=[],
            truncated=False,
            source=source,
            as_of=min(each.as_of for each in self.answers),
            complete_through=min(each.complete_through for each in self.answers),
            events_from=first.events_from,
            elapsed_ms=sum(each.elapsed_ms for each in self.answers),
        )


def read(
    project: Project, customer: str | None, event: str, window: Window, *, hourly: bool = False
) -> Profile:
    """`hourly`: also the last two weeks of the window by the hour, and the two before them. Of a customer
    that nobody knows: a Profile that is not `known`. Raises AgentryError."""
    daily = query.run(project, questions.days(event, customer))
    days = {each: int(calls) for each, calls, _, _ in daily.rows}
    now, oldest = daily.as_of, daily.events_from.date()
    first = min((row[2] for row in daily.rows), default=None)
    last = max((row[3] for row in daily.rows), default=None)
    begun = begins(project, event, window)
    found = spans(window, oldest, begun) if days else None
    combinations = query.run(project, questions.cube(event, customer, found)) if found else None
    week = query.run(project, questions.week(event, customer, found.shown)) if found else None
    hours = None
    if found and hourly:
        end = found.shown[1]
        hours = query.run(project, questions.hours(event, customer, end - 27 * DAY, end))
    whole = combinations is None or len(combinations.rows) <= questions.CUBE_ROWS
    single = (
        {}
        if whole or found is None
        else {
            name: query.run(project, questions.cube(event, customer, found, [name]))
            for name in questions.DETAILS
        }
    )
    return Profile(
        customer=customer,
        event=event,
        window=window,
        days=days,
        first_call_at=first,
        last_call_at=last,
        trend=standing.trend_of(project, event, customer, days, last, now) if last else None,
        entry=entry(project, customer),
        spans=found,
        oldest=oldest,
        cube=_combinations(combinations.rows) if combinations and whole else [],
        whole_cube=whole,
        single={name: _single(result.rows) for name, result in single.items()},
        week={(weekday, hour): int(calls) for weekday, hour, calls in week.rows} if week else {},
        hours={_utc(hour): int(calls) for hour, calls in hours.rows} if hours else {},
        begun=begun,
        answers=[each for each in (daily, combinations, week, hours, *single.values()) if each is not None],
    )


def begins(project: Project, event: str, window: Window) -> date:
    """The first day with such an event of anybody; today, where there is none."""
    return first_day(project.pk, event, date.min) or window.today


def entry(project: Project, customer: str | None) -> Customer | None:
    """What the directory has of a customer."""
    if customer is None:
        return None
    rows = Customer.objects.filter(project=project, customer_id=customer)
    return rows.select_related("owner__user", "changed_by").first()


def _combinations(rows: Iterable[tuple[Any, ...]]) -> list[Combination]:
    return [
        Combination(endpoint, None if status is None else float(status), method, plan, *map(int, calls))
        for endpoint, status, method, plan, *calls in rows
    ]


def _single(rows: Iterable[tuple[Any, ...]]) -> list[tuple[str | None, int, int, int]]:
    return [
        (f"{value:g}" if isinstance(value, float) else value, int(shown), int(now), int(before))
        for value, shown, now, before in rows
    ]


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
