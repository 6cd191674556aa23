"""The top-customers table: asks the questions, puts the answers together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from agentry.accounts.models import Project
from analytics import query
from analytics.customers import questions
from analytics.customers.sparkline import Sparkline, sparkline
from analytics.customers.state import State
from analytics.customers.trend import NEED_A_LOOK, Flag, Trend, trend
from analytics.customers.wording import day, number, plural
from analytics.query import Column, Result, Source

BAR = 60  # pixels of the longest bar of shares

EXPORTED = [
    Column("rank", "UInt64"),
    Column("customer_id", "Nullable(String)"),
    Column("calls", "UInt64"),
    Column("share", "Float64"),
    Column("change", "Nullable(Float64)"),
    Column("active_days", "UInt64"),
    Column("last_call_at", "DateTime64(3)"),
    Column("flag", "String"),
    Column("reason", "String"),
]


@dataclass(frozen=True)
class Customer:
    """A row of the answer to `questions.ranked`."""

    customer_id: str | None
    total_calls: int
    active_days: int
    last_call_at: datetime
    complete_calls: int
    calls_before: int
    change: float | None
    week_change: float | None


@dataclass(frozen=True)
class Totals:
    """The answer to `questions.totals`: of the window, of its complete days, and of the days before."""

    customers: int
    matching: int
    active: int
    total_calls: int
    complete_active: int
    complete_calls: int
    active_before: int
    calls_before: int
    first_call_at: datetime


@dataclass(frozen=True)
class Series:
    """A customer's calls by day over the horizon of trend, and what they show."""

    calls: dict[date, int]
    trend: Trend


@dataclass(frozen=True)
class Row:
    """One customer of the page. `share` and `change` are ratios; `bar` is the share in pixels of BAR."""

    rank: int
    customer: str | None
    calls: int
    share: float
    bar: int
    change: float | None
    active_days: int
    last_call_at: datetime
    trend: Trend
    sparkline: Sparkline


@dataclass(frozen=True)
class Sum:
    """Calls of several customers, and their change (None: there is nothing to compare with)."""

    customers: int
    calls: int
    share: float
    change: float | None


@dataclass(frozen=True)
class Table:
    """Everything that the page shows. `flags` counts those of the `watched` largest customers."""

    state: State
    rows: list[Row]
    others: Sum
    total: Sum
    totals: Totals
    watched: int
    all_watched: bool
    flags: Counter[Flag]
    answer: Result

    @property
    def pages(self) -> int:
        return max(1, -(-self.totals.matching // self.state.size))

    @property
    def growing(self) -> int:
        return self.flags["growing"]

    @property
    def to_look_at(self) -> int:
        return sum(self.flags[flag] for flag in NEED_A_LOOK)

    @property
    def look_note(self) -> str:
        """ "2 quiet, 1 dormant"."""
        counts = [
            f"{number(count)} {flag}" for flag, count in self.flags.most_common() if flag in NEED_A_LOOK
        ]
        if not counts or not self.all_watched:
            counts.append(f"of {self.watched_note}")
        return ", ".join(counts)

    @property
    def watched_note(self) -> str:
        return plural(self.watched, "customer") if self.all_watched else f"the {number(self.watched)} largest"

    @property
    def active_note(self) -> str:
        """How many more than in the period before, both complete."""
        if not self.comparable:
            return f"of {number(self.totals.customers)}"
        more = self.totals.complete_active - self.totals.active_before
        words = f"{number(abs(more))} {'more' if more > 0 else 'fewer'} than" if more else "as many as"
        return f"up to yesterday, {words} the {self.state.window} days before"

    @property
    def active(self) -> int:
        """Customers of the window; of its complete days where they are compared with those before."""
        return self.totals.complete_active if self.comparable else self.totals.active

    @property
    def today(self) -> date:
        return self.answer.as_of.date()

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=self.state.window - 1)

    @property
    def comparable(self) -> bool:
        return _comparable(self.state, self.totals, self.today)

    @property
    def nothing_before(self) -> str:
        """Why there is no change to show."""
        if self.comparable:
            return f"no calls in the {self.state.window} days before"
        first = day(self.totals.first_call_at.date())
        return f"the first call is of {first}: the {self.state.window} days before are not complete"


def read(project: Project, state: State) -> Table:
    """The table of a state; a page after the last one is the last one. Raises AgentryError."""
    sums = query.run(project, questions.totals(state))
    totals = Totals(*_whole(sums.rows[0]))
    state = replace(state, page=min(state.page, max(1, -(-totals.matching // state.size))))
    ranked = query.run(project, questions.ranked(state))
    customers = [Customer(*_whole(row)) for row in ranked.rows]
    daily = query.run(project, questions.series([customer.customer_id for customer in customers]))
    now = daily.as_of
    series = _series(daily, customers, now)
    comparable = _comparable(state, totals, now.date())
    rows = _rows(state, customers, totals, series, now.date())
    if not comparable:
        rows = [replace(row, change=None) for row in rows]
    largest = _largest(series)
    watched = largest[: questions.WATCHED]
    return Table(
        state=state,
        rows=rows,
        others=_others(customers, totals, comparable),
        total=_others([], totals, comparable),
        totals=totals,
        watched=len(watched),
        all_watched=watched == largest,
        flags=Counter(series[name].trend.flag for name in watched),
        answer=_answer(rows, [sums, ranked, daily]),
    )


def _series(daily: Result, customers: list[Customer], now: datetime) -> dict[str | None, Series]:
    """Of everybody in the answer, and of those customers that have been silent for its whole horizon."""
    silent: list[tuple[Any, ...]] = [(each.customer_id, [], [], each.last_call_at) for each in customers]
    series = {}
    for name, days, counts, last_call_at in [*silent, *daily.rows]:
        calls = dict(zip(days, counts, strict=True))
        series[name] = Series(calls, trend(calls.items(), last_call_at, now))
    return series


def _whole(row: tuple[Any, ...]) -> Iterator[Any]:
    """The values of a row; sums of counts come as Decimal and are whole."""
    return (int(value) if isinstance(value, Decimal) else value for value in row)


def _comparable(state: State, totals: Totals, today: date) -> bool:
    """Whether the period before is complete: a project that began inside it has nothing to compare with.

    It may begin some days into it: the first days may just be a weekend."""
    late = max(2, state.window // 4)
    return totals.first_call_at.date() <= today - timedelta(days=state.twice - late)


def _largest(series: dict[str | None, Series]) -> list[str]:
    """Who called in the horizon of trend, the largest first: those of the question and those of the page."""
    sizes = {name: sum(each.calls.values()) for name, each in series.items() if name is not None}
    return sorted((name for name, size in sizes.items() if size), key=lambda name: (-sizes[name], name))


def _rows(
    state: State,
    customers: list[Customer],
    totals: Totals,
    series: dict[str | None, Series],
    today: date,
) -> list[Row]:
    first = (state.page - 1) * state.size + 1
    most = max((customer.total_calls for customer in customers), default=0) or 1
    rows = []
    for rank, customer in enumerate(customers, first):
        each = series[customer.customer_id]
        rows.append(
            Row(
                rank=rank,
                customer=customer.customer_id,
                calls=customer.total_calls,
                share=customer.total_calls / (totals.total_calls or 1),
                bar=round(BAR * customer.total_calls / most),
                change=customer.change,
                active_days=customer.active_days,
                last_call_at=customer.last_call_at,
                trend=each.trend,
                sparkline=sparkline(each.calls, today),
            )
        )
    return rows


def _others(shown: Sequence[Customer], totals: Totals, comparable: bool) -> Sum:
    """Everything that is not shown, so that shown and others add up to the total."""
    calls = totals.total_calls - sum(customer.total_calls for customer in shown)
    now = totals.complete_calls - sum(customer.complete_calls for customer in shown)
    before = totals.calls_before - sum(customer.calls_before for customer in shown)
    change = now / before - 1 if before and comparable else None
    return Sum(totals.customers - len(shown), calls, calls / (totals.total_calls or 1), change)


def _answer(rows: list[Row], parts: list[Result]) -> Result:
    """What is shown, as a result of its own: as old as its oldest part, from all their sources."""
    sources = {part.source for part in parts}
    source: Source = sources.pop() if len(sources) == 1 else "both"
    return Result(
        columns=EXPORTED,
        rows=[_cells(row) for row in rows],
        truncated=any(part.truncated for part in parts),
        source=source,
        as_of=min(part.as_of for part in parts),
        complete_through=min(part.complete_through for part in parts),
        events_from=max(part.events_from for part in parts),
        elapsed_ms=sum(part.elapsed_ms for part in parts),
    )


def _cells(row: Row) -> tuple[Any, ...]:
    numbers = (row.calls, row.share, row.change, row.active_days)
    return (row.rank, row.customer, *numbers, row.last_call_at, row.trend.flag, row.trend.reason)
