"""What the columns of an answer are to a picture: what it runs along, is split by, and measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from analytics.explore.table import COUNTED, is_number, plain_type
from analytics.query import Result

LABELS = ("String", "UUID", "Bool", "Enum", "FixedString")
FILLED = 1_000  # buckets of time, those without a row included


@dataclass(frozen=True)
class Shape:
    """Places of columns. `time` is the one that the rows run along, `split` are the others that a row is
    about, `measures` what is drawn."""

    time: int | None
    split: tuple[int, ...]
    measures: tuple[int, ...]


def shape_of(result: Result) -> Shape | None:
    """None: nothing that can be drawn. A narrow integer beside a wide one is an hour, a year, a status; a
    time behind the first measure, as `last_call_at` is, says something about the row and does not name it.
    """
    wide: list[int] = []
    narrow: list[int] = []
    named: list[int] = []
    time: int | None = None
    for place, column in enumerate(result.columns):
        kind = plain_type(column)
        if is_number(column):
            (wide if kind.startswith(COUNTED) else narrow).append(place)
        elif kind.startswith("Date") and not wide and time is None:
            time = place
        elif kind.startswith(LABELS) and not wide:
            named.append(place)
    if not wide:
        wide, narrow = narrow, []
    split = sorted([*named, *(place for place in narrow if not wide or place < wide[0])])
    if time is None and not split and len(wide) > 1:
        split, wide = wide[:1], wide[1:]
    if not wide or len(result.rows) < 2 or (time is None and not split):
        return None
    return Shape(time, tuple(split), tuple(wide))


def steps(times: Sequence[Any]) -> list[Any]:
    """The different times in order, with those between them that have no row where they are evenly apart."""
    known = sorted(set(times))
    gaps = [later - sooner for sooner, later in pairwise(known)]
    if not gaps:
        return known
    step = min(gaps)
    count = (known[-1] - known[0]) // step + 1
    if count > FILLED or any(gap % step for gap in gaps):
        return known
    return [known[0] + index * step for index in range(count)]


def is_going_on(along: Sequence[Any], now: datetime) -> bool:
    """Whether the last of evenly spaced buckets is not over: its value is a part of what it will be."""
    if len(along) < 2:
        return False
    last, step = along[-1], along[-1] - along[-2]
    moment = now if isinstance(last, datetime) else now.date()
    return bool(last <= moment < last + step)


def columns_in_order(values: Sequence[Any]) -> list[Any]:
    """Different values: numbers and times in order and without gaps, all else as the rows have it."""
    found = list(dict.fromkeys(values))
    known = [value for value in found if value is not None]
    if all(isinstance(value, int) and not isinstance(value, bool) for value in known) and known:
        span = range(min(known), max(known) + 1)
        return list(span) if len(span) <= 2 * len(known) + 24 else sorted(known)
    if all(isinstance(value, date) for value in known):
        return steps(known)
    return found


def label(value: Any) -> str:
    """A value as it stands at an axis."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"{value.day} {value:%b} {value:%H:%M}"
    if isinstance(value, date):
        return f"{value.day} {value:%b}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:60] or "''"


def labels(values: Sequence[Any]) -> list[str]:
    """With the year where there are several, without the hour where all are midnight."""
    times = [value for value in values if isinstance(value, date)]
    years = len({value.year for value in times}) > 1
    midnight = all(
        isinstance(value, datetime) and not (value.hour or value.minute or value.second) for value in times
    )
    if times and midnight:
        values = [value.date() if isinstance(value, datetime) else value for value in values]
    return [
        label(value) + (f" {value.year}" if years and isinstance(value, date) else "") for value in values
    ]
