"""Rollup rows added up to what a query reads, before its groups are made.

A query that asks nothing of the customer, or nothing of the time, reads many rows that differ only in what
it does not look at. Added up first, in parallel and by hash, they are few; then functions of the time,
conditions and counts of different values, for which PostgreSQL sorts, cost little.
"""

from __future__ import annotations

from dataclasses import replace

from analytics.hogql.different import value_counted
from analytics.hogql.storage import ROLLED, SHARED
from analytics.hogql.tree import Aggregate, Call, Column, Derived, Expr, Output, Rollup, Select, children
from analytics.hogql.walk import aggregates_of, columns_of, expressions

ADDED = {"first_at": "min", "last_at": "max", "latency_ms_sum": "total", "bytes_sum": "total"}


def columns_read(select: Select, alias: str) -> tuple[str, ...]:
    """The columns of rollup rows that a SELECT over them reads; `calls`, if it reads none."""
    return tuple(column.name for column in _columns(select, alias)) or ("calls",)


def gathered(select: Select, rollup: Rollup) -> Select:
    """The same SELECT over rows that are added up first, where that makes few of many."""
    columns = _columns(select, rollup.alias)
    shared = tuple(column for column in columns if column.name in SHARED)
    names = {column.name for column in shared}
    # With both, there would be about as many rows as before; steps by the different values make fewer.
    few = select.aggregated and shared and not {"customer_id", "bucket"} <= names
    if not few or value_counted(aggregates_of(select)) is not None:
        return select
    outputs = [
        Output(
            column.name,
            column if column in shared else Aggregate(ADDED.get(column.name, "sum"), (column,), column.type),
        )
        for column in columns
    ]
    # arrayJoin multiplies rows where the SELECT does, after this.
    stays = select.where is not None and _multiplies(select.where)
    inner = Select(tuple(outputs), rollup, None if stays else select.where, shared, aggregated=True)
    return replace(select, relation=Derived(inner, rollup.alias), where=select.where if stays else None)


def _multiplies(expr: Expr) -> bool:
    return (isinstance(expr, Call) and expr.name == "arrayJoin") or any(map(_multiplies, children(expr)))


def _columns(select: Select, alias: str) -> list[Column]:
    read = set().union(*(columns_of(expr, alias) for expr in expressions(select)))
    return sorted(read, key=lambda column: ROLLED.index(column.name))
