"""Pictures of an answer: the ones that its columns allow, and the one that they suggest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from analytics.charts.bars import Item, bars
from analytics.charts.heat import heat
from analytics.charts.timeline import LINES, lines, timeline
from analytics.customers.wording import number
from analytics.explore.shape import Shape, columns_in_order, is_going_on, label, labels, shape_of, steps
from analytics.query import Result

BARS = 30
HEAT_ROWS, HEAT_COLUMNS = 24, 62
BY_ROW = "Shades compare within a row: the darkest is where it has most."
KINDS = {"lines": "Lines", "bars": "Bars", "heat": "Heat map"}


@dataclass(frozen=True)
class Picture:
    """`template` draws `chart`; `value` stands in the address, "" for the one that is drawn unasked."""

    kind: str
    title: str
    template: str
    chart: Any
    note: str
    value: str
    chosen: bool


Drawn = tuple[str, Any, str]  # template, chart, note


def pictures(result: Result, wanted: str) -> list[Picture]:
    """Those that can be drawn; one of them `chosen`, unless "none" is `wanted`."""
    shape = shape_of(result)
    if shape is None:
        return []
    drawn = {kind: found for kind, draw in DRAW.items() if (found := draw(result, shape)) is not None}
    if not drawn:
        return []
    usual = next(kind for kind in _order(shape) if kind in drawn)
    chosen = wanted if wanted in drawn else "" if wanted == "none" else usual
    return [
        Picture(kind, KINDS[kind], *found, "" if kind == usual else kind, kind == chosen)
        for kind, found in drawn.items()
    ]


def _order(shape: Shape) -> list[str]:
    if shape.time is not None:
        return ["lines", "bars", "heat"]
    return ["heat", "bars", "lines"] if len(shape.split) > 1 else ["bars", "heat", "lines"]


def _lines(result: Result, shape: Shape) -> Drawn | None:
    """Along the time: the measures of one kind, or one measure of each of the largest."""
    if shape.time is None or len(shape.split) > 1:
        return None
    times = [row[shape.time] for row in result.rows if row[shape.time] is not None]
    along = steps(times)
    if len(along) < 2:
        return None
    if shape.split:
        return _lines_of_each(result, shape, shape.time, along)
    first = result.columns[shape.measures[0]].type
    alike = [place for place in shape.measures if result.columns[place].type == first][:LINES]
    values = {place: dict(zip(times, (row[place] for row in result.rows), strict=False)) for place in alike}
    names = {place: result.columns[place].name for place in alike}
    if len(alike) == 1:
        only = [values[alike[0]].get(at) for at in along]
        part = is_going_on(along, result.as_of)
        chart = timeline(labels(along), only, names[alike[0]], shape="line", part=part)
        return "charts/timeline.html", chart, ""
    each = {names[place]: [values[place].get(at) for at in along] for place in alike}
    part = is_going_on(along, result.as_of)
    return "charts/timeline.html", lines(labels(along), each, "By time", part=part), ""


def _lines_of_each(result: Result, shape: Shape, time: int, along: list[Any]) -> Drawn | None:
    (split,), measure = shape.split, shape.measures[0]
    found: dict[Any, dict[Any, Any]] = defaultdict(dict)
    for row in result.rows:
        found[row[split]][row[time]] = row[measure]
    largest = sorted(found, key=lambda name: -sum(value or 0 for value in found[name].values()))
    shown = {label(name): [found[name].get(at) for at in along] for name in largest[:LINES]}
    left = len(largest) - len(shown)
    note = f"The {len(shown)} largest; {number(left)} more in the table." if left else ""
    part = is_going_on(along, result.as_of)
    return "charts/timeline.html", lines(labels(along), shown, result.columns[measure].name, part=part), note


def _bars(result: Result, shape: Shape) -> Drawn | None:
    measure = shape.measures[0]
    name = result.columns[measure].name
    if shape.time is not None and not shape.split:
        times = [row[shape.time] for row in result.rows if row[shape.time] is not None]
        along = steps(times)
        values = dict(zip(times, (row[measure] for row in result.rows), strict=False))
        part = is_going_on(along, result.as_of)
        chart = timeline(labels(along), [values.get(at) for at in along], name, part=part)
        return "charts/timeline.html", chart, ""
    about = [place for place in (shape.time, *shape.split) if place is not None]
    items = [
        Item(" · ".join(label(row[place]) for place in about), row[measure]) for row in result.rows[:BARS]
    ]
    what = " · ".join(result.columns[place].name for place in about)
    left = len(result.rows) - len(items)
    note = f"The first {len(items)} rows; {number(left)} more in the table." if left > 0 else ""
    return "charts/bars.html", bars(items, what, name), note


def _heat(result: Result, shape: Shape) -> Drawn | None:
    about = [*shape.split, *([] if shape.time is None else [shape.time])]
    if len(about) != 2:
        return None
    down, right = about
    measure = shape.measures[0]
    across = columns_in_order([row[right] for row in result.rows])
    rows = columns_in_order([row[down] for row in result.rows])
    if not 1 < len(across) <= HEAT_COLUMNS:
        return None
    values = {(row[down], row[right]): row[measure] for row in result.rows}
    shown = _largest(rows, {name: [values.get((name, column)) or 0 for column in across] for name in rows})
    left = len(rows) - len(shown)
    note = f"The {len(shown)} largest; {number(left)} more in the table." if left else ""
    grid = [[values.get((row, column)) for column in across] for row in shown]
    named = not all(isinstance(each, int | date) for each in across if each is not None)
    what = result.columns[measure].name
    chart = heat([label(row) for row in shown], labels(across), grid, what, names=named, by_row=True)
    return "charts/heat.html", chart, f"{BY_ROW} {note}".strip()


def _largest(rows: list[Any], values: dict[Any, list[Any]]) -> list[Any]:
    """The HEAT_ROWS with the most, in their own order."""
    most = set(sorted(rows, key=lambda name: -sum(values[name]))[:HEAT_ROWS])
    return [name for name in rows if name in most]


DRAW: dict[str, Callable[[Result, Shape], Drawn | None]] = {"lines": _lines, "bars": _bars, "heat": _heat}
