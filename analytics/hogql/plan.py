"""The planner: each SELECT over `events` is answered from the smallest rollups that answer it exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from analytics.hogql.bounds import beyond_bounds, bounds
from analytics.hogql.gather import columns_read, gathered
from analytics.hogql.levels import smallest
from analytics.hogql.ragged import only_counted, ragged
from analytics.hogql.ranges import DAY, Range, divide, floor_day, floor_hour, subtract
from analytics.hogql.tree import (
    Expr,
    In,
    Query,
    Relation,
    Rollup,
    Segment,
    Select,
    Table,
    Union,
)
from analytics.hogql.walk import map_expr, map_relation, map_select
from analytics.hogql.weigh import InexactError, Weigher

MAX_RAW_HOURS = 240  # more gaps than ten days of hours: raw events for all is the simpler plan

_NO_HOUR = "Raw events, because no whole hour lies in its window."
_NO_DETAILS = (
    "Raw events, because the hours in it have more endpoints, methods, statuses and plans than rollups hold."
)


@dataclass(frozen=True)
class Facts:
    """What the planner knows of the project: the query's moment, the oldest raw day kept, and the hours whose
    details are incomplete (a function, as only a detail plan asks). `rollups` False turns the planner off.
    """

    now: datetime
    events_from: datetime
    detail_gaps: Callable[[datetime, datetime], list[datetime]]
    rollups: bool = True


@dataclass(frozen=True)
class Part:
    """How one SELECT over a table is answered; `reason` says why it is raw, "" where it is not."""

    table: str
    levels: tuple[str, ...]
    raw: tuple[Range, ...] = ()
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        edges = [{"from": low.isoformat(), "to": high.isoformat()} for low, high in self.raw]
        return {"table": self.table, "levels": list(self.levels), "raw_edges": edges, "reason": self.reason}


def plan(query: Query, facts: Facts) -> tuple[Query, list[Part]]:
    """The query with its events replaced by rollups where that is exact, and how each part is answered."""
    planner = _Planner(facts)
    return planner.query(query), planner.parts


class _Planner:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.parts: list[Part] = []

    def query(self, query: Query) -> Query:
        if isinstance(query, Union):
            return replace(query, selects=tuple(self.query(part) for part in query.selects))
        query = map_select(query, self._inside)
        if isinstance(query.relation, Table) and query.relation.name == "events":
            return self._events(query, query.relation)
        if query.relation is None:
            return query
        return replace(query, relation=map_relation(query.relation, self._leaf, self._inside, self.query))

    def _leaf(self, relation: Relation) -> Relation:
        """A table that is joined, or `usage`: read as it is, events from the oldest day kept."""
        if isinstance(relation, Table) and relation.name == "usage":
            self.parts.append(Part("usage", ("usage_day",)))
        elif isinstance(relation, Table):
            self.parts.append(
                Part("events", ("events",), reason="Raw events, because they are joined one by one.")
            )
            return replace(relation, since=self.facts.events_from)
        return relation

    def _events(self, query: Select, table: Table) -> Select:
        since, until = bounds(query.where, table.alias)
        table = replace(
            table, since=max(since or self.facts.events_from, self.facts.events_from), until=until
        )
        query = replace(query, relation=table)
        try:
            planned, part = self._from_rollups(query, table)
        except InexactError as reason:
            planned, part = query, Part("events", ("events",), reason=f"Raw events, because {reason}.")
        self.parts.append(part)
        return planned

    def _inside(self, expr: Expr) -> Expr:
        return map_expr(expr, self._inside, self._members if isinstance(expr, In) else self.query)

    def _members(self, query: Query) -> Query:
        """A subquery after IN: which values there are is all that counts, so rollups may serve it."""
        if not isinstance(query, Select) or query.aggregated or (query.limit, query.limit_by) != (None, None):
            return self.query(query)
        known = len(self.parts)
        found = self.query(replace(query, distinct=True, order_by=()))
        if self.parts[known:] and self.parts[-1].reason:
            del self.parts[known:]
            return self.query(query)
        return found

    def _from_rollups(self, select: Select, table: Table) -> tuple[Select, Part]:
        if not self.facts.rollups:
            raise InexactError("the planner is off")
        if not select.aggregated and not select.distinct:
            raise InexactError("it lists single events")
        weigher = Weigher(table.alias, select.aggregated)
        weighed = map_select(replace(select, where=beyond_bounds(select.where, table.alias)), weigher.rewrite)
        assert table.since is not None and table.project_id is not None
        until = table.until or floor_day(self.facts.now) + 3 * DAY  # events lie at most 24 hours ahead
        whole = (table.since, max(table.since, until))
        counted = only_counted(weighed, table.alias)
        columns = columns_read(counted or weighed, table.alias)
        day, hour = smallest(columns, "day"), smallest(columns, "hour")
        gaps = self._gaps(whole) if hour.detailed else set()
        less = ragged(whole, weigher.cuts, gaps) if counted else []
        days, hours, raw = divide(whole, weigher.cuts, gaps, hourly=weigher.hourly)
        raw = [part for item in raw for part in subtract(item, [piece.taken for piece in less])]
        found = (
            Segment(day.table, tuple(days)),
            Segment(hour.table, tuple(hours)),
            *(Segment(hour.table, (piece.hour,), piece.taken[0]) for piece in less),
            Segment("events", tuple(raw)),
            *(Segment("events", piece.others, piece.taken[0]) for piece in less),
        )
        segments = tuple(segment for segment in found if segment.ranges)
        used = tuple(dict.fromkeys(segment.level for segment in segments))
        reason = "" if used != ("events",) else _NO_HOUR if not gaps else _NO_DETAILS
        edges = sorted({edge for segment in segments if segment.level == "events" for edge in segment.ranges})
        # Of a window without a moment, the days: none.
        relation = Rollup(table.alias, table.project_id, segments or found[:1], columns)
        planned = replace(counted if counted and less else weighed, relation=relation)
        return gathered(planned, relation), Part("events", used, tuple(edges), reason)

    def _gaps(self, whole: Range) -> set[datetime]:
        """Hours that the window touches whose details are incomplete. Raises InexactError for too many."""
        gaps = set(self.facts.detail_gaps(floor_hour(whole[0]), whole[1]))
        if len(gaps) > MAX_RAW_HOURS:
            raise InexactError(
                f"{len(gaps)} hours in it have more endpoints, methods, statuses and plans than rollups hold"
            )
        return gaps
