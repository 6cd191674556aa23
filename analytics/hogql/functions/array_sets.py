"""Arrays as sets: what they share, what any of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.arrays import beside, merged
from analytics.hogql.functions.row import ArgumentError, Function, Printer
from analytics.hogql.print_array import Elements, collect, from_json, is_json, source
from analytics.hogql.print_call import sql_type
from analytics.hogql.tree import Call
from analytics.hogql.types import Type, array, integer

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def _sets(kept: str) -> Printer:
    """Set operations: each different value once; `kept` says in how many of the n arrays it must be."""

    def printed(printer: Expressions, call: Call) -> str:
        item = call.type.item
        parts = []
        for number, arg in enumerate(call.args):
            element = from_json("o.x", arg.type.item) if is_json(arg.type) else "o.x"
            if arg.type.item.name == "Nothing":
                element = "NULL"
            rows = source([(printer.value(arg), arg.type)])
            cast = "" if is_json(item) else f"::{sql_type(item)}"
            parts.append(f"SELECT ({element}){cast} AS x, o.i, {number} AS a FROM {rows} AS o(x, i)")
        inner = (
            f"SELECT x, min((a::bigint << 32) + i) AS i FROM ({' UNION ALL '.join(parts)}) AS u GROUP BY x"
        )
        inner += f" HAVING count(DISTINCT a) {kept.format(n=len(parts))}"
        return f"(SELECT {collect('d.x', item, 'd.i')} FROM ({inner}) AS d)"

    return printed


def _except(printer: Expressions, call: Call) -> str:
    elements = Elements(printer, call.args[:1])
    other = call.args[1]
    element = from_json("o.x", other.type.item) if is_json(other.type) else "o.x"
    rows = source([(printer.value(other), other.type)])
    same = f"SELECT 1 FROM {rows} AS o(x, i) WHERE {element} IS NOT DISTINCT FROM {elements.items[0]}"
    return elements.array(elements.items[0], elements.types[0], f"NOT EXISTS ({same})")


def _shared(types: list[Type]) -> Type:
    """The narrowest type, as the values that all have are of it; nullable if all are."""
    found = merged(types).item
    items = [type_.item for type_ in types]
    if not found.is_number or found.name == "Bool" or any(item.name == "Nothing" for item in items):
        return array(found)
    if found.is_float and not all(item.is_float for item in items):
        raise ArgumentError("`arrayIntersect` would cut these fractions.", "Make all arrays of floats.")
    bits = 32 if any(item.name == "Float32" for item in items) else 64
    if not found.is_float:
        bits = min(item.bits for item in items)
        signed = all(item.is_signed for item in items if item.bits == bits)
    narrow = Type(f"Float{bits}") if found.is_float else integer(bits, signed)
    return array(narrow.or_null(all(item.nullable for item in items)))


ROWS = [
    Function("arrayIntersect", "array+", _shared, _sets("= {n}"), "the values that all arrays have"),
    Function("arrayUnion", "array+", merged, _sets("> 0"), "the values that any array has"),
    Function(
        "arraySymmetricDifference", "array+", merged, _sets("< {n}"), "the values that not all arrays have"
    ),
    Function(
        "arrayExcept", "array array", beside(None, many=True), _except, "the elements of a that are not in b"
    ),
]
