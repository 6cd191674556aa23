"""The table of the bench: every figure a ratio of two measurements of one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True)
class Row:
    """`measured` and `against` carry their units; `value` is their ratio, or the figure itself. One not
    `judged` has its reach at another size than this run's."""

    what: str
    measured: str
    against: str
    value: float
    reach: float
    better: Literal["more", "less"]
    judged: bool = True

    @property
    def passed(self) -> bool:
        reached = self.value >= self.reach if self.better == "more" else self.value <= self.reach
        return reached or not self.judged

    def cells(self) -> list[str]:
        sign = "≥" if self.better == "more" else "≤"
        verdict = ("pass" if self.passed else "FAIL") if self.judged else "at 44 M"
        return [
            self.what,
            self.measured,
            self.against,
            f"{self.value:.3g}",
            f"{sign} {self.reach:g}",
            verdict,
        ]


HEAD = ["what", "measured", "against", "value", "reach", ""]


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure over the rounds, taken in turns so that noise meets all alike."""
    found: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for results, measure in zip(found, measures, strict=True):
            results.append(measure())
    return [median(results) for results in found]


def rendered(rows: list[Row]) -> str:
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
