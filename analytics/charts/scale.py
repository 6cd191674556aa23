"""The vertical scale of a chart: where a value lies, round ticks, and numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from analytics.customers.wording import MINUS, number

Value = int | float | Decimal | None
STEPS = 5  # between the lines of the grid, at most


@dataclass(frozen=True)
class Tick:
    """A line of the grid: `y` in pixels from the top, `text` beside it."""

    y: int
    text: str


@dataclass(frozen=True)
class Scale:
    """Values from `low` (zero, or below it) to `high` on `height` pixels; `step` is between ticks."""

    low: float
    high: float
    step: float
    height: int

    def y(self, value: float) -> int:
        """Pixels from the top. What is not zero never lies on the zero line."""
        exact = round((self.high - value) / (self.high - self.low) * self.height)
        zero = self.zero
        if value > 0:
            return min(exact, zero - 1)
        return max(exact, zero + 1) if value < 0 else zero

    @property
    def zero(self) -> int:
        return round(self.high / (self.high - self.low) * self.height)

    @property
    def steps(self) -> int:
        return round((self.high - self.low) / self.step)

    @property
    def ticks(self) -> list[Tick]:
        values = [self.low + index * self.step for index in range(self.steps + 1)]
        return [
            Tick(round((self.high - each) / (self.high - self.low) * self.height), tick_text(each))
            for each in values
        ]


def scale(values: Iterable[float], height: int) -> Scale:
    """Round numbers that hold all `values` and zero, and as little more as STEPS steps allow."""
    known = list(values)
    high, low = max([0.0, *known]), min([0.0, *known])
    span = high - low or 1.0
    whole = all(float(each).is_integer() for each in known)
    made = [_scale(low, high, step, height) for step in _rounds(span) if not whole or step.is_integer()]
    return min((each for each in made if each.steps <= STEPS), key=_worse)


def _scale(low: float, high: float, step: float, height: int) -> Scale:
    top, bottom = _steps(high, step), -_steps(-low, step)
    return Scale(bottom * step, (top if top > bottom else bottom + 1) * step, step, height)


def _worse(made: Scale) -> tuple[float, int]:
    """By empty height, then by lines; a single step says little."""
    return float(f"{made.high - made.low:.9g}"), made.steps if made.steps > 1 else STEPS + 1


def finite(value: Value) -> float | None:
    """A value to draw; None where there is none."""
    if value is None:
        return None
    real = float(value)
    return real if math.isfinite(real) else None


def figure(value: Value) -> str:
    """12345 → "12,345", 0.12345 → "0.123", 0.8 → "0.8", -3 → "−3", None → "–"."""
    known = finite(value)
    if value is None or known is None:
        return "–"
    if known.is_integer():
        return number(int(value))
    digits = max(0, 2 - math.floor(math.log10(abs(known)))) if abs(known) < 100 else 1
    return f"{known:,.{min(digits, 12)}f}".rstrip("0").rstrip(".").replace("-", MINUS)


def tick_text(value: float) -> str:
    """1500000 → "1.5 M", 2000 → "2,000", 25000 → "25 k"."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            scaled = value / (1000 if unit == "k" else size)
            return f"{scaled:,.10g} {unit}".replace("-", MINUS)
    return f"{value:,.10g}".replace("-", MINUS)


def _steps(size: float, step: float) -> int:
    """Whole steps that hold `size`; at least one if it is more than nothing."""
    return max(1, math.ceil(size / step - 1e-9)) if size > 0 else 0


def _rounds(span: float) -> list[float]:
    """1, 2, 2.5, 5 × 10ⁿ of the size of steps in `span`."""
    first = math.floor(math.log10(span)) - 1
    powers = range(first, first + 3)
    return [round(each * 10.0**power, 12 - power) for power in powers for each in (1, 2, 2.5, 5)]
