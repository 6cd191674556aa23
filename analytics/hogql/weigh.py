"""Rewrite expressions over events into the same over rollup rows, or say why that cannot be exact.

A rollup row stands for `calls` events that share event, customer, bucket (and details). An expression may
use what those share; `timestamp` becomes the start of the bucket, which is exact inside functions that are
constant over a bucket, and inside comparisons with a moment that no bucket holds inside it: such moments
are `cuts`, and the planner takes the buckets around them from a finer level.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from analytics.hogql.bucket_width import bucket_width, span_width
from analytics.hogql.lambdas import ALIAS as LAMBDA
from analytics.hogql.levels import DIMENSIONS
from analytics.hogql.measures import MEASURES, Adder, has_measure
from analytics.hogql.thresholds import is_time, own_time, threshold
from analytics.hogql.tree import (
    Aggregate,
    Call,
    Column,
    Compare,
    Expr,
    Interval,
    Literal,
    Property,
    Scalar,
    Window,
)
from analytics.hogql.types import DATETIME64, FLOAT64, UINT8, UINT64, Type
from analytics.hogql.walk import free_columns, map_expr, sources
from analytics.hogql.zones import has_whole_hours

# Aggregates that give the same whether a row counts once or `calls` times.
UNWEIGHED = {
    *("min", "max", "groupUniqArray", "groupBitAnd", "groupBitOr", "retention", "singleValueOrNull"),
    *("uniq", "uniqExact", "uniqCombined", "uniqCombined64", "uniqHLL12", "uniqTheta"),
}


class InexactError(Exception):
    """Why rollups cannot answer: one plain sentence."""


@dataclass
class Weigher:
    """Rewrites the expressions of one SELECT; collects what they need."""

    alias: str
    grouped: bool = True  # whether the SELECT has groups, which windows then look at
    hourly: bool = False
    cuts: set[datetime] = field(default_factory=set)

    def rewrite(self, expr: Expr) -> Expr:
        """Outside or inside of aggregates alike. Raises InexactError."""
        match expr:
            case Literal() | Interval():
                return expr
            case Column():
                return self._column(expr)
            case Property():
                return self._property(expr)
            case Aggregate():
                return self._aggregate(expr)
            case Compare() if (cut := self._time_comparison(expr)) is not None:
                return cut
            case Call(name="dateDiff" | "age" | "dateName", args=(unit, *times)):
                return self._spanned(expr, unit, times)
            case Call(args=args) if args and self._is_read(args[0]):
                return self._bucketed(expr)
            case Scalar() if free_columns(expr.query):
                raise InexactError("a subquery looks at each event around it")
            case Window() if not self.grouped:
                raise InexactError("a window looks at single events")
            case _:
                return map_expr(expr, self.rewrite, lambda query: query)

    def _is_time(self, expr: Expr | None) -> bool:
        return is_time(expr, self.alias)

    def _is_read(self, expr: Expr) -> bool:
        """The time, perhaps read in a zone or cut to seconds."""
        return own_time(expr, self.alias) is not None

    def _is_foreign(self, source: str) -> bool:
        return source != self.alias and not source.startswith(LAMBDA)

    def _own(self, name: str, type_: Type) -> Column:
        return Column(self.alias, name, type_)

    def _column(self, column: Column) -> Expr:
        foreign = column.source != self.alias  # a lambda's, or of the SELECT around
        if column.name == "event" or foreign:
            return column
        if column.name == "timestamp":
            raise InexactError("it uses each event's own time")
        raise InexactError(f"`{column.name}` is not in the rollups")

    def _property(self, prop: Property) -> Expr:
        name = prop.path[0]
        if prop.source != self.alias:
            return prop
        if prop.type.name == "JSON":
            raise InexactError(f"it reads `{name}` as JSON")
        if len(prop.path) == 1 and name in DIMENSIONS:
            return self._own(name, prop.type)
        if len(prop.path) == 1 and name in MEASURES:
            raise InexactError(f"rollups hold the sum and count of `{name}`, not each value")
        raise InexactError(f"the property `{'.'.join(map(str, prop.path))}` is not in the rollups")

    def _bucketed(self, call: Call) -> Expr:
        """A function of the time."""
        width = bucket_width(call)
        if not width:
            raise InexactError(f"`{call.name}` of the time differs inside an hour")
        rest = tuple(self.rewrite(arg) for arg in call.args[1:])
        return replace(call, args=(self._bucket(call.args[0], width), *rest))

    def _bucket(self, time: Expr, width: str) -> Expr:
        """The bucket's start in place of the time, which a function of such a width looks at. Days of
        another zone are made of hours, if its offset is whole hours."""
        zone = time.type.zone
        if zone and not has_whole_hours(zone):
            raise InexactError(f"hours of {zone} begin inside the hours of rollups")
        if width == "hour" or zone:
            self.hourly = True
        return self._in_place(time)

    def _in_place(self, time: Expr) -> Expr:
        if isinstance(time, Call):
            return replace(time, args=(self._in_place(time.args[0]), *time.args[1:]))
        return self._own("bucket", DATETIME64)

    def _spanned(self, call: Call, unit: Expr, times: list[Expr]) -> Expr:
        """dateDiff('day', timestamp, b) sees the days of both only."""
        if not any(self._is_read(time) for time in times):
            return map_expr(call, self.rewrite, lambda query: query)
        width = span_width(call)
        if not width:
            raise InexactError("it measures from each event's own time")
        found = [self._bucket(time, width) if self._is_read(time) else self.rewrite(time) for time in times]
        return replace(call, args=(unit, *found))

    def _time_comparison(self, compare: Compare) -> Expr | None:
        """timestamp > moment: the truth changes at one millisecond, which becomes a cut."""
        if found := threshold(compare, self.alias):
            self.cuts.add(found.moment)
            bucket, moment = self._own("bucket", DATETIME64), Literal(found.moment, DATETIME64)
            return replace(compare, op=">=" if found.after else "<", left=bucket, right=moment)
        sides = (compare.left, compare.right)
        if not any(self._is_read(side) for side in sides):
            return None
        if not any(isinstance(side, Literal) for side in sides):
            raise InexactError("it compares each event's time with something that is no constant")
        raise InexactError("it asks for one exact millisecond")

    def _aggregate(self, aggregate: Aggregate) -> Expr:
        condition = None if aggregate.condition is None else self.rewrite(aggregate.condition)
        name, args = aggregate.name, aggregate.args
        if any(self._is_foreign(source) for arg in args for source in sources(arg)):
            raise InexactError("it aggregates what the SELECT around it reads")
        if aggregate.distinct or aggregate.empty:
            raise InexactError(f"`{name}` with DISTINCT, -OrNull or -OrDefault is not asked of rollups")
        if args and self._is_time(args[0]) and name in {"min", "max"}:
            edge = self._own("first_at" if name == "min" else "last_at", DATETIME64)
            return replace(aggregate, args=(edge,), condition=condition)
        if args and has_measure(args[0]):
            return self._measured(aggregate, condition)
        if name == "any":  # the first by time, as it is met in a scan of the events
            edge = self._own("first_at", DATETIME64)
            first = (self.rewrite(args[0]), edge)
            return replace(aggregate, name="argMin", args=first, condition=condition)
        if name in {"argMax", "argMin"} and self._is_time(args[1]):
            edge = self._own("first_at" if name == "argMin" else "last_at", DATETIME64)
            return replace(aggregate, args=(self.rewrite(args[0]), edge), condition=condition)
        if name in {"count", "sum", "avg"}:
            return self._weighted(aggregate, condition)
        if name in UNWEIGHED:
            return replace(aggregate, args=tuple(map(self.rewrite, args)), condition=condition)
        raise InexactError(f"`{name}` needs every single event")

    def _measured(self, aggregate: Aggregate, condition: Expr | None) -> Expr:
        measure = next(name for name in sorted(MEASURES) if has_measure(aggregate.args[0], {name}))
        if aggregate.name not in {"count", "sum", "avg"}:
            raise InexactError(f"rollups hold the sum and count of `{measure}`, not its `{aggregate.name}`")
        added = Adder(self._sum, self.rewrite).added(aggregate.args[0])
        if added is None:
            raise InexactError(f"rollups hold the sum and count of `{measure}`, not each value")
        if aggregate.name == "count":
            return replace(aggregate, name="sum", args=(added.count,), condition=condition)
        name = "weighted_sum" if aggregate.name == "sum" else "weighted_avg"
        return replace(aggregate, name=name, args=(added.total, added.count), condition=condition)

    def _sum(self, name: str) -> Column:
        return self._own(name, FLOAT64.or_null() if name.endswith("_sum") else UINT64)

    def _weighted(self, aggregate: Aggregate, condition: Expr | None) -> Expr:
        """count() is sum(calls); count(x) sums calls where x is not NULL; sum(x) is sum(x * calls)."""
        calls = self._own("calls", UINT64)
        if not aggregate.args:
            return replace(aggregate, name="sum", args=(calls,), condition=condition)
        value = self.rewrite(aggregate.args[0])
        if aggregate.name == "count":
            present = Call("isNotNull", (value,), UINT8)
            both = present if condition is None else Call("and", (present, condition), UINT8)
            return replace(aggregate, name="sum", args=(calls,), condition=both)
        if not value.type.is_number:
            raise InexactError(f"`{aggregate.name}` needs every single event")
        product = Call("multiply", (value, calls), value.type)
        if aggregate.name == "sum":
            return replace(aggregate, args=(product,), condition=condition)
        weight = Call("weight of rollups", (value, calls), UINT64)
        return replace(aggregate, name="weighted_avg", args=(product, weight), condition=condition)
