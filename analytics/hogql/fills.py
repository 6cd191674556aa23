"""ORDER BY key WITH FILL FROM … TO … STEP …: rows for the keys that have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from analytics.hogql import allow
from analytics.hogql.calls import wrong
from analytics.hogql.clauses import Fill
from analytics.hogql.errors import HogQLError
from analytics.hogql.limits import by_position
from analytics.hogql.tree import Expr, Interval, Literal, Select
from analytics.hogql.types import INT8, Type

Resolve = Callable[[exp.Expr], Expr]

OF_DAYS = {"day", "week", "month", "quarter", "year"}


def with_fill(select: Select, node: exp.Select, resolve: Resolve) -> Select:
    order = node.args.get("order")
    items = [item for item in order.expressions if item.args.get("with_fill")] if order else []
    if not items:
        return select
    if len(items) > 1 or select.limit_by is not None or select.with_ties:
        raise _wrong("WITH FILL stands once, without LIMIT BY and WITH TIES.", items[-1])
    item, clause = items[0], items[0].args["with_fill"]
    allow.check(clause)
    key = by_position(item.this, select.columns, resolve)
    place = next((index for index, known in enumerate(select.order_by) if known.expr == key), None)
    if place is None:
        raise _wrong("WITH FILL takes no constant.", item)
    type_ = key.type.required()
    if not (type_.is_integer or type_.is_float or type_.is_time):
        raise _wrong(f"WITH FILL does not count {type_}.", item)
    start, end = (_edge(clause.args.get(name), type_, resolve) for name in ("from_", "to"))
    step = _step(clause.args.get("step"), type_, select.order_by[place].descending, resolve, item)
    return replace(select, fill=Fill(place, start, end, step))


def _edge(node: exp.Expr | None, type_: Type, resolve: Resolve) -> Literal | None:
    if not node:
        return None
    value = resolve(node)
    if not isinstance(value, Literal) or value.value is None:
        raise _wrong("FROM and TO of WITH FILL are constants.", node)
    if value.type.is_number and type_.is_number and value.type.name != "Bool":
        if type_.is_float or value.type.is_integer:
            return value
    elif value.type.name == type_.name and value.type.is_time:
        return value
    raise _wrong(f"FROM and TO of WITH FILL are of its key's type, {type_}.", node)


def _step(
    node: exp.Expr | None, type_: Type, descending: bool, resolve: Resolve, item: exp.Expr
) -> Literal | Interval:
    step = resolve(node) if node else Literal(-1 if descending else 1, INT8)
    if isinstance(step, Interval):
        days = step.unit in OF_DAYS
        fits = (days and not type_.zone) or (not days and type_.is_moment)
        if type_.is_time and fits and step.count and (step.count < 0) == descending:
            return step
    elif isinstance(step, Literal) and isinstance(step.value, int) and step.type.is_integer:
        fits = step.value < 0 if descending else step.value > 0
        if fits:
            return step
    hint = "It is below 0 with DESC, over 0 otherwise, and an interval only beside times."
    raise wrong("This STEP does not fit.", item, hint, "clause_not_allowed")


def _wrong(message: str, node: exp.Expr) -> HogQLError:
    hint = "For example `order by day with fill from toDate('2026-11-01') to toDate('2026-12-01')`."
    return wrong(message, node, hint, "clause_not_allowed")
