"""Rebuild trees: the same node with its parts changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analytics.hogql.tree import Aggregate, Call, Case, Compare, Expr, In, Query, Scalar, Select


def map_select(select: Select, change: Callable[[Expr], Expr]) -> Select:
    """The same SELECT with `change` applied to each of its expressions."""
    limit_by = select.limit_by
    return replace(
        select,
        columns=tuple(replace(column, expr=change(column.expr)) for column in select.columns),
        where=None if select.where is None else change(select.where),
        group_by=tuple(change(expr) for expr in select.group_by),
        having=None if select.having is None else change(select.having),
        order_by=tuple(replace(key, expr=change(key.expr)) for key in select.order_by),
        limit_by=None if limit_by is None else (limit_by[0], tuple(change(expr) for expr in limit_by[1])),
    )


def map_expr(expr: Expr, change: Callable[[Expr], Expr], inside: Callable[[Query], Query]) -> Expr:
    """The same expression with `change` applied to its direct children and `inside` to its subqueries."""
    match expr:
        case Call():
            return replace(expr, args=tuple(change(arg) for arg in expr.args))
        case Compare():
            return replace(expr, left=change(expr.left), right=change(expr.right))
        case Case():
            branches = tuple((change(condition), change(value)) for condition, value in expr.branches)
            return replace(expr, branches=branches, default=change(expr.default))
        case In():
            options = expr.options
            inner = tuple(change(o) for o in options) if isinstance(options, tuple) else inside(options)
            return replace(expr, needle=change(expr.needle), options=inner)
        case Aggregate():
            condition = None if expr.condition is None else change(expr.condition)
            return replace(expr, args=tuple(change(arg) for arg in expr.args), condition=condition)
        case Scalar():
            return replace(expr, query=inside(expr.query))
        case _:
            return expr
