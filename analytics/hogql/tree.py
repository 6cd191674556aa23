"""The resolved query: what the passes after the parser work on. Nothing of the user's text is in it
but names of result columns and values of literals, and both become identifiers we quote and parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal as Choice

from analytics.hogql.clauses import Fill, LimitBy
from analytics.hogql.types import Type, common

JoinKind = Choice["INNER", "LEFT", "RIGHT", "FULL", "CROSS"]
Value = str | int | float | bool | date | datetime | None


@dataclass(frozen=True)
class Literal:
    value: Value
    type: Type


@dataclass(frozen=True)
class Interval:
    """A span: `count` may be negative; units are second … year."""

    count: int
    unit: str
    type: Type


@dataclass(frozen=True)
class Column:
    """A column of the relation that the query calls `source`."""

    source: str
    name: str
    type: Type


@dataclass(frozen=True)
class Property:
    """`properties.a.b` of the events that the query calls `source`, read as `type`. A number in its path is
    a place in an array, from 1, or from -1 at its end."""

    source: str
    path: tuple[str | int, ...]
    type: Type


@dataclass(frozen=True)
class Call:
    """A scalar function or operator of the function table."""

    name: str
    args: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True)
class Lambda:
    """`x -> body`. `type` is the body's; inside it the parameters are Columns of the source `alias`."""

    alias: str
    parameters: tuple[Column, ...]
    body: Expr
    type: Type


@dataclass(frozen=True)
class Compare:
    """A two-valued comparison: NULL = NULL is true, NULL < x is false, never NULL."""

    op: Choice["=", "!=", "<", "<=", ">", ">="]
    left: Expr
    right: Expr
    type: Type


@dataclass(frozen=True)
class Case:
    branches: tuple[tuple[Expr, Expr], ...]
    default: Expr
    type: Type


@dataclass(frozen=True)
class In:
    """Two-valued: a NULL needle is in nothing, so it is kept by NOT IN."""

    needle: Expr
    options: tuple[Expr, ...] | Query
    negated: bool
    type: Type


@dataclass(frozen=True)
class Aggregate:
    """`condition` is what an -If suffix gave, `parameters` what stood in the first of two parentheses,
    `empty` Null or Default what -OrNull or -OrDefault make of no rows."""

    name: str
    args: tuple[Expr, ...]
    type: Type
    distinct: bool = False
    condition: Expr | None = None
    parameters: tuple[float | str, ...] = ()
    empty: str = ""


@dataclass(frozen=True)
class Frame:
    """Which rows of a window: each end is (how far, PRECEDING or FOLLOWING); None is UNBOUNDED, 0 the row."""

    kind: Choice["ROWS", "RANGE", "GROUPS"]
    start: tuple[int | None, str]
    end: tuple[int | None, str]


@dataclass(frozen=True)
class Window:
    """An aggregate, or a function of window_table.py, over a window."""

    call: Aggregate | Call
    partition_by: tuple[Expr, ...]
    order_by: tuple[OrderKey, ...]
    frame: Frame | None
    type: Type


@dataclass(frozen=True)
class Scalar:
    """A subquery that stands for its one value; or for whether it has rows."""

    query: Query
    type: Type
    exists: bool = False


Expr = (
    Literal | Interval | Column | Property | Call | Lambda | Compare | Case | In | Aggregate | Window | Scalar
)


@dataclass(frozen=True)
class Table:
    """`events` or `usage`. A printer refuses one without a project: project.py puts it in.

    `since` and `until` bound the events that can matter, [since, until); the planner finds them.
    """

    name: Choice["events", "usage"]
    alias: str
    project_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Segment:
    """Rows of one level, for half-open ranges of time [from, to), sorted, not touching."""

    level: str  # a usage_* table, or "events"
    ranges: tuple[tuple[datetime, datetime], ...]
    shown: datetime | None = None  # where they all count; events are then taken away there (ragged.py)


@dataclass(frozen=True)
class Rollup:
    """Events, answered from usage rows: `bucket` stands for the timestamp, `calls` weighs each row."""

    alias: str
    project_id: int
    segments: tuple[Segment, ...]
    columns: tuple[str, ...]  # of storage.ROLLED, what the query reads


@dataclass(frozen=True)
class Derived:
    """A subquery in FROM. `partial`: NULL in a column that is not nullable means its zero."""

    query: Query
    alias: str
    partial: bool = False


@dataclass(frozen=True)
class Numbers:
    """numbers(n): one column `number`, 0 … count-1."""

    count: int | Expr
    alias: str


@dataclass(frozen=True)
class Join:
    """Two relations side by side; `on` is None for CROSS. Of ASOF only the first by `closest` is joined."""

    left: Relation
    right: Relation
    kind: JoinKind
    on: Expr | None
    closest: OrderKey | None = None


@dataclass(frozen=True)
class ArrayJoin:
    """Each row of `left` once for each element of its arrays, which are the columns `name` of `alias`.

    `outer` (LEFT ARRAY JOIN) keeps a row whose arrays are empty. Without `left` the arrays alone.
    """

    left: Relation | None
    arrays: tuple[tuple[str, Expr], ...]
    alias: str
    outer: bool = False


Relation = Table | Rollup | Derived | Numbers | Join | ArrayJoin


@dataclass(frozen=True)
class OrderKey:
    expr: Expr
    descending: bool
    nulls_first: bool = False


@dataclass(frozen=True)
class Output:
    name: str
    expr: Expr


@dataclass(frozen=True)
class Select:
    """`qualify` filters after the windows. `sets` are GROUPING SETS: places of keys in `group_by`."""

    columns: tuple[Output, ...]
    relation: Relation | None
    where: Expr | None = None
    group_by: tuple[Expr, ...] = ()
    sets: tuple[tuple[int, ...], ...] = ()
    having: Expr | None = None
    qualify: Expr | None = None
    order_by: tuple[OrderKey, ...] = ()
    distinct: bool = False
    limit: int | None = None
    offset: int | None = None
    with_ties: bool = False
    fill: Fill | None = None
    limit_by: LimitBy | None = None
    aggregated: bool = field(default=False)

    @property
    def outputs(self) -> tuple[tuple[str, Type], ...]:
        return tuple((column.name, column.expr.type) for column in self.columns)


@dataclass(frozen=True)
class Union:
    """The rows of several queries: all of them, or by `kind` those that both (the first only) have."""

    selects: tuple[Query, ...]
    distinct: bool
    kind: Choice["UNION", "INTERSECT", "EXCEPT"] = "UNION"

    @property
    def outputs(self) -> tuple[tuple[str, Type], ...]:
        """The first query's names; types that hold the values of all."""
        names = [name for name, _ in self.selects[0].outputs]
        types = zip(*([type_ for _, type_ in select.outputs] for select in self.selects), strict=True)
        return tuple(
            (name, common(list(column)) or column[0]) for name, column in zip(names, types, strict=True)
        )


Query = Select | Union


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside one, subqueries left alone."""
    match expr:
        case Call(args=args):
            return args
        case Lambda(body=body):
            return (body,)
        case Compare(left=left, right=right):
            return (left, right)
        case Case(branches=branches, default=default):
            return (*(part for branch in branches for part in branch), default)
        case In(needle=needle, options=options):
            return (needle, *(options if isinstance(options, tuple) else ()))
        case Aggregate(args=args, condition=condition):
            return args if condition is None else (*args, condition)
        case Window():
            return (*children(expr.call), *expr.partition_by, *(key.expr for key in expr.order_by))
        case _:
            return ()
