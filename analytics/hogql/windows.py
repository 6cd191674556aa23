"""OVER: aggregates over windows, and the functions that only windows have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from analytics.hogql import aggregate_calls, aggregates, allow
from analytics.hogql.aggregate_calls import constant
from analytics.hogql.calls import wrong
from analytics.hogql.scope import Scope
from analytics.hogql.tree import Aggregate, Call, Expr, Frame, Literal, OrderKey, Window, children
from analytics.hogql.types import FLOAT64, UINT64, Type, common

Resolve = Callable[[exp.Expr], Expr]

CALLS = exp.Anonymous | exp.ParameterizedAgg
# PostgreSQL has no OVER for these.
NOT_OVER = {row.name for row in aggregates.AGGREGATES.values() if row.over == ""}
MAX_OFFSET = (1 << 31) - 1


@dataclass(frozen=True)
class WindowFunction:
    """`returns` is None for the type of its first argument."""

    name: str
    fewest: int
    most: int
    returns: Type | None = None
    aliases: tuple[str, ...] = ()
    any_case: bool = True


FUNCTIONS = {
    row.name: row
    for row in [
        WindowFunction("row_number", 0, 0, UINT64),
        WindowFunction("rank", 0, 0, UINT64),
        WindowFunction("dense_rank", 0, 0, UINT64, ("denseRank",)),
        WindowFunction("percent_rank", 0, 0, FLOAT64, ("percentRank",)),
        WindowFunction("cume_dist", 0, 0, FLOAT64, any_case=False),
        WindowFunction("ntile", 1, 1, UINT64),
        WindowFunction("lag", 1, 3),
        WindowFunction("lead", 1, 3),
        WindowFunction("lagInFrame", 1, 3, any_case=False),
        WindowFunction("leadInFrame", 1, 3, any_case=False),
        WindowFunction("nth_value", 2, 2),
    ]
}
NAMES = {name: row.name for row in FUNCTIONS.values() for name in (row.name, *row.aliases)}
ANY_CASE = {row.name: row.name for row in FUNCTIONS.values() if row.any_case}
OFFSET_FUNCTIONS = {"lag", "lead", "lagInFrame", "leadInFrame"}


def window(node: exp.Window, scope: Scope, resolve: Resolve) -> Expr:
    """`f(…) OVER (PARTITION BY … ORDER BY … frame)`, or OVER the name of a window. Raises HogQLError."""
    partition_by, order_by, spec = _definition(node, scope, [])
    partition = tuple(resolve(item) for item in partition_by)
    order = _order(order_by, resolve)
    frame = _frame(spec, order, node)
    function: exp.Expr = node.this
    name = str(function.this) if isinstance(function, exp.Anonymous) else ""
    known = NAMES.get(name) or ANY_CASE.get(name.lower())
    call = (
        _window_call(known, function, frame, bool(order), resolve)
        if known is not None
        else _aggregate(function, scope, resolve)
    )
    found = Window(call, partition, order, frame, call.type)
    if any(contains_window(child) for child in children(found)):
        hint = "Put the inner one into a subquery."
        raise wrong("A window function cannot stand inside another.", node, hint, "clause_not_allowed")
    return found


def contains_window(expr: Expr) -> bool:
    return isinstance(expr, Window) or any(contains_window(child) for child in children(expr))


def _definition(
    node: exp.Window, scope: Scope, seen: list[str]
) -> tuple[list[exp.Expr], exp.Expr | None, exp.Expr | None]:
    """PARTITION BY, ORDER BY and the frame, those of the named window that it starts from included."""
    partition, order = list(node.args.get("partition_by") or []), node.args.get("order")
    spec, name = node.args.get("spec"), node.args.get("alias")
    if name is None:
        return partition, order, spec
    base = scope.windows.get(name.name)
    if base is None or name.name in seen:
        hint = f"Define it: `WINDOW {name.name[:40]} AS (…)`."
        raise wrong(f"There is no window `{name.name[:60]}`.", node, hint, "unknown_window")
    allow.check(base)
    inner_partition, inner_order, inner_spec = _definition(base, scope, [*seen, name.name])
    if (partition and inner_partition) or (order and inner_order) or (inner_spec and (spec or order)):
        message = f"The window `{name.name[:60]}` has such a clause already."
        raise wrong(message, node, "Write the whole window in OVER (…).", "clause_not_allowed")
    return partition or inner_partition, order or inner_order, spec or inner_spec


def _aggregate(function: exp.Expr, scope: Scope, resolve: Resolve) -> Aggregate:
    found: Expr | None = None
    if isinstance(function, exp.Filter):
        inner = _aggregate(function.this, scope, resolve)
        found = aggregate_calls.filtered(function, resolve, aggregate=inner)
    elif isinstance(function, exp.RespectNulls | exp.IgnoreNulls):
        found = aggregate_calls.respecting(function, scope, resolve, over=True)
    elif isinstance(function, CALLS):
        allow.check(function)
        found = aggregate_calls.call(function, scope, resolve, over=True)
    if not isinstance(found, Aggregate) or found.name in NOT_OVER:
        known = ", ".join([*FUNCTIONS, *(key for key in aggregates.AGGREGATES if key not in NOT_OVER)])
        message, hint = "This function does not go with OVER.", f"These do: {known}."
        raise wrong(message, function, hint, "clause_not_allowed")
    if found.distinct:
        hint = "Use uniqExact(x) OVER for a count, or a subquery."
        raise wrong("DISTINCT does not go with OVER here.", function, hint, "clause_not_allowed")
    return found


def _order(order: exp.Expr | None, resolve: Resolve) -> tuple[OrderKey, ...]:
    if order is None:
        return ()
    allow.check(order)
    keys = []
    for item in order.expressions:
        allow.check(item)
        first = bool(item.args.get("nulls_first"))
        keys.append(OrderKey(resolve(item.this), bool(item.args.get("desc")), first))
    return tuple(keys)


def _frame(spec: exp.Expr | None, order: tuple[OrderKey, ...], node: exp.Expr) -> Frame | None:
    if spec is None:
        return None
    allow.check(spec)
    kind = str(spec.args["kind"]).upper()
    if kind not in {"ROWS", "RANGE", "GROUPS"}:
        raise wrong(
            "A frame is of ROWS, RANGE or GROUPS.",
            node,
            "For example ROWS BETWEEN 6 PRECEDING AND CURRENT ROW.",
        )
    start = _edge(spec.args.get("start"), spec.args.get("start_side"), node)
    end = _edge(spec.args.get("end") or "CURRENT ROW", spec.args.get("end_side"), node)
    if position(start) > position(end) or start == (None, "FOLLOWING") or end == (None, "PRECEDING"):
        raise wrong("The frame ends before it starts.", node, "Write the earlier end first.")
    if kind == "GROUPS" and not order:
        raise wrong("A frame of GROUPS needs an ORDER BY.", node, "Add ORDER BY, or use ROWS.")
    if kind == "RANGE" and any(away for away, _ in (start, end)):
        _check_range(order, node)
    return Frame(kind, start, end)  # type: ignore[arg-type]


def _check_range(order: tuple[OrderKey, ...], node: exp.Expr) -> None:
    """Distances in values: of one key that is a number, a Date (days) or a DateTime (seconds)."""
    if len(order) != 1:
        raise wrong("A RANGE with distances has one ORDER BY key.", node, "Or count ROWS.")
    type_ = order[0].expr.type
    if type_.nullable or not (type_.is_integer or type_.is_float or type_.name in {"Date", "DateTime"}):
        hint = "Order by toDateTime(…), or make it a number that is never NULL with ifNull."
        raise wrong(f"A RANGE does not measure {type_}.", node, hint, "clause_not_allowed")


def position(edge: tuple[int | None, str]) -> float:
    """Where a frame's end lies, counted from the row."""
    away, side = edge
    distance = float("inf") if away is None else away
    return -distance if side == "PRECEDING" else distance


def _edge(edge: Any, side: Any, node: exp.Expr) -> tuple[int | None, str]:
    if edge == "CURRENT ROW":
        return 0, "PRECEDING"
    word = str(side).upper()
    if edge == "UNBOUNDED":
        return None, word
    if isinstance(edge, exp.Literal) and edge.this.isdigit() and int(edge.this) <= MAX_OFFSET:
        return int(edge.this), word
    raise wrong(
        "A frame's ends are UNBOUNDED, CURRENT ROW or a whole number.",
        node,
        "For example ROWS BETWEEN 6 PRECEDING AND CURRENT ROW.",
    )


def _window_call(name: str, node: exp.Expr, frame: Frame | None, is_ordered: bool, resolve: Resolve) -> Call:
    row = FUNCTIONS[name]
    args = [resolve(argument) for argument in node.expressions]
    if not row.fewest <= len(args) <= row.most:
        raise wrong(
            f"`{name}` takes {row.fewest} to {row.most} arguments, not {len(args)}.",
            node,
            "For example lag(calls, 1) OVER (ORDER BY day).",
        )
    if name in {"lag", "lead"} and frame is not None:
        hint = f"Use {name}InFrame, or leave the frame out."
        raise wrong(f"`{name}` takes no frame.", node, hint, "clause_not_allowed")
    counted = 0 if name == "ntile" else 1
    for index, arg in enumerate(args[counted : counted + 1]):
        least = 0 if name in OFFSET_FUNCTIONS else 1
        value = constant(arg)
        if not isinstance(value, int) or not least <= value <= MAX_OFFSET:
            raise wrong(
                f"`{name}` takes a whole number there, {least} or more.",
                node.expressions[index],
                "Write the number itself.",
            )
        args[counted] = Literal(value, arg.type)
    if len(args) == 3 and common([args[0].type, args[2].type]) != args[0].type:
        hint = f"Its type has to fit into {args[0].type}."
        raise wrong(f"This default does not fit `{name}`.", node, hint, "type_mismatch")
    if name in {"lagInFrame", "leadInFrame"} and frame is not None and frame.kind != "ROWS":
        edge, other = (frame.start, frame.end) if name == "lagInFrame" else (frame.end, frame.start)
        if edge[0] is not None and not (name == "leadInFrame" and edge[0] == 0 and other[0] is None):
            hint = "Write the frame with ROWS."
            raise wrong(f"`{name}` does not go with this frame.", node, hint, "clause_not_allowed")
    return Call(name, tuple(args), row.returns or args[0].type)
