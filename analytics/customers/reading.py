"""Reads the table of a state: from what is kept where the customers are many, else by asking anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import cast

from agentry.accounts.models import Project
from analytics import query
from analytics.customers import naming, questions, rows, standing, table, thresholds
from analytics.customers.rows import Customer, Series, Totals
from analytics.customers.state import State
from analytics.customers.table import Table
from analytics.customers.trend import Flag, Thresholds, Trend
from analytics.customers.window import Window
from analytics.engines import postgres_standings as sql
from analytics.models import Standings
from analytics.query import Result


@dataclass
class Reading:
    """One state of a project's table, being read: the answers so far, and what judges the flags."""

    project: Project
    state: State
    kept: Standings | None
    limits: Thresholds
    caps: Mapping[str | None, int]
    parts: list[Result] = field(default_factory=list)

    def ask(self, hogql: str) -> Result:
        self.parts.append(query.run(self.project, hogql))
        return self.parts[-1]

    def series(self, daily: Result, shown: list[Customer]) -> dict[str | None, Series]:
        """Calls and flags; what only the hours show is known from what is kept, if nothing has come since."""
        now = self.kept.as_of if self.is_kept and self.kept and self.kept.as_of else daily.as_of
        found = rows.series(daily, shown, now, self.limits, self.caps)
        if self.kept is None:
            return found
        place = self.project.pk, self.state.event
        last = {row[0]: row[3] for row in daily.rows} | {
            each.customer_id: each.last_call_at for each in shown
        }
        for name, (flag, reason, last_at) in sql.reasons(*place, list(last)).items():
            if last_at == last[name] or self.is_kept:
                found[name] = replace(found[name], trend=Trend(cast(Flag, flag), reason))
        return found

    @cached_property
    def asked(self) -> sql.Asked:
        """What is asked of kept figures: the same for every page."""
        state = self.state
        place = self.project.pk, state.event
        pattern = questions.pattern(state.search) if state.search else ""
        days, sort, falling = state.days, state.sort, state.descending
        asked = sql.Asked(*place, days, sort, falling, pattern, state.called, tuple(state.flags))
        return replace(asked, only=sql.few(asked)) if pattern else asked

    @property
    def is_kept(self) -> bool:
        """Whether the figures themselves are kept ones, as of then."""
        return standing.answers(self.kept, self.state)

    @property
    def judges(self) -> bool:
        return standing.judges(self.kept, self.state)


def begin(project: Project, state: State) -> Reading:
    kept = standing.of(project, state.event)
    if kept is not None and kept.as_of is not None:
        if standing.answers(kept, state):
            window = Window.up_to_now(state.days, kept.as_of.date())  # just after midnight: yesterday
            state = replace(state, window=window)
        elif not standing.is_fresh(kept, datetime.now(UTC)):
            kept = None
    if state.search:
        state = replace(state, called=naming.called(project, state.search))
    caps = standing.caps_of(project, state.event)
    return Reading(project, state, kept, thresholds.of(project), caps)


def read(project: Project, state: State) -> Table:
    """The table of a state; a page after the last one is the last one. Raises AgentryError."""
    reading = begin(project, state)
    only = only_of(reading)
    sums, shown = page(reading, only)
    state = reading.state
    names = [each.customer_id for each in shown]
    daily = reading.ask(questions.series(state, names, largest=reading.judges))
    series = reading.series(daily, shown)
    pictures = _pictures(reading, series, names)
    first = (state.page - 1) * state.size + 1
    made = rows.made(state, shown, sums, series, pictures, naming.of(reading.project, names), first)
    return _with_flags(
        reading,
        series,
        Table(
            state=state,
            rows=made,
            others=rows.others(state, shown, sums),
            total=rows.others(state, [], sums),
            totals=sums,
            watched=0,
            all_watched=True,
            flags=Counter(),
            only=_flagged(reading) if state.flag and reading.is_kept else only,
            answer=answer(reading, made),
            kept=reading.is_kept,
        ),
    )


def only_of(reading: Reading) -> list[str | None] | None:
    """The customers that a flag leaves, where they are asked for by name."""
    state = reading.state
    if not state.flag or reading.is_kept:
        return None
    if not reading.judges:
        return _flagged(reading)
    known = reading.series(reading.ask(questions.series(state, [], largest=True)), [])
    return [name for name in _largest(known) if known[name].trend.flag in state.flags]


def _flagged(reading: Reading) -> list[str | None]:
    """The customers with the state's flag, the largest, as many as a question can name."""
    return sql.named(reading.project.pk, reading.state.event, reading.state.flags, standing.NAMED_MOST)


def page(reading: Reading, only: list[str | None] | None) -> tuple[Totals, list[Customer]]:
    """The sums and the customers of the state's page; of the last page where the state's is after it."""
    if not reading.is_kept:
        found = reading.ask(questions.ranked_with_totals(reading.state, only))
        if found.rows:
            return rows.page(found)
    sums, state = totals(reading, only), reading.state
    reading.state = replace(state, page=min(state.page, max(1, -(-sums.matching // state.size))))
    return sums, customers(reading, only, sums) if sums.matching else []


def customers(reading: Reading, only: list[str | None] | None, sums: Totals) -> list[Customer]:
    """The customers of the state's page; none after the last one."""
    state = reading.state
    if not reading.is_kept:
        return rows.customers(reading.ask(questions.ranked(state, only)))
    found = sql.page(reading.asked, state.size, (state.page - 1) * state.size, sums.matching)
    return [Customer(*row[:-1]) for row in found]


def totals(reading: Reading, only: list[str | None] | None) -> Totals:
    state = reading.state
    if not reading.is_kept or reading.kept is None:
        return Totals(*rows.whole(reading.ask(questions.totals(state, only)).rows[0]))
    kept = dict(reading.kept.totals[str(state.days)])
    flags, first = kept.pop("flags"), date.fromisoformat(kept.pop("first"))
    matching = sum(flags.get(flag, 0) for flag in state.flags) if state.flag else kept["customers"]
    if state.search:
        matching = sql.count(reading.asked) if reading.asked.only is None else len(reading.asked.only)
    first_call_at = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return Totals(**kept, matching=matching, first_call_at=first_call_at)


def _pictures(
    reading: Reading, series: Mapping[str | None, Series], names: list[str | None]
) -> dict[str | None, Mapping[date, int]]:
    if not reading.state.detailed or not names:
        return {name: each.calls for name, each in series.items()}
    found = reading.ask(questions.filtered_series(reading.state, names))
    return {row[0]: dict(zip(row[1], row[2], strict=True)) for row in found.rows}


def _with_flags(reading: Reading, series: dict[str | None, Series], made: Table) -> Table:
    """The table with everybody's flags, or with those of the largest while nothing is kept."""
    if reading.kept is not None and not reading.judges:
        flags = standing.counted(reading.kept)
        return replace(made, flags=flags, watched=sum(flags.values()), flags_at=reading.kept.as_of)
    largest = _largest(series)
    watched = largest[: questions.WATCHED]
    flags = Counter(series[name].trend.flag for name in watched)
    return replace(made, flags=flags, watched=len(watched), all_watched=watched == largest)


def answer(reading: Reading, made: list[rows.Row]) -> Result:
    found = table.answer(made, reading.parts)
    kept = reading.kept
    if not reading.is_kept or kept is None or kept.as_of is None or kept.complete_through is None:
        return found
    return replace(found, as_of=kept.as_of, complete_through=kept.complete_through)


def _largest(series: Mapping[str | None, Series]) -> list[str | None]:
    """Who called in the horizon of trend, the largest first: those of the question and those of the page."""
    sizes = {name: sum(each.calls.values()) for name, each in series.items() if name is not None}
    return [*sorted((name for name, size in sizes.items() if size), key=lambda name: (-sizes[name], name))]
