"""The rows of the top-customers table and their sums, put together from answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from analytics.customers.sparkline import Sparkline, sparkline
from analytics.customers.state import State
from analytics.customers.trend import THRESHOLDS, Thresholds, Trend, trend
from analytics.query import Result

NO_CAPS: Mapping[str | None, int] = {}
BAR = 60  # pixels of the longest bar of shares


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

    calls: Mapping[date, int]
    trend: Trend


@dataclass(frozen=True)
class Row:
    """One customer of the page. `name` is what the team calls it, or "". `share` and `change` are ratios;
    `bar` is the share in pixels of BAR."""

    rank: int
    customer: str | None
    name: str
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


def whole(row: tuple[Any, ...]) -> Iterator[Any]:
    """The values of a row; sums of counts come as Decimal and are whole."""
    return (int(value) if isinstance(value, Decimal) else value for value in row)


def customers(ranked: Result) -> list[Customer]:
    return [Customer(*whole(row)) for row in ranked.rows]


def page(found: Result) -> tuple[Totals, list[Customer]]:
    """The sums and the customers of an answer to `questions.ranked_with_totals` that has rows."""
    both = [tuple(whole(row)) for row in found.rows]
    columns = len(fields(Customer))
    return Totals(*both[0][columns:]), [Customer(*row[:columns]) for row in both]


def series(
    daily: Result,
    silent: Sequence[Customer],
    now: datetime,
    limits: Thresholds = THRESHOLDS,
    caps: Mapping[str | None, int] = NO_CAPS,
) -> dict[str | None, Series]:
    """Of everybody in the answer, and of those who were silent for its whole horizon. `caps` are monthly."""
    empty: list[tuple[Any, ...]] = [(each.customer_id, [], [], each.last_call_at) for each in silent]
    found = {}
    for name, days, counts, last_call_at in [*empty, *daily.rows]:
        calls = dict(zip(days, counts, strict=True))
        found[name] = Series(calls, trend(calls.items(), last_call_at, now, limits, cap=caps.get(name)))
    return found


def comparable(state: State, totals: Totals) -> bool:
    """Whether the period before is complete."""
    return state.window.compares(totals.first_call_at.date())


def made(
    state: State,
    shown: Sequence[Customer],
    totals: Totals,
    trends: Mapping[str | None, Series],
    pictures: Mapping[str | None, Mapping[date, int]],
    called: Mapping[str | None, str],
    first: int,
) -> list[Row]:
    """The rows from rank `first` on; `pictures` are the daily calls to draw, `called` the names."""
    most = max((each.total_calls for each in shown), default=0) or 1
    with_change = comparable(state, totals)
    return [
        Row(
            rank=rank,
            customer=each.customer_id,
            name=called.get(each.customer_id, ""),
            calls=each.total_calls,
            share=each.total_calls / (totals.total_calls or 1),
            bar=round(BAR * each.total_calls / most),
            change=each.change if with_change else None,
            active_days=each.active_days,
            last_call_at=each.last_call_at,
            trend=trends[each.customer_id].trend,
            sparkline=sparkline(pictures.get(each.customer_id, {}), state.window.today),
        )
        for rank, each in enumerate(shown, first)
    ]


def others(state: State, shown: Sequence[Customer], totals: Totals) -> Sum:
    """Everything that is not shown, so that shown and others add up to the total."""
    calls = totals.total_calls - sum(customer.total_calls for customer in shown)
    now = totals.complete_calls - sum(customer.complete_calls for customer in shown)
    before = totals.calls_before - sum(customer.calls_before for customer in shown)
    change = now / before - 1 if before and comparable(state, totals) else None
    return Sum(totals.customers - len(shown), calls, calls / (totals.total_calls or 1), change)
