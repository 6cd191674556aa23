"""Clauses of a SELECT → PostgreSQL text."""

from __future__ import annotations

from collections.abc import Callable

from analytics.hogql.table_functions import MAX_NUMBERS
from analytics.hogql.tree import Expr, Select


def group_by(select: Select) -> str:
    """By place, as a key's text need not be the same twice: stages.py has put the keys first."""
    if not select.sets:
        return _places(tuple(range(len(select.group_by))))
    return f"GROUPING SETS ({', '.join(f'({_places(places)})' for places in select.sets)})"


def _places(places: tuple[int, ...]) -> str:
    return ", ".join(str(place + 1) for place in places)


def numbers_end(count: int | Expr, value: Callable[[Expr], str]) -> str:
    """The last of numbers(count); more than MAX_NUMBERS fail with 22012."""
    if isinstance(count, int):
        return f"{count - 1}::bigint"
    text = f"({value(count)})::bigint"
    return f"({text} - 1) / (CASE WHEN {text} <= {MAX_NUMBERS} THEN 1 ELSE 0 END)"


def limit(select: Select) -> str:
    offset = f" OFFSET {select.offset}" if select.offset is not None else ""
    if select.with_ties:
        return f"{offset} FETCH FIRST {select.limit} ROWS WITH TIES"
    return (f" LIMIT {select.limit}" if select.limit is not None else "") + offset
