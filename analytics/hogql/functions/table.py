"""The function table: every scalar function and operator, by its name, and how names may be written."""

from __future__ import annotations

from analytics.hogql.functions import (
    arithmetic,
    array_changes,
    arrays,
    convert,
    higher_order,
    logic,
    text,
    time_buckets,
    time_parts,
    tuples,
)
from analytics.hogql.functions.row import Function

FAMILIES: dict[str, list[Function]] = {
    "Arithmetic": arithmetic.ROWS,
    "Conditions": logic.ROWS,
    "Text": text.ROWS,
    "Conversions": convert.ROWS,
    "Parts of a time": time_parts.ROWS,
    "Times": time_buckets.ROWS,
    "Arrays": arrays.ROWS + array_changes.ROWS,
    "Arrays, with a lambda": higher_order.ROWS,
    "Tuples": tuples.ROWS,
}
FUNCTIONS: dict[str, Function] = {row.name: row for rows in FAMILIES.values() for row in rows}

# Read by calls.py itself: `if` and `multiIf` are Case; `now`, `today`, `yesterday` the query's own moment.
SPECIAL = {
    "if": "if",
    "multiif": "multiIf",
    "now": "now",
    "today": "today",
    "yesterday": "yesterday",
    "datetrunc": "dateTrunc",
    "date_trunc": "dateTrunc",
}
_EXACT = {name: row.name for row in FUNCTIONS.values() for name in (row.name, *row.aliases)}
_ANY_CASE = {name.lower(): row.name for row in FUNCTIONS.values() for name in row.any_case} | SPECIAL


def canonical(name: str) -> str:
    """The table's name for what the user wrote: case folded where ClickHouse folds it, aliases followed."""
    return _EXACT.get(name) or _ANY_CASE.get(name.lower(), name)


def names() -> list[str]:
    """Every name that may be written."""
    return [*_EXACT, *SPECIAL.values()]
