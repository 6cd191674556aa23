"""Events per minute as a picture: bars for an SVG as wide as the page, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from analytics.customers.wording import number, plural
from analytics.ingest.pace import Minute

HEIGHT = 96


@dataclass(frozen=True)
class Bar:
    """`x` and `width` in percent of the picture, `y` and `height` in pixels."""

    x: str
    width: str
    y: int
    height: int


@dataclass(frozen=True)
class Chart:
    """`rejected` are drawn over `received`; the minute that is under way is `part`. `label` says the picture
    in a sentence, `values` has a line for each minute, the latest first."""

    received: list[Bar]
    rejected: list[Bar]
    part: Bar | None
    top: int
    begun: datetime
    label: str
    values: str
    height: int = HEIGHT


def chart(minutes: Sequence[Minute]) -> Chart:
    top = max(minute.received for minute in minutes)
    bars = [_bar(index, len(minutes), minute.received, top) for index, minute in enumerate(minutes)]
    rejected = [_bar(index, len(minutes), minute.rejected, top) for index, minute in enumerate(minutes)]
    return Chart(
        received=[bar for bar in bars[:-1] if bar],
        rejected=[bar for bar in rejected if bar],
        part=bars[-1],
        top=top,
        begun=_moment(minutes[0]),
        label=_label(minutes),
        values="\n".join(_line(minute, minute is minutes[-1]) for minute in reversed(minutes)),
    )


def _bar(index: int, of: int, events: int, top: int) -> Bar | None:
    """Any event at all is at least two pixels, none is nothing."""
    if not events:
        return None
    height = max(2, round(events / top * HEIGHT))
    return Bar(f"{index * 100 / of + 0.2:.2f}%", f"{100 / of - 0.4:.2f}%", HEIGHT - height, height)


def _label(minutes: Sequence[Minute]) -> str:
    whole = minutes[:-1]
    most = max(whole, key=lambda minute: minute.received)
    active = sum(1 for minute in whole if minute.received)
    rejected = sum(minute.rejected for minute in minutes)
    said = f"Events a minute: {plural(sum(minute.received for minute in minutes), 'event')} in the last hour"
    if not active:
        return said
    peak = f", at most {number(most.received)} at {_moment(most):%H:%M}"
    return f"{said}, in {plural(active, 'minute')}{peak}; {number(rejected)} rejected"


def _line(minute: Minute, part: bool) -> str:
    rejected = f", {number(minute.rejected)} rejected" if minute.rejected else ""
    return f"{_moment(minute):%H:%M}{' so far' if part else ''}: {number(minute.received)}{rejected}"


def _moment(minute: Minute) -> datetime:
    return datetime.fromtimestamp(minute.at / 1000, UTC)
