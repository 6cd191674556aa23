"""Calls of aggregates: `f(x)`, `fIf(x, condition)`, `f(parameter)(x)`, `f(DISTINCT x)`."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from analytics.hogql import aggregates, calls
from analytics.hogql.calls import check_kind, contains_aggregate, require_bool, wrong
from analytics.hogql.scope import Scope
from analytics.hogql.tree import Aggregate, Expr

Resolve = Callable[[exp.Expr], Expr]


def call(
    node: exp.Anonymous | exp.ParameterizedAgg, scope: Scope, resolve: Resolve, *, over: bool = False
) -> Expr:
    """A function by its name, an aggregate or a scalar one.

    `over` an aggregate may hold aggregates: windows come after grouping.
    """
    name = node.this if isinstance(node.this, str) else node.this.name
    found = aggregates.find(name)
    if found is None:
        return calls.call(node, scope, resolve)
    arguments, parameters = list(node.expressions), list(node.args.get("params") or [])
    return _aggregate(node, *found, arguments, parameters, resolve, nested=over)


def _aggregate(
    node: exp.Expr,
    row: aggregates.AggregateFunction,
    conditional: bool,
    arguments: list[exp.Expr],
    parameters: list[exp.Expr],
    resolve: Resolve,
    *,
    nested: bool,
) -> Expr:
    distinct = len(arguments) == 1 and isinstance(arguments[0], exp.Distinct)
    if distinct:
        if row.name != "count" or len(arguments[0].expressions) != 1:
            raise wrong("DISTINCT stands in `count(distinct x)` only.", node, "Or use uniq(x).")
        arguments = list(arguments[0].expressions)
    if row.name == "count" and len(arguments) == 1 and isinstance(arguments[0], exp.Star):
        arguments = []
    args = [resolve(argument) for argument in arguments]
    condition = require_bool(args.pop(), node) if conditional and args else None
    if (conditional and condition is None) or (
        len(args) != row.arguments and not (row.name == "count" and not args)
    ):
        expected = row.arguments + conditional
        raise wrong(
            f"`{row.name}{'If' * conditional}` takes {expected} arguments.", node, f"{row.name}: {row.doc}."
        )
    for arg in (*args, *([condition] if condition else [])):
        if contains_aggregate(arg) and not nested:
            raise wrong(
                "An aggregate cannot stand inside an aggregate.", node, "Use a subquery.", "aggregate_nested"
            )
    for arg in args:
        check_kind(row.name, row.kind.split("|"), arg, node)
    if row.name in {"min", "max"} and args[0].type.name == "UUID":
        raise wrong(f"`{row.name}` does not take a UUID.", node, "Use toString(uuid).", "type_mismatch")
    share = tuple(_share(parameter, node) for parameter in parameters)
    if len(share) != row.parameters:
        if row.name not in {"quantile", "quantileExact"} or share:
            raise wrong(
                f"`{row.name}` takes {row.parameters} parameters in a first pair of parentheses.", node
            )
        share = (0.5,)
    name = "uniqExact" if distinct else row.name
    return Aggregate(name, tuple(args), row.returns([arg.type for arg in args]), distinct, condition, share)


def _share(parameter: exp.Expr, node: exp.Expr) -> float:
    if isinstance(parameter, exp.Literal) and not parameter.args.get("is_string"):
        value = float(parameter.this)
        if 0 <= value <= 1:
            return value
    raise wrong(
        "A quantile is a number from 0 to 1.", node, "For example `quantile(0.95)(properties.latency_ms)`."
    )
