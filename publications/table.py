"""An answer as a table for reading: what each column is, by its name and type, and how its values are drawn.

- `customer_id` is the customer; `rank` stands before it, small.
- A name that ends with `percent` has the sign; one with `change` or `growth` in it a colour too.
- The first column of whole numbers that never rise, beneath a name, is what the answer is ranked by: it has
  bars.
- An array of (date, count) is a picture of 30 days; with `customer_id`, `last_call_at` and `daily_calls` the
  customer's trend is judged too, by what the answer itself says and the project's thresholds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from analytics.customers.naming import visible
from analytics.customers.one.address import COLUMNS
from analytics.customers.sparkline import Sparkline, sparkline
from analytics.customers.trend import Thresholds, Trend, trend
from analytics.customers.wording import tone
from analytics.query import Column, Result
from publications.writing import Writer, is_number, is_time, plain_type, write, writer

ROWS = 1_000  # on a page; CSV and JSON hold them all
BAR = 60  # pixels of the longest bar
WORDS = {
    "id": "ID",
    "sdk": "SDK",
    "ip": "IP",
    "api": "API",
    "url": "URL",
    "p50": "p50",
    "p95": "p95",
    "p99": "p99",
}
NAMES = {"customer_id": "Customer", "rank": "#"}
KINDS = {
    "rank": "n rank",
    "total_calls": "n calls",
    "change_percent": "n change",
    "active_days": "n active",
    "last_call_at": "n last",
}
PAIRS = re.compile(r"Array\(Tuple\(Date, UInt\d+\)\)")
DAILY = "daily_calls"


@dataclass(frozen=True)
class Heading:
    text: str
    name: str  # as the question calls it
    kind: str  # its classes: "n" right-aligned, and what the customers page calls it


@dataclass(frozen=True)
class Cell:
    """`exact` is shown on hover, where `text` is rounded or relative; `bar` is in pixels."""

    text: str = ""
    exact: str = ""
    kind: str = ""
    name: bool = False  # whether it names its row
    tone: str = ""
    bar: int | None = None
    picture: Sparkline | None = None
    trend: Trend | None = None
    link: str = ""  # on a page of the team, to the customer that it names


@dataclass(frozen=True)
class Table:
    """`ranking`: it has all that the customers page has, and becomes cards on a phone as that does."""

    headings: list[Heading]
    rows: list[list[Cell]]
    ranking: bool


def table(result: Result, thresholds: Thresholds | None = None) -> Table:
    """The first ROWS rows. Trends are judged by `thresholds`, and not without."""
    rows = result.rows[:ROWS]
    ranked_by = _ranked_by(result.columns, rows)
    headings = [heading(column) for column in result.columns]
    named = next((i for i, heading in enumerate(headings) if not heading.kind), None)
    columns = [
        _cells(column, [row[i] for row in rows], result.as_of, i == named, i == ranked_by)
        for i, column in enumerate(result.columns)
    ]
    trends = _trends(result, rows, thresholds) if thresholds else []
    if trends:
        headings.append(Heading("Trend", "trend", "trend"))
        columns.append(trends)
    return Table(headings, [list(row) for row in zip(*columns, strict=True)] if rows else [], bool(trends))


def heading(column: Column) -> Heading:
    words = [word for word in column.name.split("_") if word]
    if len(words) > 1 and (words[-1].lower() == "percent" or (words[-1].lower() == "at" and is_time(column))):
        words = words[:-1]
    text = " ".join(WORDS.get(word.lower(), word) for word in words) or column.name
    text = text if words and words[0].lower() in WORDS else text[:1].upper() + text[1:]
    return Heading(NAMES.get(column.name, text), column.name, kind(column))


def kind(column: Column) -> str:
    if PAIRS.fullmatch(column.type):
        return "daily"
    return KINDS.get(column.name, "n") if is_number(column) or is_time(column) else ""


def _cells(
    column: Column, values: Sequence[Any], as_of: datetime, named: bool, ranked_by: bool
) -> list[Cell]:
    shape = kind(column)
    if shape == "daily":
        return [Cell(kind=shape, picture=sparkline(dict(value or ()), as_of.date())) for value in values]
    written = _customer if column.name in COLUMNS else writer(column, values, as_of)
    if is_number(column) and column.name.lower().endswith("percent"):
        return [_percent(column, shape, value, written) for value in values]
    cells = [Cell(*written(value), kind=shape, name=named) for value in values]
    if not ranked_by:
        return cells
    most = max(values) or 1
    return [replace(cell, bar=round(BAR * value / most)) for cell, value in zip(cells, values, strict=True)]


def _customer(value: Any) -> tuple[str, str]:
    """An id as it can be seen; what is no id, as anything else."""
    if not isinstance(value, str):
        return write(value, None)
    return visible(value) or "(empty customer_id)", ""


def _percent(column: Column, shape: str, value: Any, written: Writer) -> Cell:
    text, exact = written(value)
    if value is None or not math.isfinite(value):
        return Cell(text, exact, shape)
    if "change" not in column.name.lower() and "growth" not in column.name.lower():
        return Cell(f"{text}%", exact, shape)
    return Cell(f"{'+' if value > 0 else ''}{text}%", exact, shape, tone=tone(float(value) / 100))


def _ranked_by(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> int | None:
    """The column that the rows are ranked by, if it looks like one."""
    named = False
    for i, column in enumerate(columns):
        if plain_type(column).startswith(("UInt", "Int")) and column.name != "rank":
            values = [row[i] for row in rows]
            falls = len(values) > 1 and None not in values and all(a >= b >= 0 for a, b in pairwise(values))
            return i if named and falls else None
        named |= plain_type(column).startswith("String")
    return None


def _trends(result: Result, rows: Sequence[Sequence[Any]], thresholds: Thresholds) -> list[Cell]:
    """A cell a row; none where the answer does not say enough."""
    at = {column.name: i for i, column in enumerate(result.columns)}
    if not {"customer_id", "last_call_at", DAILY} <= at.keys():
        return []
    days_of, last_of = at[DAILY], at["last_call_at"]
    if kind(result.columns[days_of]) != "daily" or not is_time(result.columns[last_of]):
        return []
    return [
        Cell(kind="trend", trend=trend(row[days_of] or (), row[last_of], result.as_of, thresholds))
        if row[last_of]
        else Cell(kind="trend")
        for row in rows
    ]
