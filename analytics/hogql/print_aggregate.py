"""Aggregates and windows → PostgreSQL text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.aggregate_families.row import AggregateFunction, Printed
from analytics.hogql.aggregates import AGGREGATES
from analytics.hogql.print_call import WEIGHTED, sql_type, zero
from analytics.hogql.tree import (
    Aggregate,
    ArrayJoin,
    Derived,
    Expr,
    Frame,
    Literal,
    Numbers,
    OrderKey,
    Select,
    Table,
    Window,
)
from analytics.hogql.types import NULL
from analytics.hogql.windows import position

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
    return text if call.type.is_array and not row.empty else _over_no_rows(text, call, row)


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
    events = isinstance(base, Table) and base.name == "events"  # by their time, as they come
    if not (events or isinstance(base, Numbers | Derived | None)) or base is select.relation is None:
        return False
    is_sorted = not events
    if isinstance(base, Derived):
        is_sorted = bool(isinstance(base.query, Select) and base.query.order_by)
    kinds = {"always", "sorted"} if is_sorted else {"always"}
    calls = [column.expr for column in select.columns if isinstance(column.expr, Aggregate)]
    return any(call.name in AGGREGATES and AGGREGATES[call.name].ordered in kinds for call in calls)


def window(printer: Expressions, expr: Window) -> str:
    """A window function in SQL; over no rows of its frame an aggregate is what it is over no rows."""
    frame = expr.frame
    over = _over(printer, expr, "" if frame is None else _frame(frame, expr.order_by))
    if isinstance(expr.call, Aggregate):
        return aggregate(printer, expr.call, over)
    name, args = expr.call.name, [printer.value(arg) for arg in expr.call.args]
    match name:
        case "ntile":
            return f"ntile(({args[0]})::integer){over}"
        case "nth_value":
            return _or_zero(f"nth_value({args[0]}, ({args[1]})::integer){over}", expr)
        case "lag" | "lead" | "lagInFrame" | "leadInFrame":
            return _neighbour(printer, expr, args)
    return f"{name}(){over}"


def _over(printer: Expressions, expr: Window, frame: str) -> str:
    parts = []
    if expr.partition_by:
        parts.append("PARTITION BY " + ", ".join(printer.value(key) for key in expr.partition_by))
    if expr.order_by:
        parts.append("ORDER BY " + ", ".join(printer.order(key) for key in expr.order_by))
    return f" OVER ({' '.join([*parts, *([frame] if frame else [])])})"


def _or_zero(text: str, expr: Window) -> str:
    return text if expr.type.nullable or expr.type.items else f"coalesce({text}, {zero(expr.type)})"


def _neighbour(printer: Expressions, expr: Window, args: list[str]) -> str:
    """lag and lead; those InFrame give the default where the row is not in the frame."""
    name, call = expr.call.name, expr.call
    step = call.args[1].value if len(args) > 1 and isinstance(call.args[1], Literal) else 1
    assert isinstance(step, int)
    default = args[2] if len(args) > 2 else "NULL" if expr.type.nullable else zero(expr.type)
    default = f"({default})::{sql_type(expr.type)}"
    over = _over(printer, expr, "")
    found = f"{name[: 3 if name.startswith('lag') else 4]}({args[0]}, {step}, {default}){over}"
    frame = expr.frame
    if name in {"lag", "lead"} or (frame is None and (name == "lagInFrame" or not expr.order_by)):
        return found
    if frame is None or frame.kind != "ROWS":
        if name == "lagInFrame" or (frame is not None and frame.end[0] is None):
            return found
        # The frame ends behind the last row that sorts alike.
        last = f"count(*){_over(printer, expr, 'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW')}"
        return f"(CASE WHEN row_number(){over} + {step} <= {last} THEN {found} ELSE {default} END)"
    place = -step if name == "lagInFrame" else step
    inside = position(frame.start) <= place <= position(frame.end)
    return found if inside else default


def _frame(frame: Frame, order: tuple[OrderKey, ...]) -> str:
    cast = ""
    if frame.kind == "RANGE" and order:
        type_ = order[0].expr.type
        cast = "interval" if type_.is_time else "float8" if type_.is_float else "bigint"
        unit = "days" if type_.name == "Date" else "secs"
        cast = f"make_interval({unit} => %d)" if type_.is_time else f"%d::{cast}"
    ends = [_edge(*edge, cast) for edge in (frame.start, frame.end)]
    return f"{frame.kind} BETWEEN {ends[0]} AND {ends[1]}"


def _edge(away: int | None, side: str, cast: str) -> str:
    if away == 0:
        return "CURRENT ROW"
    if away is None:
        return f"UNBOUNDED {side}"
    return f"{cast % away if cast else away} {side}"
