"""The top-customers table: asks the questions, puts the answers together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from agentry.accounts.models import Project
from analytics import query
from analytics.customers import questions
from analytics.customers.sparkline import Sparkline, sparkline
from analytics.customers.state import State
from analytics.customers.trend import NEED_A_LOOK, Flag, Trend, trend
from analytics.customers.wording import number, plural
from analytics.query import Column, Result, Source

BAR = 100  # pixels of the longest bar of shares

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
class Row:
    """One customer. `share` and `change` are ratios; `bar` is the share's length in pixels of BAR."""

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
    """Calls of several customers, and the change between the complete periods (None: nothing before)."""

    customers: int
    calls: int
    share: float
    change: float | None


@dataclass(frozen=True)
class Table:
    """Everything that the page shows. `flags` counts those of the `watched` largest customers."""

    state: State
    rows: list[Row]
    matching: int
    others: Sum
    total: Sum
    active: int
    active_before: int
    complete_active: int
    watched: int
    flags: Counter[Flag]
    answer: Result

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // self.state.size))

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
        return ", ".join(counts) or f"of {self.watched_note}"

    @property
    def watched_note(self) -> str:
        whole = self.watched == self.total.customers
        return plural(self.watched, "customer") if whole else f"the {number(self.watched)} largest"

    @property
    def active_note(self) -> str:
        """How many more than in the period before, both complete."""
        more = self.complete_active - self.active_before
        if not self.active_before or not more:
            return f"of {number(self.total.customers)}"
        return (
            f"{number(abs(more))} {'more' if more > 0 else 'fewer'} than the {self.state.window} days before"
        )

    @property
    def today(self) -> date:
        return self.answer.as_of.date()

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=self.state.window - 1)


@dataclass(frozen=True)
class Series:
    """A customer's calls by day, and its last call."""

    calls: dict[date, int]
    last_call_at: datetime


def read(project: Project, state: State) -> Table:
    """The table of a state; a page after the last one is the last one. Raises AgentryError."""
    sums = query.run(project, questions.totals(state))
    total = _record(sums, sums.rows[0])
    pages = max(1, -(-total["matching"] // state.size))
    state = State(**{**vars(state), "page": min(state.page, pages)})
    ranked = query.run(project, questions.ranked(state))
    customers = [_record(ranked, row) for row in ranked.rows]
    daily = query.run(project, questions.series([customer["customer_id"] for customer in customers]))
    series = {
        name: Series(dict(zip(days, calls, strict=True)), last) for name, days, calls, last in daily.rows
    }
    now = daily.as_of
    trends = {name: trend(each.calls.items(), each.last_call_at, now) for name, each in series.items()}
    largest = sorted(series, key=lambda name: sum(series[name].calls.values()), reverse=True)
    watched = [name for name in largest if name is not None][: questions.WATCHED]
    rows = _rows(state, customers, total, series, now)
    return Table(
        state=state,
        rows=rows,
        matching=total["matching"],
        others=_others(customers, total),
        total=Sum(
            total["customers"], total["all_calls"], 1.0, _change(total["all_complete"], total["all_before"])
        ),
        active=total["active"],
        active_before=total["active_before"],
        complete_active=total["complete_active"],
        watched=len(watched),
        flags=Counter(trends[name].flag for name in watched),
        answer=_answer(rows, [sums, ranked, daily]),
    )


def _rows(
    state: State,
    customers: list[dict[str, Any]],
    total: dict[str, Any],
    series: dict[str | None, Series],
    now: datetime,
) -> list[Row]:
    first = (state.page - 1) * state.size + 1
    most = max((customer["total_calls"] for customer in customers), default=0) or 1
    rows = []
    for rank, customer in enumerate(customers, first):
        name, calls, last = customer["customer_id"], customer["total_calls"], customer["last_call_at"]
        each = series.get(name, Series({}, last))
        rows.append(
            Row(
                rank=rank,
                customer=name,
                calls=calls,
                share=calls / (total["all_calls"] or 1),
                bar=round(BAR * calls / most),
                change=customer["change"],
                active_days=customer["active_days"],
                last_call_at=last,
                trend=trend(each.calls.items(), last, now),
                sparkline=sparkline(each.calls, now.date()),
            )
        )
    return rows


def _others(customers: list[dict[str, Any]], total: dict[str, Any]) -> Sum:
    """Everything that is not shown, so that shown and others add up to the total."""

    def rest(all_of_it: str, column: str) -> int:
        return int(total[all_of_it]) - sum(int(customer[column]) for customer in customers)

    calls = rest("all_calls", "total_calls")
    change = _change(rest("all_complete", "complete_calls"), rest("all_before", "calls_before"))
    return Sum(total["customers"] - len(customers), calls, calls / (total["all_calls"] or 1), change)


def _change(now: int, before: int) -> float | None:
    return now / before - 1 if before else None


def _answer(rows: list[Row], parts: list[Result]) -> Result:
    """What is shown, as a result of its own: as old as its oldest part, from all their sources."""
    sources = {part.source for part in parts}
    source: Source = sources.pop() if len(sources) == 1 else "both"
    return Result(
        columns=EXPORTED,
        rows=[
            (
                *(
                    row.rank,
                    row.customer,
                    row.calls,
                    row.share,
                    row.change,
                    row.active_days,
                    row.last_call_at,
                ),
                *(row.trend.flag, row.trend.reason),
            )
            for row in rows
        ],
        truncated=any(part.truncated for part in parts),
        source=source,
        as_of=min(part.as_of for part in parts),
        complete_through=min(part.complete_through for part in parts),
        events_from=max(part.events_from for part in parts),
        elapsed_ms=sum(part.elapsed_ms for part in parts),
    )


def _record(result: Result, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip((column.name for column in result.columns), row, strict=True))
