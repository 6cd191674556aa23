"""Changes as bars to the left and right of one zero line, which every row given the same `Span` shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

EDGE = 4.0  # percent left free at both ends
ROOM = 25.0  # percent that a heading takes


@dataclass(frozen=True)
class Span:
    """The least and the greatest change that is drawn; zero lies between."""

    low: float
    high: float

    @classmethod
    def of(cls, changes: Iterable[float], least: float = 0.0) -> Span:
        """`least` is what the whole width is at least: smaller changes leave a part of it empty."""
        known = list(changes)
        low, high = min([0.0, *known]), max([0.0, *known])
        missing = max(0.0, least - (high - low)) if high > low else 0.0
        return cls(low - missing / 2, high + missing / 2)

    @property
    def width(self) -> float:
        return self.high - self.low or 1.0

    @property
    def zero(self) -> float:
        """Where the zero line is, in percent."""
        return 50.0 if self.low == self.high else self._place(0.0)

    @property
    def head(self) -> list[Side]:
        """What stands over the bars, at both sides of the zero line; a side without room has none."""
        sides = (
            Side("fewer calls", f"{self.zero:.4g}%", "end"),
            Side("more calls", f"{self.zero:.4g}%", "start"),
        )
        room = (self.zero, 100 - self.zero)
        return [side for side, width in zip(sides, room, strict=True) if width >= ROOM]

    def _place(self, change: float) -> float:
        return EDGE + (change - self.low) / self.width * (100 - 2 * EDGE)

    def bar(self, change: float) -> Bar:
        end = self._place(change) if change else self.zero
        left, width = min(end, self.zero), abs(end - self.zero)
        kind = "more" if change > 0 else "fewer" if change < 0 else "same"
        return Bar(kind, f"{left:.4g}%", f"{max(width, 0.3 if change else 0):.4g}%", f"{self.zero:.4g}%")


@dataclass(frozen=True)
class Side:
    """A heading; `x` in percent of the column."""

    text: str
    x: str
    anchor: Literal["start", "end"]


@dataclass(frozen=True)
class Bar:
    """Percent of the column; `kind` is more, fewer or same. Drawn by `charts/diverging.html`."""

    kind: str
    left: str
    width: str
    zero: str
