"""The top-customers table: asks the questions, puts the answers together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics.customers import rows
from analytics.customers.rows import Row, Sum, Totals
from analytics.customers.state import LOOK, State
from analytics.customers.trend import NEED_A_LOOK, Flag
from analytics.customers.wording import number, plural
from analytics.query import Column, Result, Source

EXPORTED = [
    Column("rank", "UInt64"),
    Column("customer_id", "Nullable(String)"),
    Column("name", "String"),
    Column("calls", "UInt64"),
    Column("share", "Float64"),
    Column("change", "Nullable(Float64)"),
    Column("active_days", "UInt64"),
    Column("last_call_at", "DateTime64(3)"),
    Column("flag", "String"),
    Column("reason", "String"),
]


@dataclass(frozen=True)
class Table:
    """Everything that the page shows. `flags` counts those of the `watched` largest customers, at `flags_at`
    if they are kept; `only` are the customers that a wanted flag leaves; `kept`: the figures are, too."""

    state: State
    rows: list[Row]
    others: Sum
    total: Sum
    totals: Totals
    watched: int
    all_watched: bool
    flags: Counter[Flag]
    only: list[str | None] | None
    answer: Result
    flags_at: datetime | None = None
    kept: bool = False

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
    def growing_link(self) -> str:
        return self.state.flagged("growing")

    @property
    def look_link(self) -> str:
        return self.state.flagged(LOOK)

    @property
    def looks(self) -> list[tuple[str, str]]:
        """ "2 quiet", "1 dormant", each with the link to them."""
        counts = [(flag, count) for flag, count in self.flags.most_common() if flag in NEED_A_LOOK and count]
        return [(f"{number(count)} {flag}", self.state.flagged(flag)) for flag, count in counts]

    @property
    def flags_note(self) -> str:
        if self.flags_at is None:
            return "Whatever the window; the largest are those with the most calls in 60 days"
        return f"Whatever the window, of all that called in 60 days, as of {self.flags_at:%H:%M:%S} UTC"

    @property
    def watched_note(self) -> str:
        return plural(self.watched, "customer") if self.all_watched else f"the {number(self.watched)} largest"

    @property
    def active_note(self) -> str:
        """ "of 125, 13 more than before": both of complete days."""
        of = f"of {number(self.totals.customers)}"
        if not self.comparable:
            return of
        more = self.totals.complete_active - self.totals.active_before
        words = f"{number(abs(more))} {'more' if more > 0 else 'fewer'} than" if more else "as many as"
        return f"{of}, {words} before"

    @property
    def active_title(self) -> str:
        window = self.state.window
        if not self.comparable:
            return f"Of all who called in {window.name} or {window.before}, those who called in {window.name}"
        until = " up to yesterday" if window.last == window.today else ""
        before = number(self.totals.active_before)
        return (
            f"Called in {plural(self.state.days, 'complete day')}{until}; {before} did in {window.before}. "
            f"{number(self.totals.customers)} called in these days or in those"
        )

    @property
    def active(self) -> int:
        """Customers of the window; of its complete days where they are compared with those before."""
        return self.totals.complete_active if self.comparable else self.totals.active

    @property
    def comparable(self) -> bool:
        return rows.comparable(self.state, self.totals)

    @property
    def nothing_before(self) -> str:
        """Why there is no change to show."""
        return self.state.window.nothing_before(self.totals.first_call_at.date())


def answer(made: Sequence[Row], parts: list[Result]) -> Result:
    """What is shown, as a result of its own: as old as its oldest part, from all their sources."""
    sources = {part.source for part in parts}
    source: Source = sources.pop() if len(sources) == 1 else "both"
    return Result(
        columns=EXPORTED,
        rows=[cells(row) for row in made],
        truncated=any(part.truncated for part in parts),
        source=source,
        as_of=min(part.as_of for part in parts),
        complete_through=min(part.complete_through for part in parts),
        events_from=max(part.events_from for part in parts),
        elapsed_ms=sum(part.elapsed_ms for part in parts),
    )


def cells(row: Row) -> tuple[Any, ...]:
    numbers = (row.calls, row.share, row.change, row.active_days)
    return (row.rank, row.customer, row.name, *numbers, row.last_call_at, row.trend.flag, row.trend.reason)
