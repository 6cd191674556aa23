"""Sums over rollup rows: what a measure, alone or in simple arithmetic, adds up to in one row.

A row holds the sum and the count of the values of `latency_ms` and `bytes`. So the sum of `bytes / 1024`, of
`if(status >= 500, bytes, 0)` and of `ifNull(bytes, 0)` are known without the single values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analytics.hogql.tree import Call, Case, Expr, Literal, Property, children
from analytics.hogql.types import FLOAT64, INT64, UINT64

MEASURES = {"latency_ms", "bytes"}
SAME = {"toFloat", "toFloat64", "toFloat64OrNull", "toNullable", "materialize", "identity"}


@dataclass(frozen=True)
class Added:
    """What the values of one row's events add up to, and how many of them are not NULL."""

    total: Expr
    count: Expr


def measure_of(expr: Expr | None) -> str | None:
    """The measure that a property is."""
    if isinstance(expr, Property) and len(expr.path) == 1 and expr.path[0] in MEASURES:
        return expr.path[0]
    return None


def has_measure(expr: Expr, names: set[str] = MEASURES) -> bool:
    """Whether a measure of these is anywhere inside."""
    return measure_of(expr) in names or any(has_measure(child, names) for child in children(expr))


@dataclass(frozen=True)
class Adder:
    """`own` is a column of the rollup, `rewrite` what makes a condition one over rollup rows."""

    own: Callable[[str], Expr]
    rewrite: Callable[[Expr], Expr]

    def added(self, expr: Expr) -> Added | None:
        """None where the sum of the expression does not follow from the sums of its measures."""
        if (name := measure_of(expr)) is not None:
            return Added(_known(self.own(f"{name}_sum")), self.own(f"{name}_count"))
        match expr:
            case Literal():
                return self._constant(expr)
            case Call(name=name, args=(inner,)) if name in SAME and inner.type.required() == FLOAT64:
                return self.added(inner)
            case Call(name="negate", args=(inner,)):
                return self._scaled(expr, inner, Literal(-1, FLOAT64), "multiply")
            case Call(name="multiply", args=(Literal() as factor, inner)):
                return self._scaled(expr, inner, factor, "multiply")
            case Call(name="multiply" | "divide", args=(inner, Literal() as factor)):
                return self._scaled(expr, inner, factor, expr.name)
            case Call(name="ifNull" | "coalesce", args=(inner, Literal() as default)):
                return self._with_default(inner, default)
            case Case():
                return self._chosen(expr)
        return None

    def _constant(self, literal: Literal) -> Added | None:
        calls = self.own("calls")
        if literal.value is None:
            return Added(Literal(0, FLOAT64), Literal(0, UINT64))
        if isinstance(literal.value, str) or not isinstance(literal.value, int | float):
            return None
        return Added(_times(literal, calls), calls)

    def _scaled(self, expr: Call, inner: Expr, factor: Literal, name: str) -> Added | None:
        found = self.added(inner)
        number = factor.value
        if found is None or isinstance(number, bool | str) or not isinstance(number, int | float):
            return None
        if not number or expr.type.required() != FLOAT64:
            return None
        return Added(Call(name, (found.total, factor), FLOAT64), found.count)

    def _with_default(self, inner: Expr, default: Literal) -> Added | None:
        found, filled = self.added(inner), self._constant(default)
        if found is None or filled is None or default.value is None:
            return None
        missing = Call("minus", (filled.count, found.count), INT64)
        total = Call("plus", (found.total, _times(default, missing)), FLOAT64)
        return Added(total, filled.count)

    def _chosen(self, case: Case) -> Added | None:
        """The branch that a condition chooses: it is the same one for all events of a row."""
        values = [value for _, value in case.branches]
        found = [self.added(value) for value in (*values, case.default)]
        known = [part for part in found if part is not None]
        if len(known) < len(found):
            return None
        conditions = [self.rewrite(condition) for condition, _ in case.branches]
        totals = tuple(zip(conditions, (part.total for part in known), strict=False))
        counts = tuple(zip(conditions, (part.count for part in known), strict=False))
        return Added(Case(totals, known[-1].total, FLOAT64), Case(counts, known[-1].count, UINT64))


def _known(total: Expr) -> Expr:
    """The sum of no values is 0 here: how many there are says the count."""
    return Call("ifNull", (total, Literal(0, FLOAT64)), FLOAT64)


def _times(literal: Literal, calls: Expr) -> Expr:
    return Call("multiply", (literal, calls), FLOAT64)
