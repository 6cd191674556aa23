"""Functions of arrays that walk along them: sums so far, differences, gaps filled, cuts. A lambda may stand
first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.higher_order import TAKES, elements_type, number, parts, summed, value_of
from analytics.hogql.functions.row import Function, Printer
from analytics.hogql.print_array import collect
from analytics.hogql.print_call import sql_type
from analytics.hogql.tree import Call
from analytics.hogql.types import Type, array, wider

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def stepped(types: list[Type]) -> Type:
    return array(wider([number(types)], signed=True))


def _running(what: str) -> Printer:
    """A window over the values, in the array's order."""

    def printed(printer: Expressions, call: Call) -> str:
        elements, function = parts(printer, call)
        text, type_ = value_of(elements, function)
        text = f"({text})::integer" if type_.name == "Bool" else text
        window = f"OVER (ORDER BY {elements.place})"
        number = f"({what.format(text, window=window)})::{sql_type(call.type.item)}"
        inner = elements.select(f"{number} AS n, {elements.place} AS i")
        return f"(SELECT {collect('d.n', call.type.item, 'd.i')} FROM {inner} AS d)"

    return printed


def _filled(descending: bool) -> Printer:
    """Elements that the lambda refuses become the one before (after); the first stays."""

    def printed(printer: Expressions, call: Call) -> str:
        elements, function = parts(printer, call)
        way = "DESC" if descending else "ASC"
        kept = (
            f"count(*) FILTER (WHERE {elements.condition(function)}) OVER (ORDER BY {elements.place} {way})"
        )
        inner = elements.select(f"{elements.items[0]} AS x, {elements.place} AS i, {kept} AS run")
        first = f"first_value(x) OVER (PARTITION BY run ORDER BY i {way}) AS x, i"
        type_ = elements.types[0]
        return f"(SELECT {collect('d.x', type_, 'd.i')} FROM (SELECT {first} FROM {inner} AS r) AS d)"

    return printed


def _split(descending: bool) -> Printer:
    """A new part before (after) each element that the lambda keeps."""

    def printed(printer: Expressions, call: Call) -> str:
        elements, function = parts(printer, call)
        condition, place = elements.condition(function), elements.place
        test = f"{place} > 1 AND {condition}" if not descending else condition
        frame = "" if not descending else " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
        run = f"count(*) FILTER (WHERE {test}) OVER (ORDER BY {place}{frame})"
        inner = elements.select(f"{elements.items[0]} AS x, {place} AS i, {run} AS run")
        type_ = elements.types[0]
        part = f"SELECT {collect('x', type_, 'i')} AS x, run FROM {inner} AS r GROUP BY run"
        return f"(SELECT {collect('d.x', array(type_), 'd.run')} FROM ({part}) AS d)"

    return printed


ROWS = [
    Function(
        "arrayCumSum",
        TAKES,
        lambda t: array(summed(t)),
        _running("sum({0}) {window}"),
        "sums so far",
        strict=False,
    ),
    Function(
        "arrayDifference",
        TAKES,
        stepped,
        _running("coalesce({0} - lag({0}) {window}, 0)"),
        "each element less the one before; the first is 0",
        strict=False,
    ),
    Function(
        "arrayFill", "lambda array+", elements_type, _filled(False), "gaps filled from before", strict=False
    ),
    Function(
        "arrayReverseFill",
        "lambda array+",
        elements_type,
        _filled(True),
        "gaps filled from after",
        strict=False,
    ),
    Function(
        "arraySplit",
        "lambda array+",
        lambda t: array(elements_type(t)),
        _split(False),
        "cut before elements that f keeps",
        strict=False,
    ),
    Function(
        "arrayReverseSplit",
        "lambda array+",
        lambda t: array(elements_type(t)),
        _split(True),
        "cut after elements that f keeps",
        strict=False,
    ),
]
