"""query.run: the one function that everything that asks a question goes through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from agentry.accounts.models import Project

Source = Literal["rollup", "raw", "both"]


@dataclass(frozen=True)
class Column:
    """A result column: its name and its HogQL type, such as `String`, `UInt64`, `Nullable(Float64)`."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """An answer: `rows` are tuples in the order of `columns`, values are Python's (datetime, date, int, …).

    `as_of` is when it was asked; `complete_through` the moment up to which every accepted event is in it;
    `events_from` the oldest raw day kept; `plan` says where the rows came from and why.
    """

    columns: list[Column]
    rows: list[tuple[Any, ...]]
    truncated: bool
    source: Source
    as_of: datetime
    complete_through: datetime
    events_from: datetime
    elapsed_ms: float
    plan: dict[str, Any] = field(default_factory=dict)


def run(project: Project, hogql: str, *, limit: int | None = None) -> Result:
    """Answer one HogQL query over one project's events. Raises AgentryError (400, 413, 422, 429, 503, 504)."""
    raise NotImplementedError
