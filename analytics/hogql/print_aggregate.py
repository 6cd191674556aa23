"""Aggregates and windows → PostgreSQL text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.aggregate_families.row import AggregateFunction, Printed
from analytics.hogql.aggregates import AGGREGATES
from analytics.hogql.print_call import WEIGHTED, sql_type, zero
from analytics.hogql.tree import Aggregate, ArrayJoin, Derived, Expr, Numbers, Select, Window
from analytics.hogql.types import NULL
from analytics.hogql.windows import FUNCTIONS as WINDOW_FUNCTIONS

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def aggregate(printer: Expressions, call: Aggregate, over: str = "") -> str:
    """The call in SQL; `over` is ` OVER (…)`, or "" for an aggregate of groups."""
    row = AGGREGATES.get(call.name)
    condition = "" if call.condition is None else printer.condition(call.condition, filtering=True)
    if row is None:
        text = WEIGHTED[call.name]([printer.number(arg) for arg in call.args], condition)
        empty = "'NaN'::float8" if call.name == "weighted_avg" else "0::float8"
        return text if call.type.nullable else f"coalesce({text}, {empty})"
    args = [_argument(printer, row, index, arg) for index, arg in enumerate(call.args)]
    parameters = [printer.parameter(value, _parameter_type(value)) for value in call.parameters]
    printed = Printed(printer, call, args, condition, over, parameters)
    sql = row.sql if not over or row.over == "same" else row.over
    text = printed.fill(sql) if isinstance(sql, str) else sql(printed)
    return text if call.type.items else _over_no_rows(text, call, row)


def _argument(printer: Expressions, row: AggregateFunction, index: int, arg: Expr) -> str:
    if arg.type == NULL:
        return "NULL::bigint"
    numbers = {"number", "int"} & set(row.kinds_at(index)) and row.name not in AS_BOOL
    return printer.number(arg) if numbers else printer.value(arg)


AS_BOOL = {"quantileExact", "quantilesExact", "quantileExactLow", "quantileExactHigh"}


def _parameter_type(value: float | str) -> str:
    return {float: "float8", int: "bigint"}.get(type(value), "text")


def _over_no_rows(text: str, call: Aggregate, row: AggregateFunction) -> str:
    """What is NULL over no rows as what ClickHouse gives there."""
    type_ = call.type
    if call.empty == "Null":
        return text if row.skips else f"nullif({text}, 0)"
    if type_.nullable or not row.empty:
        return text
    if call.empty == "Default" or row.empty == "zero" or (row.empty == "nan" and not type_.is_float):
        return f"coalesce({text}, {zero(type_)})"
    if row.empty == "ones":
        ones = "-1" if type_.is_signed else str((1 << type_.bits) - 1)
        return f"coalesce({text}, {ones})"
    return (
        f"coalesce({text}, {'NaN'!r}::{sql_type(type_)})"
        if row.empty == "nan"
        else f"coalesce({text}, {row.empty})"
    )


def keeps_order(select: Select) -> bool:
    """Whether an aggregate gathers rows as a subquery in FROM gave them, which groups would mix up."""
    base = select.relation
    while isinstance(base, ArrayJoin):
        base = base.left
    if not isinstance(base, Numbers | Derived | None) or base is select.relation is None:
        return False
    is_sorted = not isinstance(base, Derived) or bool(isinstance(base.query, Select) and base.query.order_by)
    kinds = {"always", "sorted"} if is_sorted else {"always"}
    calls = [column.expr for column in select.columns if isinstance(column.expr, Aggregate)]
    return any(call.name in AGGREGATES and AGGREGATES[call.name].ordered in kinds for call in calls)


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
