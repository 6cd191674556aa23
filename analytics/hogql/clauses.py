"""Clauses of a SELECT that have several parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.hogql.tree import Expr


@dataclass(frozen=True)
class LimitBy:
    """LIMIT count OFFSET offset BY keys."""

    count: int
    keys: tuple[Expr, ...]
    offset: int = 0
