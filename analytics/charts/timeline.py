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
    """`kind` is the class of its colour: line0 … line5, or before."""

    kind: str
    name: str
    path: str


@dataclass(frozen=True)
class Timeline:
    """`bars`, `part` and the lines are SVG path data, in buckets to the right and pixels down.

    `part` is the bucket that is not over; `over` are lines above the bars. `label` says the picture in a
    sentence; `values` has a line for each bucket, the latest first.
    """

    bars: str
    part: str
    over: list[Line]
    ticks: list[Tick]
    marks: list[Mark]
    label: str
    values: str
    buckets: int
    legend: list[Line] = field(default_factory=list)
    shape: str = "bars"
    height: int = HEIGHT


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
        values=_values(labels, {"": values} | ({before_name: before} if before else {}), part),
        buckets=max(1, len(labels)),
        legend=[Line(f"of-{shape}", what, ""), *(each for each in drawn if each.kind == "before")]
        if before
        else [],
        shape=shape,
    )


def lines(labels: Sequence[str], values: Mapping[str, Sequence[Value]], what: str) -> Timeline:
    """Several lines over the same buckets; `values` by the name of the line."""
    if len(values) > LINES:
        raise ValueError(f"{len(values)} lines are more than {LINES}")
    known = {}
    for name, each in values.items():
        _check(labels, each)
        known[name] = [finite(value) for value in each]
    over = scale([value for each in known.values() for value in each if value is not None], HEIGHT)
    drawn = [Line(f"line{n}", name, _line(each, over)) for n, (name, each) in enumerate(known.items())]
    said = "; ".join(_sentence(labels, each, name, part=False) for name, each in known.items())
    return Timeline(
        bars="",
        part="",
        over=drawn,
        ticks=over.ticks,
        marks=_marks(labels),
        label=f"{what}. {said}",
        values=_values(labels, values, part=False),
        buckets=max(1, len(labels)),
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
    """The first, the last and a few between, evenly."""
    count = len(labels)
    if count <= MARKS:
        return [
            Mark(f"{(index + 0.5) * 100 / count:.4g}%", text, "middle") for index, text in enumerate(labels)
        ]
    places = [round(index * (count - 1) / (MARKS - 1)) for index in range(MARKS)]
    ends: dict[int, Literal["start", "end"]] = {0: "start", count - 1: "end"}
    return [
        Mark({0: "0", count - 1: "100%"}.get(place, f"{(place + 0.5) * 100 / count:.4g}%"), labels[place],
             ends.get(place, "middle"))
        for place in places
    ]  # fmt: skip


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


def _values(labels: Sequence[str], values: Mapping[str, Sequence[Value]], part: bool) -> str:
    rows = []
    for index in range(len(labels) - 1, -1, -1):
        so_far = " so far" if part and index == len(labels) - 1 else ""
        said = [f"{name} {figure(each[index])}".strip() for name, each in values.items() if index < len(each)]
        rows.append(f"{labels[index]}{so_far}: {', '.join(said)}")
    return "\n".join(rows)
