"""Aggregates and windows → PostgreSQL text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.aggregates import AGGREGATES
from analytics.hogql.print_call import WEIGHTED, fill, sql_type, zero
from analytics.hogql.tree import Aggregate, Window
from analytics.hogql.types import BOOL, NULL
from analytics.hogql.windows import FUNCTIONS as WINDOW_FUNCTIONS

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# PostgreSQL has no min and max of booleans.
OF_BOOL = {"max": "bool_or({0}){filter}", "min": "bool_and({0}){filter}"}


def aggregate(printer: Expressions, call: Aggregate, over: str = "") -> str:
    row = AGGREGATES.get(call.name)
    one = printer.number if row is not None and row.kind == "number" else printer.value
    args = ["NULL::float8" if arg.type == NULL else one(arg) for arg in call.args]
    condition = "" if call.condition is None else printer.condition(call.condition, filtering=True)
    if row is None:
        text = WEIGHTED[call.name](args, condition)
        empty = "'NaN'::float8" if call.name == "weighted_avg" else "0::float8"
        return text if call.type.nullable else f"coalesce({text}, {empty})"
    if row.name in {"min", "max"} and call.type.name == "String":
        args = [f'{args[0]} COLLATE "C"']
    parameters = [printer.parameter(number, "float8") for number in call.parameters]
    template = OF_BOOL.get(row.name, row.postgres) if call.type.required() == BOOL else row.postgres
    text = fill(template, args or ["*"], parameters, condition, over)
    if row.empty and not call.type.nullable and not call.type.items:
        text = f"coalesce({text}, {zero(call.type) if row.empty == 'zero' else row.empty})"
    return text


def window(printer: Expressions, expr: Window) -> str:
    parts = []
    if expr.partition_by:
        parts.append("PARTITION BY " + ", ".join(printer.value(key) for key in expr.partition_by))
    if expr.order_by:
        parts.append("ORDER BY " + ", ".join(printer.order(key) for key in expr.order_by))
    if expr.frame is not None:
        parts.append(f"{expr.frame.kind} BETWEEN {_edge(*expr.frame.start)} AND {_edge(*expr.frame.end)}")
    over = f" OVER ({' '.join(parts)})"
    if isinstance(expr.call, Aggregate):
        return aggregate(printer, expr.call, over)
    name, args = expr.call.name, [printer.value(arg) for arg in expr.call.args]
    whole = 0 if name == "ntile" else 1  # PostgreSQL's counts of rows are integer, not bigint
    args[whole : whole + 1] = [f"({count})::integer" for count in args[whole : whole + 1]]
    if name in {"lag", "lead", "lagInFrame", "leadInFrame"} and len(args) < 3 and not expr.type.nullable:
        args = [args[0], *(args[1:2] or ["1"]), f"({zero(expr.type)})::{sql_type(expr.type)}"]
    function = WINDOW_FUNCTIONS[name].postgres
    return (function if function.endswith(")") else f"{function}({', '.join(args)})") + over


def _edge(away: int | None, side: str) -> str:
    if away == 0:
        return "CURRENT ROW"
    return f"{'UNBOUNDED' if away is None else away} {side}"
