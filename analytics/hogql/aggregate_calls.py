"""Calls of aggregates: `f(x)`, `fIf(x, condition)`, `f(parameter)(x)`, `f(DISTINCT x)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from analytics.hogql import aggregates, allow, array_reduce, calls
from analytics.hogql.aggregate_families.row import AggregateFunction, count_kinds
from analytics.hogql.aggregates import Named
from analytics.hogql.calls import check_kind, contains_aggregate, wrong
from analytics.hogql.functions import decimals
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.scope import Scope
from analytics.hogql.tree import Aggregate, Call, Expr, Literal
from analytics.hogql.types import BOOL, NULL, UINT8

Resolve = Callable[[exp.Expr], Expr]

MAX_COUNT = 1_000_000  # the most that groupArray(n), topK(n) … take as n
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}


def call(
    node: exp.Anonymous | exp.ParameterizedAgg, scope: Scope, resolve: Resolve, *, over: bool = False
) -> Expr:
    """A function by its name, an aggregate or a scalar one.

    `over` an aggregate may hold aggregates: windows come after grouping.
    """
    name = node.this if isinstance(node.this, str) else node.this.name
    found = aggregates.find(name)
    if found is not None:
        return _aggregate(node, found, resolve, nested=over)
    if name == "arrayReduce":
        return array_reduce.reduced([resolve(argument) for argument in node.expressions], node)
    if hint := aggregates.hint(name):
        raise wrong(f"There is no aggregate `{name[:60]}` here.", node, hint, "unknown_function")
    return calls.call(node, scope, resolve)


def filtered(node: exp.Filter, resolve: Resolve, *, aggregate: Expr | None = None) -> Expr:
    """`aggregate FILTER (WHERE condition)`: the -If combinator in other words."""
    allow.check(node)
    aggregate = aggregate or resolve(node.this)
    condition = resolve(node.expression.this)
    if not isinstance(aggregate, Aggregate) or aggregate.condition is not None:
        raise wrong(
            "FILTER stands behind an aggregate without -If.",
            node,
            "Write aggregate(…) FILTER (WHERE condition), or only -If.",
            code="clause_not_allowed",
        )
    return replace(aggregate, condition=_condition(condition, node))


RESPECTING = {"any": "any_respect_nulls", "anyLast": "anyLast_respect_nulls"}


def respecting(node: exp.Expr, scope: Scope, resolve: Resolve, *, over: bool = False) -> Expr:
    """`first_value(x) RESPECT NULLS`; IGNORE NULLS is what they do anyway."""
    allow.check(node)
    found = None
    if isinstance(node.this, exp.Anonymous):
        found = call(node.this, scope, resolve, over=over)
    if not isinstance(found, Aggregate) or found.name not in RESPECTING or found.distinct:
        raise wrong(
            "Only first_value and last_value choose about NULLs.",
            node,
            "Leave IGNORE NULLS and RESPECT NULLS out.",
            code="clause_not_allowed",
        )
    return replace(found, name=RESPECTING[found.name]) if isinstance(node, exp.RespectNulls) else found


def _aggregate(
    node: exp.Anonymous | exp.ParameterizedAgg, named: Named, resolve: Resolve, *, nested: bool
) -> Expr:
    arguments, distinct = _without_distinct(list(node.expressions), node)
    args = [resolve(argument) for argument in arguments]
    condition = None
    if named.conditional:
        if not args:
            raise wrong(
                f"`{node.this}` takes a condition as its last argument.",
                node,
                "For example countIf(properties.status >= 500).",
            )
        condition = _condition(args.pop(), node)
    row, distinct = named.row, distinct or named.distinct
    if distinct and row.name == "count" and args:
        row, distinct = aggregates.AGGREGATES["uniqExact"], False
    if not named.arrays:
        _check_count(row, args, node)
    for arg in (*args, *([condition] if condition else [])):
        if contains_aggregate(arg) and not nested:
            raise wrong(
                "An aggregate cannot stand inside an aggregate.", node, "Use a subquery.", "aggregate_nested"
            )
    if named.arrays:
        parameters = _parameters(row, list(node.args.get("params") or []), resolve, node)
        return array_reduce.over_rows(row, parameters, args, condition, node)
    if row.name in decimals.AS_FLOAT:
        args = decimals.read(row.name, args)[1]
    for index, arg in enumerate(args):
        check_kind(row.name, row.kinds_at(index), arg, node)
    if distinct and not row.distinct:
        raise wrong(f"`{row.name}` has no DISTINCT here.", node, "Use DISTINCT in a subquery.")
    parameters = _parameters(row, list(node.args.get("params") or []), resolve, node)
    if any(arg.type == NULL for arg in args) and row.skips | row.result([UINT8] * len(args)).is_array:
        return Aggregate("any", (Literal(None, NULL),), NULL, condition=condition)
    type_ = row.result([arg.type for arg in args]).or_null(named.empty == "Null")
    kept = distinct and row.distinct == "sql"
    aggregate = Aggregate(row.name, tuple(args), type_, kept, condition, parameters, named.empty)
    try:
        return row.rewrite(aggregate) if row.rewrite is not None else aggregate
    except ArgumentError as error:
        raise wrong(error.message, node, error.hint, "type_mismatch") from None


def _without_distinct(arguments: list[exp.Expr], node: exp.Expr) -> tuple[list[exp.Expr], bool]:
    """The arguments of `f(DISTINCT a, b)`, and whether DISTINCT stood there. count(*) has none."""
    distinct = bool(arguments) and isinstance(arguments[0], exp.Distinct)
    if distinct:
        allow.check(arguments[0])
        arguments = [*arguments[0].expressions, *arguments[1:]]
    name = str(node.this).lower()
    if name in {"count", "countif"} and arguments and isinstance(arguments[0], exp.Star) and not distinct:
        arguments = arguments[1:]
    return arguments, distinct


def _condition(expr: Expr, node: exp.Expr) -> Expr:
    if expr.type.required() in {UINT8, BOOL} or expr.type == NULL:
        return expr
    hint = "Compare it with something."
    raise wrong(f"A condition is true or false, not {expr.type}.", node, hint, "type_mismatch")


def _check_count(row: AggregateFunction, args: list[Expr], node: exp.Expr) -> None:
    fewest, most = row.takes_count()
    if len(args) < fewest or (most is not None and len(args) > most):
        takes = str(fewest) if fewest == most else f"{fewest} to {most}" if most else f"at least {fewest}"
        message = f"`{row.name}` takes {takes} arguments (-If one more), not {len(args)}."
        raise wrong(message, node, f"{row.name}: {row.doc}.")


def _parameters(
    row: AggregateFunction, nodes: list[exp.Expr], resolve: Resolve, node: exp.Expr
) -> tuple[float | str, ...]:
    """What stands in the first of two pairs of parentheses, each checked by its kind."""
    kinds = row.parameters.split()
    fewest, most = count_kinds(kinds)
    if len(nodes) < fewest or (most is not None and len(nodes) > most):
        takes = f"`{row.name}` takes {row.parameters or 'no parameters'} in a first pair of parentheses."
        raise wrong(takes, node, f"{row.name}: {row.doc}.")
    found: list[float | str] = []
    for index, item in enumerate(nodes):
        kind = kinds[min(index, len(kinds) - 1)].strip("[]+")
        value = constant(resolve(item))
        if kind == "text" and isinstance(value, str):
            found.append(value)
        elif kind == "share" and isinstance(value, int | float) and 0 <= value <= 1:
            found.append(float(value))
        elif kind in COUNTS and isinstance(value, int) and value in COUNTS[kind]:
            found.append(value)
        else:
            raise wrong(KINDS[kind], item, f"{row.name}: {row.doc}.")
    if row.name.endswith("Exclusive") and {0.0, 1.0} & set(found):
        raise wrong(
            "An exclusive quantile lies between 0 and 1, neither of them.",
            node,
            "For example quantileExactExclusive(0.9)(x).",
        )
    return tuple(found)


COUNTS = {"count": range(1, MAX_COUNT + 1), "span": range(1 << 53)}
KINDS = {
    "share": "A quantile is a number from 0 to 1.",
    "count": f"A whole number from 1 to {MAX_COUNT:,} stands there.",
    "span": "A whole number that is not negative stands there.",
    "text": "A text stands there.",
}


def constant(expr: Expr) -> float | str | None:
    """The value of a constant, arithmetic of constants included; None: none."""
    if isinstance(expr, Literal) and isinstance(expr.value, int | float | str):
        return None if isinstance(expr.value, bool) else expr.value
    if isinstance(expr, Call) and expr.name in ARITHMETIC:
        left, right = (constant(arg) for arg in expr.args)
        if isinstance(left, int | float) and isinstance(right, int | float):
            divides_nothing = expr.name == "divide" and right == 0
            return None if divides_nothing else ARITHMETIC[expr.name](left, right)
    return None
