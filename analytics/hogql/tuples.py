"""Tuples, taken apart: their elements, and comparisons of them."""

from __future__ import annotations

from collections.abc import Callable

from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import UINT8

Comparison = Callable[[str, Expr, Expr], Expr]


def elements(value: Expr) -> list[Expr]:
    """The parts of a tuple: its arguments where it is written out, else reads of them."""
    if isinstance(value, Call) and value.name == "tuple":
        return list(value.args)
    return [
        Call("tupleElement", (value, Literal(place, UINT8)), type_)
        for place, type_ in enumerate(value.type.items, start=1)
    ]


def compare(op: str, left: Expr, right: Expr, comparison: Comparison) -> Expr:
    """Two tuples compared part by part; `<` and `>` by the first parts that differ."""
    pairs = list(zip(elements(left), elements(right), strict=True))
    equal = [comparison("=", a, b) for a, b in pairs]
    if op in {"=", "!="}:
        same = _all("and", equal)
        return same if op == "=" else Call("not", (same,), UINT8)
    strict = op.rstrip("=")
    *first, (last_left, last_right) = pairs
    ways = [_all("and", [*equal[:place], comparison(strict, a, b)]) for place, (a, b) in enumerate(first)] + [
        _all("and", [*equal[:-1], comparison(op, last_left, last_right)])
    ]
    return _all("or", ways)


def _all(name: str, parts: list[Expr]) -> Expr:
    return parts[0] if len(parts) == 1 else Call(name, tuple(parts), UINT8)
