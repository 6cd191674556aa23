"""Aggregates of arrays' elements: `arrayReduce('sum', a)` of one row's, `sumArray(a)` of all rows'."""

from __future__ import annotations

import re

from sqlglot import exp

from analytics.hogql import aggregates
from analytics.hogql.aggregate_families.row import AggregateFunction, count_kinds
from analytics.hogql.calls import build, check_kind, wrong
from analytics.hogql.functions.array_more import REDUCED
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.tree import Aggregate, Call, Column, Expr, Literal
from analytics.hogql.types import FLOAT64, STRING, array, smallest

_ASKED = re.compile(r"(\w+)(?:\((.*)\))?")
Parameters = tuple[float | str, ...]


def reduced(args: list[Expr], node: exp.Expr) -> Expr:
    """arrayReduce('quantile(0.9)', a)."""
    asked = args[0].value if args and isinstance(args[0], Literal) else None
    match = _ASKED.fullmatch(asked) if isinstance(asked, str) else None
    named = aggregates.find(match[1]) if match is not None else None
    if match is None or named is None or named.distinct or named.empty or named.arrays or len(args) < 2:
        raise wrong(
            "`arrayReduce` takes the name of an aggregate and arrays.", node, "arrayReduce('sum', [1, 2])"
        )
    return over_items(named.row, _numbers(match[2] or "", node), args[1:], node, named.conditional)


def _numbers(text: str, node: exp.Expr) -> Parameters:
    try:
        return tuple(int(part) if part.strip().isdigit() else float(part) for part in text.split(",") if part)
    except ValueError:
        raise wrong(
            "The parameters inside `arrayReduce` are numbers.", node, "arrayReduce('quantile(0.9)', a)"
        ) from None


def over_items(
    row: AggregateFunction, parameters: Parameters, args: list[Expr], node: exp.Expr, conditional: bool
) -> Call:
    """The aggregate over arrays side by side, the last of them its conditions if it has such."""
    fewest, most = row.takes_count()
    count = len(args) - conditional
    if not all(arg.type.is_array for arg in args) or count < fewest or (most is not None and count > most):
        raise wrong(
            f"`{row.name}` over the elements takes arrays, one for each of its arguments.",
            node,
            f"{row.name}: {row.doc}.",
        )
    items = [arg.type.item for arg in args]
    columns = tuple(Column(REDUCED, f"x{index}", item) for index, item in enumerate(items[:count]))
    for index, column in enumerate(columns):
        check_kind(row.name, row.kinds_at(index), column, node)
    needed, _ = count_kinds(row.parameters.split())
    if len(parameters) < needed or (parameters and not row.parameters):
        raise wrong(
            f"`{row.name}` takes {row.parameters or 'no parameters'} in parentheses.",
            node,
            f"{row.name}: {row.doc}.",
        )
    if conditional and not items[-1].is_number:
        raise wrong("The last array holds conditions.", node, "arrayReduce('sumIf', [1, 2], [1, 0])")
    aggregate = Aggregate(row.name, columns, row.result(items[:count]), parameters=parameters)
    try:
        changed = row.rewrite is not None and row.rewrite(aggregate) != aggregate
    except ArgumentError as error:
        raise wrong(error.message, node, error.hint, "type_mismatch") from None
    if changed:
        raise wrong(f"`{row.name}` is not taken of elements here.", node, "Use arrayJoin in a subquery.")
    values = [
        Literal(p, STRING if isinstance(p, str) else FLOAT64 if isinstance(p, float) else smallest(p))
        for p in parameters
    ]
    name = Literal(row.name + "If" * conditional, STRING)
    return Call("arrayReduce", (name, *values, *args), aggregate.type)


def over_rows(
    row: AggregateFunction,
    parameters: Parameters,
    args: list[Expr],
    condition: Expr | None,
    node: exp.Expr,
) -> Call:
    """-Array: the elements of all rows' arrays, gathered first."""
    if not args or not all(arg.type.is_array for arg in args):
        raise wrong(
            f"`{row.name}Array` takes arrays.", node, "sumArray([1, 2]) adds up the elements of all rows."
        )
    gathered = [Aggregate("groupArray", (arg,), array(arg.type), condition=condition) for arg in args]
    return over_items(row, parameters, [build("arrayFlatten", [one], node) for one in gathered], node, False)
