"""How a value reads: numbers, times as ages, dates. UTC throughout; minus is U+2212."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics.customers.wording import ago
from analytics.query import Column

NUMBERS = ("UInt", "Int", "Float", "Decimal")
AGES = timedelta(days=60)  # older times are written as dates

Writer = Callable[[Any], tuple[str, str]]


def is_number(column: Column) -> bool:
    return plain_type(column).startswith(NUMBERS)


def is_time(column: Column) -> bool:
    return plain_type(column).startswith("DateTime")


def plain_type(column: Column) -> str:
    return column.type.removeprefix("LowCardinality(").removeprefix("Nullable(")


def writer(column: Column, values: Sequence[Any], as_of: datetime) -> Writer:
    """How a column's values are written. Times that all lie on the hour are hours of a series, not ages."""
    fractions = [float(value) for value in values if isinstance(value, float | Decimal)]
    if fractions:
        digits = decimals(fractions)
        return lambda value: write_fraction(float(value), digits) if value is not None else write(None, None)
    times = [value for value in values if isinstance(value, datetime)]
    if times and all(at.minute == at.second == at.microsecond == 0 for at in times):
        return lambda value: write(value, None)
    return lambda value: write(value, as_of)


def write(value: Any, as_of: datetime | None) -> tuple[str, str]:
    """A value as text, and exactly when that differs. With `as_of`, times are ages."""
    if value is None:
        return "–", ""
    if isinstance(value, bool):
        return ("yes" if value else "no"), ""
    if isinstance(value, int):
        return minus(f"{value:,}"), ""
    if isinstance(value, float | Decimal):
        return write_fraction(float(value), decimals([float(value)]))
    if isinstance(value, datetime):
        return write_time(value, as_of)
    if isinstance(value, date):
        return write_date(value), value.isoformat()
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=str), ""
    return str(value), ""


def decimals(values: list[float]) -> int:
    """As many as all values of a column need, at most two: they stand beneath each other."""
    finite = [value for value in values if math.isfinite(value)]
    return next((digits for digits in (0, 1) if all(round(value, digits) == value for value in finite)), 2)


def write_fraction(value: float, digits: int) -> tuple[str, str]:
    """So many decimals; three significant digits for what is under one and needs more than two."""
    if not math.isfinite(value):
        return "–", str(value)
    small = digits == 2 and 0 < abs(value) < 1 and round(value, 2) != value
    text = f"{value:.3g}" if small else f"{value:,.{digits}f}"
    return minus(text), "" if round(value, digits) == value else str(value)


def minus(number: str) -> str:
    return number.replace("-", "−")


def write_date(value: date) -> str:
    return f"{value.day} {value:%b} {value.year:04}"


def write_time(value: datetime, as_of: datetime | None) -> tuple[str, str]:
    """How long before `as_of`, up to 60 days; otherwise the time itself. Exactly: ISO 8601, UTC."""
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    exact = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    if as_of is not None and timedelta() <= as_of - utc < AGES:
        return ago(utc, as_of), exact
    return f"{write_date(utc)}, {utc:%H:%M}", exact
