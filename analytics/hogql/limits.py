"""ORDER BY, LIMIT, OFFSET, LIMIT BY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from analytics.hogql import allow
from analytics.hogql.calls import wrong
from analytics.hogql.clauses import LimitBy
from analytics.hogql.dialect import LIMIT_BY
from analytics.hogql.functions.json import JSON_TYPES
from analytics.hogql.tree import Call, Case, Compare, Expr, Literal, OrderKey, Output, Select
from analytics.hogql.types import STRING, UINT8

Resolve = Callable[[exp.Expr], Expr]


def order_by(node: exp.Select, columns: tuple[Output, ...], resolve: Resolve) -> tuple[OrderKey, ...]:
    order = node.args.get("order")
    if order is None:
        return ()
    allow.check(order)
    keys = []
    for item in order.expressions:
        allow.check(item)
        descending, first = bool(item.args.get("desc")), bool(item.args.get("nulls_first"))
        for key in _keys(item.this, columns, resolve, alone=len(order.expressions) == 1):
            if not isinstance(key, Literal):  # a constant orders nothing, and PostgreSQL may refuse it
                keys.append(OrderKey(key, descending, first))
    return tuple(keys)


def by_rank(select: Select) -> Select:
    """ClickHouse's JSONType is an Enum, which sorts by its numbers, not by its names."""
    keys = (replace(key, expr=_rank(key.expr)) for key in select.order_by)
    return replace(select, order_by=tuple(keys))


def _rank(expr: Expr) -> Expr:
    if not isinstance(expr, Call) or expr.name != "JSONType":
        return expr
    branches = (
        (Compare("=", expr, Literal(name, STRING), UINT8), Literal(place, UINT8))
        for place, name in enumerate(JSON_TYPES)
    )
    kind = UINT8.or_null()
    return Case(tuple(branches), Literal(None, kind), kind)


def _keys(item: exp.Expr, columns: tuple[Output, ...], resolve: Resolve, alone: bool) -> list[Expr]:
    """ORDER BY ALL, LIMIT n BY ALL: every column, unless one is called so."""
    is_all = isinstance(item, exp.Column) and not item.table and not item.this.quoted
    if alone and is_all and item.name.lower() == "all" and all(c.name != item.name for c in columns):
        return [column.expr for column in columns]
    return [by_position(item, columns, resolve)]


def by_position(item: exp.Expr, columns: tuple[Output, ...], resolve: Resolve) -> Expr:
    """A whole number in GROUP BY, ORDER BY or LIMIT BY is the position of a column, from 1."""
    if isinstance(item, exp.Literal) and not item.args.get("is_string") and item.this.isdigit():
        position = int(item.this)
        if not 1 <= position <= len(columns):
            raise wrong(f"There is no column {position}.", item, f"There are {len(columns)}.")
        return columns[position - 1].expr
    return resolve(item)


def with_limits(select: Select, node: exp.Select, resolve: Resolve) -> Select:
    limit, offset, limit_by = node.args.get("limit"), node.args.get("offset"), node.args.get(LIMIT_BY)
    if limit_by is not None:
        allow.check(limit_by)
        keys: list[Expr] = []
        for item in limit_by.expressions:
            keys += _keys(item, select.columns, resolve, alone=len(limit_by.expressions) == 1)
        skipped = limit_by.args.get("offset")
        skipped_rows = 0 if skipped is None else _whole(skipped, resolve)
        by = LimitBy(_whole(limit_by.expression, resolve), tuple(keys), skipped_rows)
        select = replace(select, limit_by=by)
    if limit is not None:
        allow.check(limit)
        count = limit.args.get("count") if isinstance(limit, exp.Fetch) else limit.expression
        rows = 1 if count is None else _whole(count, resolve)
        select = replace(select, limit=rows, with_ties=_with_ties(select, limit))
    if offset is not None:
        allow.check(offset)
        select = replace(select, offset=_whole(offset.expression, resolve))
    return select


def _with_ties(select: Select, limit: exp.Expr) -> bool:
    options = limit.args.get("limit_options")
    if options is None:
        return False
    allow.check(options)
    if not options.args.get("with_ties"):
        return False
    if not select.order_by or select.limit_by is not None:
        raise wrong(
            "WITH TIES needs an ORDER BY, and no LIMIT BY.", limit, "Add ORDER BY.", code="clause_not_allowed"
        )
    return True


def _whole(node: exp.Expr, resolve: Resolve) -> int:
    value = resolve(node)
    if isinstance(value, Literal) and isinstance(value.value, int) and 0 <= value.value < 1 << 63:
        return value.value
    raise wrong("LIMIT and OFFSET take a whole number.", node, "For example LIMIT 10 OFFSET 20.")
