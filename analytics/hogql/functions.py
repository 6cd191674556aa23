"""A row of the function table, and how a name is looked up in it. The rows stand in function_table.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analytics.hogql.types import Type

Returns = Type | Callable[[list[Type]], Type]


@dataclass(frozen=True)
class Function:
    """`strict` functions give NULL for a NULL argument, so their result is nullable if an argument is."""

    name: str
    takes: str
    returns: Returns
    postgres: str
    doc: str
    strict: bool = True

    def result(self, types: list[Type]) -> Type:
        type_ = self.returns if isinstance(self.returns, Type) else self.returns(types)
        return type_.or_null(self.strict and any(arg.nullable for arg in types))

    def takes_count(self) -> tuple[int, int | None]:
        """Fewest and most arguments; None: any number."""
        kinds = self.takes.split()
        fewest = sum(not kind.startswith("[") for kind in kinds)
        return fewest, None if any(kind.endswith("+") for kind in kinds) else len(kinds)

    def kind_at(self, index: int) -> str:
        kinds = self.takes.split()
        return kinds[min(index, len(kinds) - 1)].strip("[]+")
