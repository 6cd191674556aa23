"""Thirty days of calls as a small picture: paths for an SVG, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.customers.wording import day, number, plural

DAYS = 30
STEP = 4  # pixels a day
HEIGHT = 28


@dataclass(frozen=True)
class Sparkline:
    """`past`, `week` and `part` are SVG path data: complete days, the last seven of them, today so far.

    `label` says the picture in a sentence; `values` has a line for each day, the latest first.
    """

    past: str
    week: str
    part: str
    label: str
    values: str
    width: int = DAYS * STEP
    height: int = HEIGHT


def sparkline(calls: Mapping[date, int], today: date) -> Sparkline:
    """Bars of the 30 days up to `today`, which is drawn hollow because it is a part of a day."""
    days = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    counts = [calls.get(each, 0) for each in days]
    top = max(counts) or 1
    bars = [_bar(index, count, top) for index, count in enumerate(counts[:-1])]
    return Sparkline(
        past="".join(bars[:-7]),
        week="".join(bars[-7:]),
        part=_hollow(DAYS - 1, counts[-1], top),
        label=_label(days, counts),
        values="\n".join(
            _line(each, count, today) for each, count in zip(days[::-1], counts[::-1], strict=True)
        ),
    )


def _bar(index: int, count: int, top: int) -> str:
    """A vertical stroke; any calls at all are at least a pixel, none are nothing."""
    return f"M{index * STEP + 2} {HEIGHT}v-{_height(count, top)}" if count else ""


def _hollow(index: int, count: int, top: int) -> str:
    left = index * STEP + 1
    return f"M{left}.5 {HEIGHT}v-{_height(count, top)}h2v{_height(count, top)}" if count else ""


def _height(count: int, top: int) -> int:
    return max(1, round(count / top * (HEIGHT - 2)))


def _label(days: list[date], counts: list[int]) -> str:
    complete = list(zip(counts[:-1], days[:-1], strict=True))
    most, when = max(complete)
    active = sum(1 for count, _ in complete if count)
    peak = f", at most {number(most)} on {day(when)}" if most else ""
    return (
        f"Calls a day: {active} of the {len(complete)} complete days to {day(days[-2])} have calls{peak}; "
        f"{plural(counts[-1], 'call')} today so far"
    )


def _line(each: date, count: int, today: date) -> str:
    return f"{day(each)}{' so far' if each == today else ''}: {number(count)}"
