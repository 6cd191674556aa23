"""Rows × columns of values, darker where there is more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.charts.scale import Value, figure, finite

SHADES = 9  # h1 … h9; h0 is none
MOST = 2_500  # cells
ROW = 18  # pixels
MARKS = 8  # labels beneath, at most


@dataclass(frozen=True)
class Cell:
    x: int
    y: int
    shade: int
    title: str


@dataclass(frozen=True)
class Label:
    """`at` in pixels for rows, in percent for columns."""

    at: str
    text: str


@dataclass(frozen=True)
class Heat:
    """`cells` in columns to the right and rows down; `label` says the picture in a sentence."""

    cells: list[Cell]
    rows: list[Label]
    columns: list[Label]
    width: int
    depth: int
    height: int
    label: str


def heat(rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[Value]], what: str) -> Heat:
    """`values[row][column]`; `what` names one: "Calls an hour". None is an empty place."""
    if len(rows) * len(columns) > MOST:
        raise ValueError(f"{len(rows)} × {len(columns)} cells are more than {MOST}")
    known = [[finite(each) for each in row] for row in values]
    flat = [(each, y, x) for y, row in enumerate(known) for x, each in enumerate(row) if each is not None]
    most = max((abs(each) for each, _, _ in flat), default=0.0) or 1.0
    step = max(1, -(-len(columns) // MARKS))
    return Heat(
        cells=[
            Cell(x, y, _shade(each, most), f"{rows[y]} {columns[x]}: {figure(values[y][x])}")
            for each, y, x in flat
        ],
        rows=[Label(str(y * ROW + ROW - 5), text) for y, text in enumerate(rows)],
        columns=[
            Label(f"{x * 100 / len(columns):.4g}%", text) for x, text in enumerate(columns) if x % step == 0
        ],
        width=max(1, len(columns)),
        depth=max(1, len(rows)),
        height=max(1, len(rows)) * ROW,
        label=_sentence(rows, columns, flat, what),
    )


def _shade(value: float, most: float) -> int:
    return max(1, round(abs(value) / most * SHADES)) if value else 0


def _sentence(
    rows: Sequence[str], columns: Sequence[str], flat: list[tuple[float, int, int]], what: str
) -> str:
    if not any(value for value, _, _ in flat):
        return f"{what}: nothing to show"
    most, y, x = max(flat, key=lambda cell: cell[0])
    none = sum(1 for value, _, _ in flat if not value)
    empty = f"; none in {none} of {len(flat)}" if none else ""
    return f"{what}: at most {figure(most)}, {rows[y]} {columns[x]}{empty}"
