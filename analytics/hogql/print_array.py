"""Arrays and tuples in PostgreSQL's SQL: taking them apart, and putting them together again.

An array of plain values is a PostgreSQL array. PostgreSQL has no arrays of arrays that differ in length, and
no records whose parts it knows later: so tuples, and arrays of arrays or tuples, are jsonb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.errors import HogQLError
from analytics.hogql.print_call import sql_type, zero
from analytics.hogql.tree import Expr, Lambda
from analytics.hogql.types import NULL, Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def is_json(type_: Type) -> bool:
    """Whether values of the type are jsonb."""
    return sql_type(type_) == "jsonb"


def to_json(text: str, type_: Type) -> str:
    """A printed value as jsonb. NaN and infinities become texts, which come back as they were."""
    if text == "NULL":
        return "NULL::jsonb"
    return text if is_json(type_) else f"to_jsonb({text})"


def from_json(text: str, type_: Type) -> str:
    """A printed jsonb as a value of the type; JSON null is NULL."""
    if is_json(type_):
        return text
    if type_.is_array:
        one = from_json("e.v", type_.item)
        rows = f"jsonb_array_elements({text}) WITH ORDINALITY AS e(v, i)"
        return f"coalesce((SELECT array_agg({one} ORDER BY e.i) FROM {rows}), {zero(type_)})"
    return f"({text} #>> '{{}}')::{sql_type(type_)}"


def converted(text: str, given: Type, wanted: Type) -> str:
    """A printed value of one type as one of a wider type."""
    if sql_type(wanted) == sql_type(given) or given == NULL:
        return f"({text})::{sql_type(wanted)}" if given == NULL else text
    if wanted.is_array and given.item == NULL.required():
        return zero(wanted)
    if is_json(wanted):
        return f"to_jsonb({text})"
    if wanted.name == "Bool":
        return f"({text} <> 0)"
    # PostgreSQL makes truths of 32-bit integers only, and these of truths.
    truths = {"boolean", "boolean[]"} & {sql_type(given), sql_type(wanted)}
    step = "::integer" + "[]" * given.is_array if truths else ""
    return f"({text}){step}::{sql_type(wanted)}"


Outputs = tuple[tuple[str, Type], ...]


def as_types(sql: str, given: Outputs, wanted: Outputs) -> str:
    """A printed SELECT with its columns c0, c1 … as other types, where PostgreSQL would not do it itself."""
    pairs = [(one, other) for (_, one), (_, other) in zip(given, wanted, strict=True)]
    if all(
        sql_type(one) == sql_type(other) or {one.is_float, other.is_float} >= {True} for one, other in pairs
    ):
        return sql
    columns = [f"{converted(f'u.c{i}', one, other)} AS c{i}" for i, (one, other) in enumerate(pairs)]
    return f"SELECT {', '.join(columns)} FROM ({sql}) AS u"


def source(arrays: list[tuple[str, Type]]) -> str:
    """What stands in FROM for printed arrays side by side: one column for each, then the place."""
    calls = [
        f"jsonb_array_elements({text})" if is_json(type_) else f"unnest({text})" for text, type_ in arrays
    ]
    return f"ROWS FROM ({', '.join(calls)}) WITH ORDINALITY"


def same_sizes(arrays: list[tuple[str, Type]]) -> str:
    """A condition that is true, and fails with 22012 where the arrays differ in length."""
    sizes = [size(text, type_) for text, type_ in arrays]
    equal = " AND ".join(f"{sizes[0]} = {other}" for other in sizes[1:])
    return f"1 / (CASE WHEN {equal} THEN 1 ELSE 0 END) = 1"


def size(text: str, type_: Type) -> str:
    return f"jsonb_array_length({text})" if is_json(type_) else f"cardinality({text})"


def collect(text: str, type_: Type, order: str) -> str:
    """An aggregate that puts values of `type_` into an array, in an order."""
    text = f"NULL::{sql_type(type_)}" if text == "NULL" else text
    if type_.items:
        return f"coalesce(jsonb_agg({to_json(text, type_)} ORDER BY {order}), '[]'::jsonb)"
    return f"coalesce(array_agg({text} ORDER BY {order}), '{{}}'::{sql_type(type_)}[])"


class Elements:
    """The elements of arrays side by side, one row each: what a function over arrays selects from.

    `items` are the elements in SQL, `types` their types; `place` counts from 1.
    """

    def __init__(self, printer: Expressions, arrays: tuple[Expr, ...]) -> None:
        self.printer = printer
        self.types = [array.type.item for array in arrays]
        self.name = f"l{len(printer.lambdas)}"
        printed = [(printer.value(array), array.type) for array in arrays]
        self.items = [
            from_json(f"{self.name}.x{index}", item) if is_json(array.type) else f"{self.name}.x{index}"
            for index, (array, item) in enumerate(zip(arrays, self.types, strict=True))
        ]
        self.place = f"{self.name}.i"
        columns = ", ".join(f"x{index}" for index in range(len(arrays)))
        self.from_ = f"FROM {source(printed)} AS {self.name}({columns}, i)"
        self.checks = [same_sizes(printed)] if len(printed) > 1 else []

    def value(self, function: Lambda) -> str:
        """A lambda's body over the elements."""
        self.printer.lambdas.append((function.alias, self.items))
        try:
            return self._inside(self.printer.value(function.body))
        finally:
            self.printer.lambdas.pop()

    def condition(self, function: Lambda | None) -> str:
        """A lambda's body as a condition; without one, the element itself. Raises HogQLError."""
        type_ = self.types[0] if function is None else function.body.type
        if not (type_.is_number or type_ == NULL):
            message = f"What is tested of each element is true or false, not {type_}."
            raise HogQLError("type_mismatch", message, "Compare it with something, as in `x -> x > 1`.")
        if function is None:
            return self.items[0] if self.types[0].name == "Bool" else f"{self.items[0]} <> 0"
        self.printer.lambdas.append((function.alias, self.items))
        try:
            return self._inside(self.printer.condition(function.body, filtering=True))
        finally:
            self.printer.lambdas.pop()

    def _inside(self, text: str) -> str:
        """A body that names no element: an aggregate over it would be the outer SELECT's, not ours."""
        own = text == "NULL" or f"{self.name}." in text
        return text if own else f"(CASE WHEN {self.place} > 0 THEN {text} END)"

    def select(self, what: str, condition: str = "", last: str = "") -> str:
        """`(SELECT what FROM the elements WHERE condition …)`."""
        conditions = [*self.checks, *([condition] if condition else [])]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"(SELECT {what} {self.from_}{where}{last})"

    def array(self, text: str, type_: Type, condition: str = "", order: str = "") -> str:
        """Values over the elements as an array, of those that a condition keeps."""
        return self.select(collect(text, type_, order or self.place), condition)


def holds_array(type_: Type) -> bool:
    return type_.is_array or any(map(holds_array, type_.items))


def needs_keys(type_: Type) -> bool:
    """Whether ClickHouse sorts values of the type otherwise than PostgreSQL does."""
    return type_.is_tuple or type_.name == "UUID"


def order_keys(text: str, type_: Type, direction: str) -> str:
    """What sorts printed values of a type as ClickHouse does: text by bytes, tuples by parts."""
    if type_.is_tuple:
        parts = [
            order_keys(from_json(f"({text} -> {place})", item), item, direction)
            for place, item in enumerate(type_.items)
        ]
        return ", ".join(parts)
    if type_.is_array and is_json(type_):
        message = f"Rows are not ordered by {type_} here."
        raise HogQLError("type_mismatch", message, "Order by an element, or by toString of it.")
    if type_.name == "UUID":  # ClickHouse sorts them by their second half first
        halves = (f"substr(({text})::text, {first}, 18)" for first in (20, 1))
        return ", ".join(f'{half} COLLATE "C" {direction}' for half in halves)
    if type_.is_float:
        return f"nullif({text}, 'NaN') {direction}"  # ClickHouse puts NaN where it puts NULL
    collate = ' COLLATE "C"' if type_.name == "String" else ""
    return f"{text}{collate} {direction}"
