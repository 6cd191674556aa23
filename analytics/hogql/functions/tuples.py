"""Tuples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.print_array import Elements, from_json, to_json
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.tuples import elements
from analytics.hogql.types import Type, array, tuple_of, wider

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def _tuple(printer: Expressions, call: Call) -> str:
    parts = [to_json(printer.as_type(arg, arg.type), arg.type) for arg in call.args]
    return f"jsonb_build_array({', '.join(parts)})"


def _element(printer: Expressions, call: Call) -> str:
    value, place = call.args
    assert isinstance(place, Literal) and isinstance(place.value, int)
    if value.type.is_array:
        inner = Elements(printer, (value,))
        item = value.type.item.items[place.value - 1]
        return inner.array(from_json(f"({inner.items[0]} -> {place.value - 1})", item), item)
    return from_json(f"({printer.value(value)} -> {place.value - 1})", call.type)


def _read(args: list[Expr]) -> Expr | None:
    """tupleElement(t, n[, default]): n counts from 1, or from the end where it is negative."""
    value, place = args[0], args[1]
    items = value.type.item.items if value.type.is_array else value.type.items
    if not (value.type.is_tuple or (value.type.is_array and value.type.item.is_tuple)):
        raise ArgumentError(f"`tupleElement` reads tuples, not {value.type}.", "A tuple is written (a, b).")
    if not isinstance(place, Literal) or not isinstance(place.value, int) or isinstance(place.value, bool):
        raise ArgumentError("A tuple's element is read by a whole number.", "For example `pair.1`.")
    number = place.value if place.value > 0 else len(items) + 1 + place.value
    if not 1 <= number <= len(items):
        raise ArgumentError(
            f"The tuple has {len(items)} elements, no element {place.value}.", "The first element is 1."
        )
    if isinstance(value, Call) and value.name == "tuple":
        return value.args[number - 1]
    type_ = items[number - 1]
    literal = Literal(number, place.type)
    return Call("tupleElement", (value, literal), array(type_) if value.type.is_array else type_)


def _concat(args: list[Expr]) -> Expr | None:
    parts = [part for arg in args for part in elements(arg)]
    return Call("tuple", tuple(parts), tuple_of(*(part.type for part in parts)))


def _each(name: str, *, signed: bool = False) -> Callable[[list[Expr]], Expr | None]:
    """Part by part: plus, minus or multiply of two tuples, or of a tuple and a number."""

    def rewritten(args: list[Expr]) -> Expr | None:
        left = elements(args[0])
        right = elements(args[1]) if args[1].type.is_tuple else [args[1]] * len(left)
        if len(left) != len(right) or not all(part.type.is_number for part in (*left, *right)):
            raise ArgumentError(
                "These tuples do not hold the same count of numbers.", "Give both as many numbers."
            )
        if args[1].type.nullable:
            raise ArgumentError("A tuple cannot be NULL as this number can.", "Use ifNull(number, 0).")
        types = [
            wider([a.type, b.type], signed=signed).or_null(a.type.nullable or b.type.nullable)
            for a, b in zip(left, right, strict=True)
        ]
        pairs = zip(left, right, types, strict=True)
        return Call("tuple", tuple(Call(name, (a, b), type_) for a, b, type_ in pairs), tuple_of(*types))

    return rewritten


ROWS = [
    Function(
        "tuplePlus",
        "tuple tuple",
        Type("Tuple"),
        "",
        "a + b, part by part",
        rewrite=_each("plus"),
        aliases=("vectorSum",),
        any_case=("vectorSum",),
    ),
    Function(
        "tupleMinus",
        "tuple tuple",
        Type("Tuple"),
        "",
        "a - b, part by part",
        rewrite=_each("minus", signed=True),
        aliases=("vectorDifference",),
        any_case=("vectorDifference",),
    ),
    Function(
        "tupleMultiply", "tuple tuple", Type("Tuple"), "", "a * b, part by part", rewrite=_each("multiply")
    ),
    Function(
        "tupleMultiplyByNumber",
        "tuple number",
        Type("Tuple"),
        "",
        "each part times b",
        rewrite=_each("multiply"),
    ),
    Function("tuple", "any+", lambda t: tuple_of(*t), _tuple, "(a, b, …)", strict=False),
    Function(
        "tupleElement",
        "tuple|array int",
        lambda t: t[0],
        _element,
        "t.n, from 1; of an array of tuples, the array of them",
        strict=False,
        rewrite=_read,
    ),
    Function("tupleConcat", "tuple+", Type("Tuple"), "", "tuples one after another", rewrite=_concat),
]
