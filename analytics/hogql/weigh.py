"""Rewrite expressions over events into the same over rollup rows, or say why that cannot be exact.

A rollup row stands for `calls` events that share event, customer, bucket (and details). An expression may
use what those share; `timestamp` becomes the start of the bucket, which is exact inside functions that are
constant over a bucket, and inside comparisons with a moment that no bucket holds inside it: such moments
are `cuts`, and the planner takes the buckets around them from a finer level.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from analytics.hogql.bucket_width import bucket_width
from analytics.hogql.constants import instant
from analytics.hogql.lambdas import ALIAS as LAMBDA
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

MILLISECOND = timedelta(milliseconds=1)
DETAILS = {"endpoint", "method", "status", "plan"}
MEASURES = {"latency_ms", "bytes"}
# Aggregates that give the same whether a row counts once or `calls` times.
UNWEIGHED = {
    *("min", "max", "groupUniqArray", "groupBitAnd", "groupBitOr", "retention", "singleValueOrNull"),
    *("uniq", "uniqExact", "uniqCombined", "uniqCombined64", "uniqHLL12", "uniqTheta"),
}
SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


class InexactError(Exception):
    """Why rollups cannot answer: one plain sentence."""


@dataclass
class Weigher:
    """Rewrites the expressions of one SELECT; collects what they need."""

    alias: str
    grouped: bool = True  # whether the SELECT has groups, which windows then look at
    detail: bool = False
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
            case Call(args=args) if args and (self._is_time(args[0]) or self._is_zoned(args[0])):
                return self._bucketed(expr)
            case Call(name="dateDiff") if any(self._is_time(arg) for arg in expr.args):
                raise InexactError("it measures from each event's own time")
            case Scalar() if free_columns(expr.query):
                raise InexactError("a subquery looks at each event around it")
            case Window() if not self.grouped:
                raise InexactError("a window looks at single events")
            case _:
                return map_expr(expr, self.rewrite, lambda query: query)

    def _is_time(self, expr: Expr | None) -> bool:
        return isinstance(expr, Column) and expr.source == self.alias and expr.name == "timestamp"

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
        if len(prop.path) == 1 and name == "customer_id":
            return self._own(name, prop.type)
        if len(prop.path) == 1 and name in DETAILS:
            self.detail = True
            return self._own(name, prop.type)
        if len(prop.path) == 1 and name in MEASURES:
            raise InexactError(f"rollups hold the sum and count of `{name}`, not each value")
        raise InexactError(f"the property `{'.'.join(map(str, prop.path))}` is not in the rollups")

    def _is_zoned(self, expr: Expr) -> bool:
        return isinstance(expr, Call) and expr.name == "toTimeZone" and self._is_time(expr.args[0])

    def _bucketed(self, call: Call) -> Expr:
        """A function of the time. Days of another zone are made of hours, if its offset is whole hours."""
        bucket: Expr = self._own("bucket", DATETIME64)
        width, zoned = bucket_width(call), call.args[0]
        if isinstance(zoned, Call):
            if not has_whole_hours(zoned.type.zone):
                raise InexactError(f"hours of {zoned.type.zone} begin inside the hours of rollups")
            bucket = replace(zoned, args=(bucket, *zoned.args[1:]))
        if not width:
            raise InexactError(f"`{call.name}` of the time differs inside an hour")
        if width == "hour" or isinstance(zoned, Call):
            self.hourly = True
        rest = tuple(self.rewrite(arg) for arg in call.args[1:])
        return replace(call, args=(bucket, *rest))

    def _time_comparison(self, compare: Compare) -> Expr | None:
        """timestamp > moment: the truth changes at one millisecond, which becomes a cut."""
        op, left, right = compare.op, compare.left, compare.right
        if self._is_time(right):
            op, left, right = SWAPPED[op], right, left  # type: ignore[assignment]
        if not self._is_time(left):
            return None
        moment = instant(right) if isinstance(right, Literal) else None
        if moment is None:
            raise InexactError("it compares each event's time with something that is no constant")
        if op in {"=", "!="}:
            raise InexactError("it asks for one exact millisecond")
        self.cuts.add(moment + MILLISECOND if op in {">", "<="} else moment)
        return replace(compare, op=op, left=self._own("bucket", DATETIME64), right=right)

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
        if measure := self._measure(args):
            return self._measured(aggregate, measure, condition)
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

    def _measure(self, args: tuple[Expr, ...]) -> str | None:
        arg = args[0] if args else None
        if isinstance(arg, Property) and len(arg.path) == 1 and arg.path[0] in MEASURES:
            return arg.path[0]
        return None

    def _measured(self, aggregate: Aggregate, measure: str, condition: Expr | None) -> Expr:
        total = self._own(f"{measure}_sum", FLOAT64.or_null())
        count = self._own(f"{measure}_count", UINT64)
        if aggregate.name == "count":
            return replace(aggregate, name="sum", args=(count,), condition=condition)
        if aggregate.name not in {"sum", "avg"}:
            raise InexactError(f"rollups hold the sum and count of `{measure}`, not its `{aggregate.name}`")
        name = "weighted_sum" if aggregate.name == "sum" else "weighted_avg"
        return replace(aggregate, name=name, args=(total, count), condition=condition)

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
        if not (value.type.is_integer or value.type.name == "Bool"):
            raise InexactError(f"`{aggregate.name}` of fractions adds up differently in rollups")
        product = Call("multiply", (value, calls), value.type)
        if aggregate.name == "sum":
            return replace(aggregate, args=(product,), condition=condition)
        weight = Call("weight of rollups", (value, calls), UINT64)
        return replace(aggregate, name="weighted_avg", args=(product, weight), condition=condition)
