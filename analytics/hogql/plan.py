"""The planner: each SELECT over `events` is answered from the smallest rollups that answer it exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from analytics.hogql.constants import instant
from analytics.hogql.gather import columns_read, gathered
from analytics.hogql.ranges import DAY, Range, divide, floor_day
from analytics.hogql.tree import (
    Call,
    Column,
    Compare,
    Expr,
    Literal,
    Query,
    Relation,
    Rollup,
    Segment,
    Select,
    Table,
    Union,
)
from analytics.hogql.types import UINT8
from analytics.hogql.walk import map_expr, map_relation, map_select
from analytics.hogql.weigh import MILLISECOND, SWAPPED, InexactError, Weigher

MAX_RAW_HOURS = 240  # more gaps than ten days of hours: raw events for all is the simpler plan


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
        return map_expr(expr, self._inside, self.query)

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
        gaps = set(self.facts.detail_gaps(*whole)) if weigher.detail else set()
        if len(gaps) > MAX_RAW_HOURS:
            raise InexactError(
                f"{len(gaps)} hours in it have more endpoints, methods, statuses and plans than rollups hold"
            )
        days, hours, raw = divide(whole, weigher.cuts, gaps, hourly=weigher.hourly)
        prefix = "usage_detail" if weigher.detail else "usage"
        levels = ((f"{prefix}_day", days), (f"{prefix}_hour", hours), ("events", raw))
        segments = tuple(Segment(level, tuple(ranges)) for level, ranges in levels if ranges)
        columns = columns_read(weighed, table.alias)
        relation = Rollup(table.alias, table.project_id, weigher.detail, segments, columns)
        part = Part("events", tuple(segment.level for segment in segments), tuple(raw))
        return gathered(replace(weighed, relation=relation), relation), part


def bounds(where: Expr | None, alias: str) -> tuple[datetime | None, datetime | None]:
    """[since, until) that the ANDed conditions on the time imply; None where they leave it open."""
    since: list[datetime] = []
    until: list[datetime] = []
    for condition in _conditions(where):
        if isinstance(condition, Compare):
            low, high = _bound(condition, alias)
            since += [low] if low else []
            until += [high] if high else []
    return max(since, default=None), min(until, default=None)


def beyond_bounds(where: Expr | None, alias: str) -> Expr | None:
    """What `bounds` does not say already: each row of the rollups would be asked it again."""
    rest = [condition for condition in _conditions(where) if not _is_said(condition, alias)]
    if len(rest) < 2:
        return rest[0] if rest else None
    return Call("and", tuple(rest), UINT8)


def _is_said(condition: Expr, alias: str) -> bool:
    if not isinstance(condition, Compare) or _bound(condition, alias) == (None, None):
        return False
    # One exact millisecond is the weigher's to refuse.
    return condition.op != "=" or not isinstance(condition.left, Column)


def _conditions(where: Expr | None) -> tuple[Expr, ...]:
    if where is None:
        return ()
    return where.args if isinstance(where, Call) and where.name == "and" else (where,)


def _bound(compare: Compare, alias: str) -> tuple[datetime | None, datetime | None]:
    op, left, right = compare.op, compare.left, compare.right
    if isinstance(left, Literal):
        op, left, right = SWAPPED[op], right, left  # type: ignore[assignment]
    moment = instant(right) if isinstance(right, Literal) else None
    if moment is None:
        return None, None
    step = MILLISECOND
    if isinstance(left, Call) and left.name == "toDate":
        if op == "=" and floor_day(moment) != moment:
            return None, None  # no day is at noon
        left, step = left.args[0], DAY
        moment = floor_day(moment) + (
            timedelta() if floor_day(moment) == moment or op in {">", "<="} else DAY
        )
    if not isinstance(left, Column) or left.source != alias or left.name != "timestamp":
        return None, None
    return {
        ">": (moment + step, None),
        ">=": (moment, None),
        "<": (None, moment),
        "<=": (None, moment + step),
        "=": (moment, moment + step),
    }.get(op, (None, None))
