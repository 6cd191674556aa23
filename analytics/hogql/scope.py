"""What names mean: the tables with their columns and types, and one SELECT's own names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from analytics.hogql.errors import HogQLError
from analytics.hogql.tree import Expr, Relation
from analytics.hogql.types import DATE, DATETIME64, STRING, UINT64, UUID, Type

TABLES: dict[str, dict[str, Type]] = {
    "events": {
        "uuid": UUID,
        "event": STRING,
        "distinct_id": STRING,
        "timestamp": DATETIME64,
        "properties": STRING,
    },
    "usage": {
        "event": STRING,
        "customer_id": STRING.or_null(),
        "day": DATE,
        "calls": UINT64,
        "first_call_at": DATETIME64,
        "last_call_at": DATETIME64,
    },
}

# Properties whose type is the same in every project; they are rollup dimensions and measures.
FIXED_TYPES = {
    **dict.fromkeys(("customer_id", "endpoint", "method", "plan"), "String"),
    **dict.fromkeys(("status", "latency_ms", "bytes"), "Numeric"),
}

MAX_STEPS = 60_000  # of one query's resolving


def _steps() -> Iterator[int]:
    return iter(range(MAX_STEPS))


@dataclass(frozen=True)
class Context:
    """What a query is resolved against: its moment, and the project's property types by name."""

    now: datetime  # UTC, whole milliseconds
    property_types: Mapping[str, str] = field(default_factory=dict)
    _left: Iterator[int] = field(default_factory=_steps, init=False, repr=False, compare=False)

    def step(self, count: int = 1) -> None:
        """Count what is resolved: an alias, or a name of WITH, is resolved wherever it is used, and thirty
        that each use the one before twice are a billion. Raises HogQLError."""
        for _ in range(count):
            if next(self._left, None) is None:
                message = "This query is too large with its aliases and WITH names written out."
                raise HogQLError("query_too_large", message, "Use them less often.")


@dataclass(frozen=True)
class Source:
    """One relation of a FROM: what the query calls it, and its columns."""

    alias: str
    columns: Mapping[str, Type]
    is_events: bool = False
    hidden: tuple[str, ...] = ()  # joined by USING: `*` and bare names mean the left one's
    replaces: frozenset[str] | None = None  # of ARRAY JOIN: the columns that its elements take the place of


@dataclass(frozen=True)
class Around:
    """The SELECT around a subquery: the names of its relations, and what resolves its expressions."""

    aliases: frozenset[str]
    resolve: Callable[[exp.Expr], Expr]


@dataclass
class Scope:
    """One SELECT's names. `aliases` are its output names, still unresolved; an alias wins over a column."""

    context: Context
    ctes: dict[str, exp.Expr]
    constants: dict[str, exp.Expr]
    relation: Relation | None = None
    sources: list[Source] = field(default_factory=list)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    resolving: list[str] = field(default_factory=list)
    windows: dict[str, exp.Window] = field(default_factory=dict)  # WINDOW w AS (…)
    variables: dict[str, Expr] = field(default_factory=dict)  # parameters of the lambdas around
    filters: list[Expr] = field(default_factory=list)  # what a JOIN adds to WHERE
    joined: dict[str, Expr] = field(default_factory=dict)  # what the columns of USING are without a relation
    lambdas: int = 0  # how many there are around
    around: Around | None = None  # where a subquery in an expression finds names that it has not itself

    def source(self, alias: str) -> Source | None:
        return next((source for source in self.sources if source.alias == alias), None)

    def holding(self, column: str) -> Source | None:
        """The source that a bare column name means: the first that has it, as in ClickHouse."""
        return next((source for source in self.sources if column in source.columns), None)

    def events(self) -> Source | None:
        return next((source for source in self.sources if source.is_events), None)

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for source in self.sources for name in source.columns))
