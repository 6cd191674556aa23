"""The table of the bench: every figure a ratio of two measurements of one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True)
class Row:
    """`measured` and `against` carry their units; `value` is their ratio, or the figure itself."""

    what: str
    measured: str
    against: str
    value: float
    reach: float
    better: Literal["more", "less"]

    @property
    def passed(self) -> bool:
        return self.value >= self.reach if self.better == "more" else self.value <= self.reach

    def cells(self) -> list[str]:
        sign = "≥" if self.better == "more" else "≤"
        verdict = "pass" if self.passed else "FAIL"
        return [
            self.what,
            self.measured,
            self.against,
            f"{self.value:.3g}",
            f"{sign} {self.reach:g}",
            verdict,
        ]


@dataclass(frozen=True)
class Skipped:
    what: str
    reason: str

    def cells(self) -> list[str]:
        return [self.what, self.reason, "", "", "", "skip"]


HEAD = ["what", "measured", "against", "value", "reach", ""]


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure over the rounds, taken in turns so that noise meets all alike."""
    found: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for results, measure in zip(found, measures, strict=True):
            results.append(measure())
    return [median(results) for results in found]


def rendered(rows: Sequence[Row | Skipped]) -> str:
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells if line[-1] != "skip") for column in range(len(HEAD))]
    lines = []
    for line in cells:
        if line[-1] == "skip":
            lines.append(f"{line[0]:<{widths[0]}}  skipped: {line[1]}")
        else:
            lines.append(
                "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
            )
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
