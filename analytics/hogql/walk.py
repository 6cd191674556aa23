"""Rebuild trees: the same node with its parts changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analytics.hogql.tree import (
    Aggregate,
    ArrayJoin,
    Call,
    Case,
    Column,
    Compare,
    Derived,
    Expr,
    In,
    Join,
    Lambda,
    Property,
    Query,
    Relation,
    Scalar,
    Select,
    Window,
    children,
)


def map_select(select: Select, change: Callable[[Expr], Expr]) -> Select:
    """The same SELECT with `change` applied to each of its expressions."""
    by = select.limit_by
    return replace(
        select,
        columns=tuple(replace(column, expr=change(column.expr)) for column in select.columns),
        where=None if select.where is None else change(select.where),
        group_by=tuple(change(expr) for expr in select.group_by),
        having=None if select.having is None else change(select.having),
        qualify=None if select.qualify is None else change(select.qualify),
        order_by=tuple(replace(key, expr=change(key.expr)) for key in select.order_by),
        limit_by=None if by is None else replace(by, keys=tuple(change(expr) for expr in by.keys)),
    )


def map_expr(expr: Expr, change: Callable[[Expr], Expr], inside: Callable[[Query], Query]) -> Expr:
    """The same expression with `change` applied to its direct children and `inside` to its subqueries."""
    match expr:
        case Call():
            return replace(expr, args=tuple(change(arg) for arg in expr.args))
        case Lambda():
            return replace(expr, body=change(expr.body))
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
        case Window():
            call = replace(expr.call, args=tuple(change(arg) for arg in expr.call.args))
            if isinstance(call, Aggregate) and call.condition is not None:
                call = replace(call, condition=change(call.condition))
            order = tuple(replace(key, expr=change(key.expr)) for key in expr.order_by)
            partition = tuple(change(key) for key in expr.partition_by)
            return replace(expr, call=call, partition_by=partition, order_by=order)
        case Scalar():
            return replace(expr, query=inside(expr.query))
        case _:
            return expr


def map_relation(
    relation: Relation,
    leaf: Callable[[Relation], Relation],
    change: Callable[[Expr], Expr],
    inside: Callable[[Query], Query],
) -> Relation:
    """The same FROM with `leaf` applied to its tables, `change` to ON conditions, `inside` to subqueries."""
    if isinstance(relation, Join):
        left = map_relation(relation.left, leaf, change, inside)
        right = map_relation(relation.right, leaf, change, inside)
        on = None if relation.on is None else change(relation.on)
        closest = relation.closest
        if closest is not None:
            closest = replace(closest, expr=change(closest.expr))
        return replace(relation, left=left, right=right, on=on, closest=closest)
    if isinstance(relation, ArrayJoin):
        inner = None if relation.left is None else map_relation(relation.left, leaf, change, inside)
        return replace(
            relation, left=inner, arrays=tuple((name, change(expr)) for name, expr in relation.arrays)
        )
    if isinstance(relation, Derived):
        return replace(relation, query=inside(relation.query))
    return leaf(relation)


def free_columns(query: Query) -> list[Column | Property]:
    """What a subquery reads of the SELECT around it, which makes it correlated; none for most."""
    if not isinstance(query, Select):
        return []
    found: list[Column | Property] = []
    own: set[str] = set()

    def look(expr: Expr) -> Expr:
        if isinstance(expr, Column | Property):
            found.append(expr)
        return map_expr(expr, look, inside)

    def inside(inner: Query) -> Query:
        found.extend(free_columns(inner))
        return inner

    map_select(query, look)
    if query.relation is not None:
        own |= _aliases(query.relation)
        map_relation(query.relation, lambda leaf: leaf, look, inside)
    free = (column for column in found if column.source not in own and not column.source.startswith("\0"))
    return list(dict.fromkeys(free))


def _aliases(relation: Relation) -> set[str]:
    if isinstance(relation, Join):
        return _aliases(relation.left) | _aliases(relation.right)
    inner = relation.left if isinstance(relation, ArrayJoin) else None
    return {relation.alias} | (set() if inner is None else _aliases(inner))


def into_correlated(query: Query, change: Callable[[Expr], Expr]) -> Query:
    """A subquery with what it reads of the SELECT around changed, as that SELECT's own expressions are."""
    around = {column.source for column in free_columns(query)}
    if not isinstance(query, Select) or not around:
        return query

    def free(expr: Expr) -> Expr:
        if (read := sources(expr)) and read <= around:
            return change(expr)
        return map_expr(expr, free, inside)

    def inside(inner: Query) -> Query:
        return into_correlated(inner, change)

    if query.relation is not None:
        query = replace(query, relation=map_relation(query.relation, lambda leaf: leaf, free, inside))
    return map_select(query, free)


def sources(expr: Expr) -> set[str]:
    """The relations whose columns an expression reads."""
    if isinstance(expr, Column | Property):
        return {expr.source}
    return set().union(*map(sources, children(expr)))


def expressions(select: Select) -> list[Expr]:
    """All that stand in a SELECT, its FROM left out."""
    listed = [column.expr for column in select.columns] + list(select.group_by)
    listed += [key.expr for key in select.order_by]
    listed += [expr for expr in (select.where, select.having, select.qualify) if expr is not None]
    return listed + (list(select.limit_by.keys) if select.limit_by else [])


def columns_of(expr: Expr, alias: str) -> set[Column]:
    """The columns of one relation that an expression reads, its subqueries too."""
    if isinstance(expr, Column):
        return {expr} if expr.source == alias else set()
    found = set().union(*(columns_of(child, alias) for child in children(expr)))
    inner = expr.query if isinstance(expr, Scalar) else expr.options if isinstance(expr, In) else ()
    if not isinstance(inner, tuple):
        free = free_columns(inner)
        found |= {column for column in free if isinstance(column, Column) and column.source == alias}
    return found


def aggregates_of(select: Select) -> set[Aggregate]:
    """The aggregates of a SELECT's groups."""
    found: set[Aggregate] = set()
    waiting = expressions(select)
    while waiting:
        expr = waiting.pop()
        if isinstance(expr, Aggregate):
            found.add(expr)
        waiting += children(expr)
    return found
