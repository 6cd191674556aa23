"""Values as PostgreSQL gives them → Python's, by their HogQL type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from analytics.hogql.types import Type


def python_rows(rows: list[tuple[Any, ...]], types: Sequence[Type]) -> list[tuple[Any, ...]]:
    """The rows with all values so. Only columns whose values may come as something else are looked at: most
    rows are text and counts.
    """
    if not any(type_.is_number or type_.items for type_ in types):
        return rows
    columns = zip(*rows, strict=True)
    return list(
        zip(*(_column(values, type_) for values, type_ in zip(columns, types, strict=False)), strict=True)
    )


def _column(values: Sequence[Any], type_: Type) -> Sequence[Any]:
    """By the column, for a call a value takes longer than the value."""
    if type_.is_integer:
        return [None if value is None else int(value) for value in values]
    if type_.name == "String":
        return values
    return [python_value(value, type_) for value in values]


def python_value(value: Any, type_: Type) -> Any:
    """One value: int for integers (sums come as Decimal), tuple for Tuple, list for Array, their times and
    floats as such though jsonb had them as text. None stays None.
    """
    if value is None:
        return None
    if type_.is_tuple:
        return tuple(python_value(part, item) for part, item in zip(value, type_.items, strict=True))
    if type_.is_array:
        return [python_value(part, type_.item) for part in value]
    if type_.is_integer:
        return int(value)
    if type_.is_float:
        return float(value)
    if isinstance(value, str):
        return _from_text(value, type_)
    return float(value) if isinstance(value, Decimal) else value


def _from_text(value: str, type_: Type) -> Any:
    """A text out of jsonb."""
    if type_.is_moment:
        return datetime.fromisoformat(value).astimezone(UTC)
    if type_.name == "Date":
        return date.fromisoformat(value)
    return UUID(value) if type_.name == "UUID" else value
