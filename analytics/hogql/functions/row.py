"""A row of the function table: what a function takes and gives, and what it is in each engine's SQL.

`takes` is a small language: kinds separated by spaces, `[kind]` optional, `kind+` one or more,
`kind*` and `[kind]+` any number, `a|b` either.
Kinds: any, text, number, int, bool, time, date, interval, array, tuple, json, bytes, lambda (its parameters
are the items of the arrays after it), unit (a literal such as 'day'), const (a literal), zone (a literal name
of a time zone).

Templates: `{0}`, `{1}` … are the printed arguments, `{1|x}` is x where that argument is absent, `{*}` all of
them with commas, `{*& AND }` all of them with that between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.hogql.tree import Call, Expr
from analytics.hogql.types import Type, common

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

Returns = Type | Callable[[list[Type]], Type]
Printer = Callable[["Expressions", Call], str]


class ArgumentError(Exception):
    """An argument that does not fit, said by a row's `rewrite`: a sentence, and what to do instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Function:
    """`strict` functions give NULL for a NULL argument, so their result is nullable if an argument is.

    `postgres` is a template, or a function of the printer and the call where the SQL depends on types.
    `clickhouse` is a template; "" is the function's own name with its arguments.
    `condition` says that the SQL is a boolean which stands for UInt8.
    `aliases` are other names, `any_case` those names (aliases included) that are read in any case.
    `rewrite` sees the typed arguments first and may give another expression; it may raise ArgumentError.
    """

    name: str
    takes: str
    returns: Returns
    postgres: str | Printer
    doc: str
    strict: bool = True
    condition: bool = False
    clickhouse: str = ""
    aliases: tuple[str, ...] = ()
    any_case: tuple[str, ...] = ()
    rewrite: Callable[[list[Expr]], Expr | None] | None = None

    def result(self, types: list[Type]) -> Type:
        type_ = self.returns if isinstance(self.returns, Type) else self.returns(types)
        return type_.or_null(self.strict and any(arg.nullable for arg in types))

    def takes_count(self) -> tuple[int, int | None]:
        """Fewest and most arguments; None: any number."""
        kinds = self.takes.split()
        fewest = sum(not kind.startswith("[") and not kind.endswith("*") for kind in kinds)
        return fewest, None if any(kind.endswith(("+", "*")) for kind in kinds) else len(kinds)

    def kinds_at(self, index: int) -> list[str]:
        """The kinds that may stand at a place."""
        kinds = self.takes.split()
        return kinds[min(index, len(kinds) - 1)].strip("[]+*").split("|")


def same(types: list[Type]) -> Type:
    """The type that holds all arguments."""
    found = common(types)
    if found is None:
        message = f"The arguments have different types: {', '.join(map(str, types))}."
        raise ArgumentError(message, "Convert them with toString or toFloat.")
    return found


def first(types: list[Type]) -> Type:
    """The first argument's type, not nullable."""
    return types[0].required()
