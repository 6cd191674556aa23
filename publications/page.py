"""The page of a publication: a table made for reading, from a query's result."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string

from analytics.query import Column, Result
from publications.visit import Shared

ROWS = 1_000  # on the page; CSV and JSON hold them all
NUMBERS = ("UInt", "Int", "Float", "Decimal")
MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True)
class Heading:
    text: str
    name: str  # as the question calls it
    number: bool  # right-aligned


@dataclass(frozen=True)
class Cell:
    text: str
    exact: str  # on hover, where `text` is rounded or relative
    number: bool


Writer = Callable[[Any], tuple[str, str]]


def render(shared: Shared, result: Result) -> tuple[bytes, bytes]:
    """The page before and after the place where the answer's age stands."""
    age = secrets.token_hex(16)
    html = render_to_string(
        "publication.html",
        {
            "shared": shared,
            "team": shared.project.team,
            "result": result,
            "headings": [heading(column) for column in result.columns],
            "rows": cells(result),
            "rows_left": max(len(result.rows) - ROWS, 0),
            "age": age,
        },
    )
    before, _, after = html.partition(age)
    return before.encode(), after.encode()


def heading(column: Column) -> Heading:
    words = ["ID" if word.lower() == "id" else word for word in column.name.split("_") if word]
    text = " ".join(words) or column.name
    return Heading(text[:1].upper() + text[1:], column.name, is_number(column) or is_time(column))


def is_number(column: Column) -> bool:
    return plain_type(column).startswith(NUMBERS)


def is_time(column: Column) -> bool:
    return plain_type(column).startswith("DateTime")


def plain_type(column: Column) -> str:
    return column.type.removeprefix("LowCardinality(").removeprefix("Nullable(")


def cells(result: Result) -> list[list[Cell]]:
    """The first ROWS rows, each value as a person reads it."""
    rows = result.rows[:ROWS]
    writers = [
        writer(column, [row[i] for row in rows], result.as_of) for i, column in enumerate(result.columns)
    ]
    numbers = [is_number(column) or is_time(column) for column in result.columns]
    return [
        [Cell(*write(value), number) for value, write, number in zip(row, writers, numbers, strict=True)]
        for row in rows
    ]


def writer(column: Column, values: list[Any], as_of: datetime) -> Writer:
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
    if as_of is not None:
        seconds = (as_of - utc).total_seconds()
        if 0 <= seconds < 60 * DAY:
            return ago(seconds), exact
    return f"{write_date(utc)}, {utc:%H:%M}", exact


def ago(seconds: float) -> str:
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min ago"
    if seconds < DAY:
        return f"{seconds // HOUR:.0f} h ago"
    days = int(seconds // DAY)
    return "1 day ago" if days == 1 else f"{days} days ago"


def age_words(seconds: float) -> str:
    """The age of an answer: it stands in the page that says as of when it is."""
    whole = max(int(seconds), 0)
    return "just now" if whole < 2 else f"{whole} s ago"
