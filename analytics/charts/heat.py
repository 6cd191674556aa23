"""Rows × columns of values, darker where there is more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.charts.scale import Value, figure, finite

SHADES = 9  # h1 … h9; h0 is none
MOST = 2_500  # cells
ROW = 18  # pixels
MARKS = 8  # labels of times beneath, at most
LABEL = 18  # characters of a label; a cell says the whole name
LETTER = 6.6  # pixels of a character, about
SLANT = 0.71  # of its length is how far a slanting label reaches, down and to the left


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
    """`cells` in columns to the right and rows down; `label` says the picture in a sentence.

    Labels have `beside` pixels left of the cells and `beneath` under them, where those of `names` slant;
    `size` is wide, wider or "" by how much room the columns need. `heads` and `table` are it as text."""

    cells: list[Cell]
    rows: list[Label]
    columns: list[Label]
    width: int
    depth: int
    height: int
    label: str
    names: bool
    beside: int
    beneath: int
    size: str
    heads: list[str]
    table: list[tuple[str, list[str]]]


def heat(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[Value]],
    what: str,
    *,
    names: bool = False,
    by_row: bool = False,
) -> Heat:
    """`values[row][column]`; `what` names one: "Calls an hour". None is an empty place.

    Columns of `names` have a label each; of times, every few. Shades compare all cells, or those of a row: a
    row with little is then as plain to read as one with much."""
    if len(rows) * len(columns) > MOST:
        raise ValueError(f"{len(rows)} × {len(columns)} cells are more than {MOST}")
    known = [[finite(each) for each in row] for row in values]
    flat = [(each, y, x) for y, row in enumerate(known) for x, each in enumerate(row) if each is not None]
    most = _mosts(known, by_row)
    step = 1 if names else max(1, -(-len(columns) // MARKS))
    middle = 0.5 if names else 0.0
    beneath = [
        Label(f"{(x + middle) * 100 / len(columns):.4g}%", _cut(text))
        for x, text in enumerate(columns)
        if x % step == 0
    ]
    slant = round(SLANT * _length(beneath)) if names else 0
    beside = [Label(str(y * ROW + ROW - 5), _cut(text)) for y, text in enumerate(rows)]
    return Heat(
        cells=[
            Cell(x, y, _shade(each, most[y]), f"{rows[y]} {columns[x]}: {figure(values[y][x])}")
            for each, y, x in flat
        ],
        rows=beside,
        columns=beneath,
        width=max(1, len(columns)),
        depth=max(1, len(rows)),
        height=max(1, len(rows)) * ROW,
        label=_sentence(rows, columns, flat, what),
        names=names,
        beside=max(round(_length(beside)) + 10, slant),
        beneath=slant + 14 if names else 18,
        size=("" if len(columns) <= 12 else "wide" if len(columns) <= 30 else "wider") if names else "",
        heads=list(columns),
        table=[(text, [figure(each) for each in row]) for text, row in zip(rows, values, strict=False)],
    )


def _mosts(known: Sequence[Sequence[float | None]], by_row: bool) -> list[float]:
    """What each row's darkest shade stands for."""
    mosts = [max((abs(each) for each in row if each is not None), default=0.0) for row in known]
    return [(each if by_row else max(mosts)) or 1.0 for each in mosts]


def _cut(text: str) -> str:
    return text if len(text) <= LABEL else f"{text[: LABEL - 1]}…"


def _length(labels: Sequence[Label]) -> float:
    """Of the longest, in pixels."""
    return LETTER * max((len(each.text) for each in labels), default=0)


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
