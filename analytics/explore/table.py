"""An answer as a table for people who compare it with their own figures: every value as it is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agentry.accounts.models import Project
from analytics.answer import json_value
from analytics.customers.naming import visible
from analytics.customers.one.address import COLUMNS, named_by
from analytics.query import Column, Result

ROWS = 500  # drawn; CSV and JSON hold them all
LONG = 300  # characters of a text that are drawn
MINUS = "\u2212"
# Narrow integers are parts of times, codes and years: 2026 is no quantity.
COUNTED = ("UInt64", "Int64", "Float", "Decimal", "UInt128", "Int128", "UInt256", "Int256")
NUMBERS = ("UInt", "Int", "Float", "Decimal")


@dataclass(frozen=True)
class Heading:
    name: str
    type: str
    number: bool


@dataclass(frozen=True)
class Cell:
    """`kind` is a class: n for numbers, soft for what is no value, or "". `link` leads to the customer that
    it names, "" where it names none."""

    text: str
    kind: str
    link: str = ""


def headings(result: Result) -> list[Heading]:
    return [Heading(column.name, column.type, is_number(column)) for column in result.columns]


def plain_type(column: Column) -> str:
    return column.type.removeprefix("LowCardinality(").removeprefix("Nullable(").removesuffix(")")


def is_number(column: Column) -> bool:
    return plain_type(column).startswith(NUMBERS)


def cells(project: Project, result: Result) -> list[list[Cell]]:
    """The first ROWS rows."""
    writers = [_writer(column) for column in result.columns]
    links = [index for index, column in enumerate(result.columns) if column.name in COLUMNS]
    rows = []
    for row in result.rows[:ROWS]:
        drawn = [write(value) for write, value in zip(writers, row, strict=True)]
        for index in links:
            if link := named_by(project, result.columns[index].name, row[index]):
                text = _short(visible(row[index])) or drawn[index].text  # a link must be seen
                drawn[index] = replace(drawn[index], text=text, link=link)
        rows.append(drawn)
    return rows


def _writer(column: Column) -> Callable[[Any], Cell]:
    number, counted = is_number(column), plain_type(column).startswith(COUNTED)

    def write(value: Any) -> Cell:
        if value is None:
            return Cell("NULL", "n soft" if number else "soft")
        if number and not isinstance(value, bool):
            return Cell(_number(value, counted), "n")
        plain = json_value(value, column.type)
        if isinstance(plain, bool):
            return Cell(str(plain).lower(), "")
        if isinstance(plain, list):
            return Cell(_short(json.dumps(plain, ensure_ascii=False)), "")
        return Cell(_short(str(plain)), "") if plain != "" else Cell("''", "soft")

    return write


def _number(value: Any, counted: bool) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
        value = int(value) if value.is_integer() and abs(value) < 1 << 53 else value
    text = f"{value:,}" if counted else str(value)
    return text.replace("-", MINUS) if "e" not in text else text


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}…"
