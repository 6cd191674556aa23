"""A value for each bucket of time, as bars or lines: paths for an SVG, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from analytics.charts.scale import Scale, Tick, Value, figure, finite, scale

HEIGHT = 168
MOST = 2_500  # buckets
LINES = 6
MARKS = 6  # labels beneath, at most
EVEN = (
    1,
    2,
    3,
    4,
    7,
    14,
    21,
    28,
    48,
    72,
    91,
    182,
)  # buckets between them: weeks of days, days of hours, quarters
NEAR = 0.06  # of the width: a label so close to the edge would run over it
LONG = 8  # characters of labels that are too many for a phone
BAR = 0.72  # of a bucket's width
Known = Sequence[float | None]


@dataclass(frozen=True)
class Mark:
    """A label beneath: `x` in percent of the width."""

    x: str
    text: str
    anchor: Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Line:
    """`kind` is the class of its colour: line0 … line5, or before; with `going` it leads into a bucket that
    is not over."""

    kind: str
    name: str
    path: str


@dataclass(frozen=True)
class Timeline:
    """`bars`, `part` and the lines are SVG path data, in buckets to the right and pixels down.

    `part` is the bucket that is not over; `over` are lines above the bars. `label` says the picture in a
    sentence; `values` has a line for each bucket, the latest first, and so have `rows`, for a table with
    `columns`.
    """

    bars: str
    part: str
    over: list[Line]
    ticks: list[Tick]
    marks: list[Mark]
    label: str
    values: str
    buckets: int
    columns: list[str]
    rows: list[tuple[str, list[str]]]
    legend: list[Line] = field(default_factory=list)
    shape: str = "bars"
    height: int = HEIGHT

    @property
    def long(self) -> bool:
        """Whether a phone has no room for all marks."""
        return any(len(mark.text) > LONG for mark in self.marks)


def timeline(
    labels: Sequence[str],
    values: Sequence[Value],
    what: str,
    *,
    shape: Literal["bars", "line"] = "bars",
    before: Sequence[Value] = (),
    before_name: str = "before",
    part: bool = False,
) -> Timeline:
    """One value a bucket, the earliest first. `what` names it: "Calls a day".

    `before` are the values of the buckets it is compared with, in the same places, drawn as a dashed line.
    With `part` the last bucket is not over: hollow, or dashed.
    """
    _check(labels, values)
    known, earlier = [finite(each) for each in values], [finite(each) for each in before]
    over = scale([each for each in [*known, *earlier] if each is not None], HEIGHT)
    whole = known[:-1] if part else known
    drawn = (
        [Line("before", before_name, _line(earlier, over))]
        if any(each is not None for each in earlier)
        else []
    )
    if shape == "line":
        drawn.append(Line("line0", what, _line(whole, over)))
        rest = _line(known, over, start=max(0, len(known) - 2)) if part else ""
        bars = ""
    else:
        bars = "".join(_bar(index, each, over) for index, each in enumerate(whole))
        rest = "".join(_bar(len(whole), each, over) for each in known[len(whole) :])
    return Timeline(
        bars=bars,
        part=rest,
        over=drawn,
        ticks=over.ticks,
        marks=_marks(labels),
        label=_sentence(labels, known, what, part),
        values=_values(_rows(labels, [values, *([before] if before else [])], part), ["", before_name]),
        buckets=max(1, len(labels)),
        columns=[what, *([before_name] if before else [])],
        rows=_rows(labels, [values, *([before] if before else [])], part),
        legend=[Line(f"of-{shape}", what, ""), *(each for each in drawn if each.kind == "before")]
        if before
        else [],
        shape=shape,
    )


def lines(
    labels: Sequence[str], values: Mapping[str, Sequence[Value]], what: str, *, part: bool = False
) -> Timeline:
    """Several lines over the same buckets; `values` by the name of the line. With `part` the last bucket is
    not over: the lines lead into it dashed."""
    if len(values) > LINES:
        raise ValueError(f"{len(values)} lines are more than {LINES}")
    known = {}
    for name, each in values.items():
        _check(labels, each)
        known[name] = [finite(value) for value in each]
    over = scale([value for each in known.values() for value in each if value is not None], HEIGHT)
    drawn = [
        Line(f"line{n}", name, _line(each[:-1] if part else each, over))
        for n, (name, each) in enumerate(known.items())
    ]
    going = [
        Line(f"line{n} going", name, _line(each, over, start=max(0, len(each) - 2)))
        for n, (name, each) in enumerate(known.items())
    ]
    said = "; ".join(_sentence(labels, each, name, part) for name, each in known.items())
    rows = _rows(labels, [*values.values()], part)
    return Timeline(
        bars="",
        part="",
        over=[*drawn, *going] if part else drawn,
        ticks=over.ticks,
        marks=_marks(labels),
        label=f"{what}. {said}",
        values=_values(rows, [*values]),
        buckets=max(1, len(labels)),
        columns=[*values],
        rows=rows,
        legend=drawn,
        shape="line",
    )


def _check(labels: Sequence[str], values: Sequence[Value]) -> None:
    if len(labels) != len(values):
        raise ValueError(f"{len(labels)} labels for {len(values)} values")
    if len(labels) > MOST:
        raise ValueError(f"{len(labels)} buckets are more than {MOST}")


def _bar(index: int, value: float | None, over: Scale) -> str:
    """From the zero line; any value at all is at least a pixel, none is nothing."""
    if not value:
        return ""
    return f"M{index + (1 - BAR) / 2:.2f} {over.zero}V{over.y(value)}h{BAR}V{over.zero}z"


def _line(values: Known, over: Scale, start: int = 0) -> str:
    """Through the middles of the buckets from `start` on; a gap where nothing is known, a dot between two."""
    path, pen = [], False
    for index in range(start, len(values)):
        value = values[index]
        if value is None:
            pen = False
            continue
        alone = not pen and (index + 1 == len(values) or values[index + 1] is None)
        path.append(f"{'L' if pen else 'M'}{index}.5 {over.y(value)}{'h.01' if alone else ''}")
        pen = True
    return "".join(path)


def _marks(labels: Sequence[str]) -> list[Mark]:
    """At even steps that end at the last: what is read first is where one is now."""
    count = len(labels)
    if not count:
        return []
    least = -(-(count - 1) // (MARKS - 1)) or 1
    step = next((each for each in EVEN if each >= least), least)
    places = range((count - 1) % step, count, step)
    return [_mark(place, count, labels[place]) for place in places]


def _mark(place: int, count: int, text: str) -> Mark:
    """Beneath the middle of its bucket; at the ends of many, within the picture."""
    if count > MARKS and place == count - 1:
        return Mark("100%", text, "end")
    if count > MARKS and place < NEAR * count:
        return Mark(f"{place * 100 / count:.4g}%", text, "start")
    return Mark(f"{(place + 0.5) * 100 / count:.4g}%", text, "middle")


def _sentence(labels: Sequence[str], values: Known, what: str, part: bool) -> str:
    """ "Calls a day, 1 May to 30 May: from 210 on 3 May to 1,204 on 9 May; 120 on 30 May so far"."""
    whole = [
        (value, labels[index])
        for index, value in enumerate(values[: len(values) - part])
        if value is not None
    ]
    now = f"{figure(values[-1])} in {labels[-1]} so far" if part and values else ""
    if not whole:
        return f"{what}: {now or 'nothing to show'}"
    (least, low), (most, high) = min(whole, key=_value), max(whole, key=_value)
    span = f"{what}, {labels[0]} to {labels[-1]}" if len(labels) > 1 else f"{what}, {labels[0]}"
    said = (
        f"always {figure(most)}"
        if least == most
        else f"from {figure(least)} ({low}) to {figure(most)} ({high})"
    )
    fell = _trend([value for value, _ in whole])
    return "; ".join(each for each in (f"{span}: {said}{fell}", now) if each)


def _value(pair: tuple[float, str]) -> float:
    return pair[0]


def _trend(values: list[float]) -> str:
    if len(values) < 4 or not any(later != sooner for sooner, later in pairwise(values)):
        return ""
    half = len(values) // 2
    first, last = sum(values[:half]) / half, sum(values[-half:]) / half
    if first <= 0 or abs(last / first - 1) < 0.05:
        return ""
    return f", the later half {abs(last / first - 1):.0%} {'over' if last > first else 'under'} the earlier"


def _rows(
    labels: Sequence[str], values: Sequence[Sequence[Value]], part: bool
) -> list[tuple[str, list[str]]]:
    """Each bucket with what it has of `values`, the latest first."""
    said = [
        (text, [figure(each[index]) for each in values if index < len(each)])
        for index, text in enumerate(labels)
    ]
    if part and said:
        said[-1] = (f"{said[-1][0]} so far", said[-1][1])
    return said[::-1]


def _values(rows: list[tuple[str, list[str]]], names: Sequence[str]) -> str:
    return "\n".join(
        f"{text}: {', '.join(f'{name} {each}'.strip() for name, each in zip(names, found, strict=False))}"
        for text, found in rows
    )
