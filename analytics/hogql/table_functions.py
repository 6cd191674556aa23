"""numbers(n), numbers(first, n), generate_series(first, last, step): rows made out of nothing."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from analytics.hogql.calls import wrong
from analytics.hogql.errors import HogQLError
from analytics.hogql.scope import Source
from analytics.hogql.tree import (
    Call,
    Column,
    Derived,
    Expr,
    Interval,
    Literal,
    Numbers,
    Output,
    Relation,
    Select,
)
from analytics.hogql.types import UINT64

MAX_NUMBERS = 1_000_000
SERIES = "generate_series"

Resolve = Callable[[exp.Expr], Expr]


def table_function(node: exp.Anonymous, alias: str, resolve: Resolve) -> tuple[Relation, Source]:
    """The relation, called by its alias or by the function. Raises HogQLError."""
    name = {"generateSeries": SERIES}.get(node.this, node.this)
    args = node.expressions
    if name == "numbers" and len(args) == 1:
        return Numbers(_count(args[0], resolve), alias or name), Source(alias or name, {"number": UINT64})
    if name == "numbers" and len(args) == 2:
        start = _constant(resolve(args[0]), args[0])
        return _series("number", alias or name, start, _count(args[1], resolve), 1)
    if name == SERIES and len(args) in {2, 3}:
        first, last, *step = (_whole(resolve(arg), arg) for arg in args)
        width = step[0] if step else 1
        if not width:
            raise wrong("The step of a series is not 0.", node, "For example generate_series(0, 100, 10).")
        count = max(0, (last - first) // width + 1)
        return _series(SERIES, alias or name, Literal(first, UINT64), _at_most(count, node), width)
    hint = "The table functions are `numbers(n)`, `numbers(first, n)` and `generate_series(first, last)`."
    raise wrong("There is no such table.", node, hint, "unknown_table")


def _series(name: str, alias: str, first: Expr, count: int | Expr, step: int) -> tuple[Relation, Source]:
    number: Expr = Column(alias, "number", UINT64)
    if step != 1:
        number = Call("multiply", (number, Literal(step, UINT64)), UINT64)
    value = Output(name, Call("plus", (number, first), UINT64))
    return Derived(Select((value,), Numbers(count, alias)), alias), Source(alias, {name: UINT64})


def _count(node: exp.Expr, resolve: Resolve) -> int | Expr:
    """How many: a number, or an expression of constants that only the engine reckons."""
    value = _constant(resolve(node), node)
    return _at_most(value.value, node) if _is_whole(value) else value  # type: ignore[union-attr, arg-type]


def _at_most(count: int, node: exp.Expr) -> int:
    if count > MAX_NUMBERS:
        raise wrong(
            f"numbers(n) gives at most {MAX_NUMBERS:,} rows.",
            node,
            "Use a smaller number.",
            code="too_many_rows",
        )
    return count


def _is_whole(expr: Expr) -> bool:
    return isinstance(expr, Literal) and isinstance(expr.value, int) and not isinstance(expr.value, bool)


def _whole(expr: Expr, node: exp.Expr) -> int:
    if isinstance(expr, Literal) and isinstance(expr.value, int) and 0 <= expr.value < 1 << 53:
        return expr.value
    raise _unknown(node)


def _constant(expr: Expr, node: exp.Expr) -> Expr:
    if isinstance(expr, Literal) and not (_is_whole(expr) and expr.value >= 0):  # type: ignore[operator]
        raise _unknown(node)
    if not expr.type.is_integer or expr.type.nullable or not _is_of_constants(expr):
        raise _unknown(node)
    return expr


def _is_of_constants(expr: Expr) -> bool:
    if isinstance(expr, Call):
        return all(map(_is_of_constants, expr.args))
    return isinstance(expr, Literal | Interval)


def _unknown(node: exp.Expr) -> HogQLError:
    hint = "For example `numbers(31)`."
    return wrong("A table function here takes whole numbers, none below 0.", node, hint, "unknown_table")
