"""Changes as bars to the left and right of one zero line, which every row given the same `Span` shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EDGE = 4.0  # percent left free at both ends


@dataclass(frozen=True)
class Span:
    """The least and the greatest change that is drawn; zero lies between."""

    low: float
    high: float

    @classmethod
    def of(cls, changes: Iterable[float]) -> Span:
        known = list(changes)
        return cls(min([0.0, *known]), max([0.0, *known]))

    @property
    def width(self) -> float:
        return self.high - self.low or 1.0

    @property
    def zero(self) -> float:
        """Where the zero line is, in percent."""
        return 50.0 if self.low == self.high else self._place(0.0)

    def _place(self, change: float) -> float:
        return EDGE + (change - self.low) / self.width * (100 - 2 * EDGE)

    def bar(self, change: float) -> Bar:
        end = self._place(change) if change else self.zero
        left, width = min(end, self.zero), abs(end - self.zero)
        kind = "more" if change > 0 else "fewer" if change < 0 else "same"
        return Bar(kind, f"{left:.4g}%", f"{max(width, 0.3 if change else 0):.4g}%", f"{self.zero:.4g}%")


@dataclass(frozen=True)
class Bar:
    """Percent of the column; `kind` is more, fewer or same. Drawn by `charts/diverging.html`."""

    kind: str
    left: str
    width: str
    zero: str
