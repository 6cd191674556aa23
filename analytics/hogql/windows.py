"""OVER: aggregates over windows, and the functions that only windows have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from analytics.hogql import aggregates, allow
from analytics.hogql.aggregate_calls import call as call_of
from analytics.hogql.calls import contains_aggregate, wrong
from analytics.hogql.scope import Scope
from analytics.hogql.tree import Aggregate, Call, Expr, Frame, OrderKey, Window, children
from analytics.hogql.types import FLOAT64, UINT64, Type

Resolve = Callable[[exp.Expr], Expr]

# PostgreSQL has no OVER for these: they sort, or tell values apart.
CALLS = exp.Anonymous | exp.ParameterizedAgg
NOT_OVER = {row.name for row in aggregates.AGGREGATES.values() if row.over == ""}


@dataclass(frozen=True)
class WindowFunction:
    """`returns` is None for the type of its first argument. `whole` says which end of the frame it obeys."""

    name: str
    fewest: int
    most: int
    returns: Type | None
    postgres: str
    whole: str = ""


FUNCTIONS = {
    row.name: row
    for row in [
        WindowFunction("row_number", 0, 0, UINT64, "row_number()"),
        WindowFunction("rank", 0, 0, UINT64, "rank()"),
        WindowFunction("dense_rank", 0, 0, UINT64, "dense_rank()"),
        WindowFunction("percent_rank", 0, 0, FLOAT64, "percent_rank()"),
        WindowFunction("cume_dist", 0, 0, FLOAT64, "cume_dist()"),
        WindowFunction("ntile", 1, 1, UINT64, "ntile"),
        WindowFunction("lag", 1, 3, None, "lag"),
        WindowFunction("lead", 1, 3, None, "lead"),
        WindowFunction("lagInFrame", 1, 3, None, "lag", "start"),
        WindowFunction("leadInFrame", 1, 3, None, "lead", "end"),
        WindowFunction("first_value", 1, 1, None, "first_value"),
        WindowFunction("last_value", 1, 1, None, "last_value"),
        WindowFunction("nth_value", 2, 2, None, "nth_value"),
    ]
}
NAMES = {**{name.lower(): name for name in FUNCTIONS}, "denserank": "dense_rank"}


def window(node: exp.Window, scope: Scope, resolve: Resolve) -> Expr:
    """`f(…) OVER (PARTITION BY … ORDER BY … frame)`. Raises HogQLError."""
    partition = tuple(resolve(item) for item in node.args.get("partition_by") or [])
    order = _order(node, resolve)
    frame = _frame(node)
    name = node.this.this if isinstance(node.this, exp.Anonymous) else ""
    if isinstance(name, str) and name.lower() in NAMES:
        call: Aggregate | Call = _window_call(NAMES[name.lower()], node.this, frame, resolve)
    else:
        allow.check(node.this)
        function = node.this
        resolved = call_of(function, scope, resolve, over=True) if isinstance(function, CALLS) else None
        if not isinstance(resolved, Aggregate) or resolved.name in NOT_OVER:
            known = ", ".join([*FUNCTIONS, *(key for key in aggregates.AGGREGATES if key not in NOT_OVER)])
            raise wrong(
                "This function does not go with OVER.", node, f"These do: {known}.", "clause_not_allowed"
            )
        call = resolved
    return Window(call, partition, order, frame, call.type)


def contains_window(expr: Expr) -> bool:
    return isinstance(expr, Window) or any(contains_window(child) for child in children(expr))


def _order(node: exp.Window, resolve: Resolve) -> tuple[OrderKey, ...]:
    order = node.args.get("order")
    if order is None:
        return ()
    allow.check(order)
    keys = []
    for item in order.expressions:
        allow.check(item)
        first = bool(item.args.get("nulls_first"))
        keys.append(OrderKey(resolve(item.this), bool(item.args.get("desc")), first))
    return tuple(keys)


def _frame(node: exp.Window) -> Frame | None:
    spec = node.args.get("spec")
    if spec is None:
        return None
    allow.check(spec)
    kind = str(spec.args["kind"]).upper()
    if kind not in {"ROWS", "RANGE", "GROUPS"}:
        raise wrong("A frame is of ROWS, RANGE or GROUPS.", node)
    start = _edge(spec.args.get("start"), spec.args.get("start_side"), node)
    end = _edge(spec.args.get("end") or "CURRENT ROW", spec.args.get("end_side"), node)
    if kind != "ROWS" and any(away not in {None, 0} for away, _ in (start, end)):
        raise wrong("Distances go with ROWS.", node, "Write `rows between … and …`.", "clause_not_allowed")
    return Frame(kind, start, end)  # type: ignore[arg-type]


def _edge(edge: Any, side: Any, node: exp.Expr) -> tuple[int | None, str]:
    if edge == "CURRENT ROW":
        return 0, "PRECEDING"
    word = str(side).upper()
    if edge == "UNBOUNDED":
        return None, word
    if isinstance(edge, exp.Literal) and edge.this.isdigit():
        return int(edge.this), word
    raise wrong("A frame's ends are UNBOUNDED, CURRENT ROW or a whole number of rows.", node)


def _window_call(name: str, node: exp.Anonymous, frame: Frame | None, resolve: Resolve) -> Call:
    row = FUNCTIONS[name]
    args = tuple(resolve(argument) for argument in node.expressions)
    if not row.fewest <= len(args) <= row.most:
        raise wrong(f"`{name}` takes {row.fewest} to {row.most} arguments, not {len(args)}.", node)
    if name in {"first_value", "last_value", "nth_value"} and args[0].type.nullable:
        raise wrong(
            f"`{name}` of a nullable value skips NULLs, which is not here yet.", node, "Use ifNull first."
        )
    if row.whole:
        edge = None if frame is None else getattr(frame, row.whole)
        reaches = edge is not None and edge[0] is None
        if not reaches and (row.whole == "end" or frame is not None):
            hint = "Add `rows between unbounded preceding and unbounded following`."
            raise wrong(
                f"`{name}` sees only its frame, which ends before it.", node, hint, "clause_not_allowed"
            )
    type_ = row.returns or args[0].type
    if any(contains_aggregate(arg) for arg in args[1:]):
        raise wrong(f"`{name}` takes constants after the first argument.", node)
    return Call(name, args, type_)
