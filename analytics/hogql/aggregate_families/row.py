"""A row of the table of aggregates: what one takes and gives, and what it is in PostgreSQL.

`takes` is as in functions/row.py; with `number`, Bool counts too. Templates: `{0}`, `{1}` … are the printed
arguments, `{*}` all of them with commas, `{p0}` … the parameters, `{distinct}` is DISTINCT if that was asked.
`{filter}` stands after each aggregate of PostgreSQL's: the -If condition, then OVER. `{rows}` is the same for
those that would not skip NULLs by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from analytics.hogql.print_call import fill
from analytics.hogql.tree import Aggregate, Expr
from analytics.hogql.types import FLOAT64, UINT64, Type, array

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

NAN = "'NaN'::float8"


@dataclass
class Printed:
    """A call with its parts printed. `condition` and `over` are "" where there are none."""

    printer: Expressions
    call: Aggregate
    args: list[str]
    condition: str
    over: str
    parameters: list[str] = field(default_factory=list)

    @property
    def filter(self) -> str:
        return self._filter([])

    def rows(self, *more: str) -> str:
        """FILTER that leaves out the rows with a NULL among the arguments, and where `more` is not true."""
        typed = zip(self.args, self.call.args, strict=True)
        return self._filter([*(f"{text} IS NOT NULL" for text, arg in typed if arg.type.nullable), *more])

    def _filter(self, conditions: list[str]) -> str:
        all_ = [*conditions, *([self.condition] if self.condition else [])]
        return (f" FILTER (WHERE {' AND '.join(all_)})" if all_ else "") + self.over

    @property
    def order(self) -> str:
        """Behind the values in array_agg: the rows as the subquery gave them. A window has its own order."""
        return f" ORDER BY {self.printer.place}" if self.printer.place and not self.over else ""

    @property
    def distinct(self) -> str:
        return "DISTINCT " if self.call.distinct else ""

    def numbers(self) -> str:
        """FILTER for a first argument that is a float: NaN is left out, as order has no place for it."""
        return self.rows(*([f"{self.args[0]} <> 'NaN'"] if may_be_nan(self.call.args[0]) else []))

    def fill(self, template: str) -> str:
        places = {"filter": self.filter, "rows": self.rows(), "distinct": self.distinct, "order": self.order}
        return fill(template, self.args, {**places, **{f"p{i}": p for i, p in enumerate(self.parameters)}})


Sql = str | Callable[[Printed], str]


@dataclass(frozen=True)
class AggregateFunction:
    """`returns` gives the type for arguments that are not nullable.

    `skips`: over nullable arguments the result is nullable, and NULL where no row has them all.
    `empty` is what it gives over no rows otherwise, in SQL, or "zero" for the zero of its type, or "" where
    the SQL says it. `over` is its SQL over a window, "same" as without, "" where PostgreSQL has no way.
    `distinct` says what -Distinct is: "sql" printed by `{distinct}`, "same" as without, "" refused.
    `parameters` are kinds for the first of two pairs of parentheses: share, count or text, `[…]` optional,
    `…+` one or more. `rewrite` may change arguments and parameters, or raise ArgumentError.
    `ordered`: it takes the rows of a subquery in their order, or only where that has an ORDER BY.
    """

    name: str
    takes: str
    returns: Callable[[list[Type]], Type]
    sql: Sql
    doc: str
    empty: str = ""
    parameters: str = ""
    skips: bool = True
    over: Sql = "same"
    distinct: Literal["sql", "same", ""] = ""
    aliases: tuple[str, ...] = ()
    any_case: tuple[str, ...] = ()
    rewrite: Callable[[Aggregate], Aggregate] | None = None
    ordered: Literal["always", "sorted", ""] = ""

    def result(self, types: list[Type]) -> Type:
        type_ = self.returns([type_.required() for type_ in types])
        return type_.or_null(self.skips and any(arg.nullable for arg in types))

    @property
    def kinds(self) -> list[str]:
        return self.takes.split()

    def takes_count(self) -> tuple[int, int | None]:
        return count_kinds(self.kinds)

    def kinds_at(self, index: int) -> list[str]:
        return self.kinds[min(index, len(self.kinds) - 1)].strip("[]+").split("|")


def count_kinds(kinds: list[str]) -> tuple[int, int | None]:
    """Fewest and most of a list of kinds; None: any number."""
    fewest = sum(not kind.startswith("[") for kind in kinds)
    return fewest, None if any(kind.strip("[]").endswith("+") for kind in kinds) else len(kinds)


def may_be_nan(expr: Expr) -> bool:
    """Properties are read from JSON, which has no NaN; what is computed may be."""
    return expr.type.is_float and type(expr).__name__ not in {"Property", "Literal"}


def same(types: list[Type]) -> Type:
    return types[0]


def items(types: list[Type]) -> Type:
    return array(types[0])


def a_float(types: list[Type]) -> Type:
    return FLOAT64


def a_count(types: list[Type]) -> Type:
    return UINT64


def as_text(text: str, type_: Type) -> str:
    """A printed value that sorts: text by bytes. UUIDs and tuples need more: order_keys."""
    return f'{text} COLLATE "C"' if type_.name == "String" else text
