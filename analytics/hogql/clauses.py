"""Clauses of a SELECT that have several parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.hogql.tree import Expr, Interval, Literal


@dataclass(frozen=True)
class LimitBy:
    """LIMIT count OFFSET offset BY keys."""

    count: int
    keys: tuple[Expr, ...]
    offset: int = 0


@dataclass(frozen=True)
class Fill:
    """WITH FILL of the key at a place of ORDER BY: from `start`, or the first row's, in steps to before
    `end`, or to the last row's. The keys before it divide the rows into parts, each filled for itself."""

    place: int
    start: Literal | None
    end: Literal | None
    step: Literal | Interval
