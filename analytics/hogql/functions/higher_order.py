"""Functions of arrays that may take a lambda first: `arrayMap(x -> x + 1, a)`, `arraySum(a)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function, Printer
from analytics.hogql.print_array import Elements, holds_array, needs_keys, order_keys
from analytics.hogql.print_call import sql_type, zero
from analytics.hogql.tree import Call, Lambda
from analytics.hogql.types import FLOAT64, INT64, UINT8, UINT32, UINT64, Type, array

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def parts(printer: Expressions, call: Call) -> tuple[Elements, Lambda | None]:
    first = call.args[0]
    if isinstance(first, Lambda):
        return Elements(printer, call.args[1:]), first
    return Elements(printer, call.args), None


def value_of(elements: Elements, function: Lambda | None) -> tuple[str, Type]:
    """What is summed, sorted …: the lambda's body, or the element."""
    if function is None:
        return elements.items[0], elements.types[0]
    return elements.value(function), function.type


def _item_type(types: list[Type]) -> Type:
    """What the values are: the lambda's type, or the array's items."""
    return types[0].item if types[0].is_array else types[0]


def _ordered_type(types: list[Type]) -> Type:
    item = _item_type(types)
    if holds_array(item):
        raise ArgumentError(f"{item} has no greatest here.", "Give a number, text, time or tuple of each.")
    return item


def elements_type(types: list[Type]) -> Type:
    found = next((type_ for type_ in types if type_.is_array), None)
    if found is None:
        raise ArgumentError("It takes an array, not NULL.", "For example `[1, 2]`.")
    return found


def number(types: list[Type]) -> Type:
    item = _item_type(types)
    if item.nullable or not item.is_number:
        raise ArgumentError(f"It takes numbers that are not NULL, not {item}.", "Use ifNull inside a lambda.")
    return item


def summed(types: list[Type]) -> Type:
    """What a sum of the values is."""
    item = number(types)
    return FLOAT64 if item.is_float else INT64 if item.is_signed else UINT64


def _map(printer: Expressions, call: Call) -> str:
    elements, function = parts(printer, call)
    return elements.array(*value_of(elements, function))


def _filter(printer: Expressions, call: Call) -> str:
    elements, function = parts(printer, call)
    return elements.array(elements.items[0], elements.types[0], elements.condition(function))


def _tested(what: str) -> Printer:
    """`what` over the condition of each element."""

    def printed(printer: Expressions, call: Call) -> str:
        elements, function = parts(printer, call)
        condition = f"coalesce({elements.condition(function)}, false)"
        return elements.select(what.format(condition=condition, place=elements.place))

    return printed


def _aggregated(what: str, empty: str = "") -> Printer:
    """An aggregate of the values; `empty` is what it gives for an empty array, "" the type's zero."""

    def printed(printer: Expressions, call: Call) -> str:
        elements, function = parts(printer, call)
        text, type_ = value_of(elements, function)
        text = f"({text})::integer" if type_.name == "Bool" else text
        return elements.select(
            f"coalesce({what.format(text)}, {empty or zero(call.type)})::{sql_type(call.type)}"
        )

    return printed


def _extreme(name: str) -> Printer:
    def printed(printer: Expressions, call: Call) -> str:
        elements, function = parts(printer, call)
        text, type_ = value_of(elements, function)
        if needs_keys(type_):
            order = order_keys(text, type_, f"{'ASC' if name == 'min' else 'DESC'} NULLS LAST")
            found = elements.select(text, last=f" ORDER BY {order} LIMIT 1")
            return found if call.type.nullable else f"coalesce({found}, {zero(call.type)})"
        collate = ' COLLATE "C"' if type_.name == "String" else ""
        best = {"min": "bool_and", "max": "bool_or"}[name] if type_.name == "Bool" else name
        found = elements.select(f"{best}(({text}){collate})")
        if name == "max" and type_.is_float:  # ClickHouse looks at NaN only where there is nothing else
            known = f"max(nullif({text}, 'NaN'))"
            found = f"coalesce({elements.select(known)}, {found})"
        return found if call.type.nullable else f"coalesce({found}, {zero(call.type)})"

    return printed


def _found(direction: str, missing: bool = False) -> Printer:
    """The first (or last) element that the lambda keeps; the type's zero, or NULL, where there is none."""

    def printed(printer: Expressions, call: Call) -> str:
        elements, function = parts(printer, call)
        last = f" ORDER BY {elements.place} {direction} LIMIT 1"
        found = elements.select(elements.items[0], elements.condition(function), last)
        return found if missing or call.type.nullable else f"coalesce({found}, {zero(call.type)})"

    return printed


def _sort(direction: str) -> Printer:
    def printed(printer: Expressions, call: Call) -> str:
        elements, function = parts(printer, call)
        text, type_ = value_of(elements, function)
        order = f"{order_keys(text, type_, direction + ' NULLS LAST')}, {elements.place}"
        return elements.array(elements.items[0], elements.types[0], order=order)

    return printed


PLACE = "coalesce({}(CASE WHEN {{condition}} THEN {{place}} END), 0)"
PRODUCT = (
    "(CASE WHEN bool_or({0} = 0) THEN 0 ELSE power(-1::float8, count(*) FILTER (WHERE {0} < 0))"
    " * exp(sum(ln(abs(nullif({0}, 0)::float8)))) END)"
)
TAKES = "lambda|array [array]+"
ROWS = [
    Function("arrayMap", "lambda array+", lambda t: array(t[0]), _map, "f of each element", strict=False),
    Function(
        "arrayFilter", "lambda array+", elements_type, _filter, "the elements that f keeps", strict=False
    ),
    Function(
        "arrayExists",
        TAKES,
        UINT8,
        _tested("coalesce(bool_or({condition}), false)"),
        "does f keep any?",
        strict=False,
        condition=True,
    ),
    Function(
        "arrayAll",
        TAKES,
        UINT8,
        _tested("coalesce(bool_and({condition}), true)"),
        "does f keep all?",
        strict=False,
        condition=True,
    ),
    Function(
        "arrayCount",
        TAKES,
        UINT32,
        _tested("count(*) FILTER (WHERE {condition})"),
        "how many f keeps",
        strict=False,
    ),
    Function(
        "arrayFirstIndex",
        "lambda array+",
        UINT32,
        _tested(PLACE.format("min")),
        "the place of the first that f keeps; 0: none",
        strict=False,
    ),
    Function(
        "arrayLastIndex",
        "lambda array+",
        UINT32,
        _tested(PLACE.format("max")),
        "the place of the last that f keeps; 0: none",
        strict=False,
    ),
    Function(
        "arrayFirst",
        "lambda array+",
        lambda t: elements_type(t).item,
        _found("ASC"),
        "the first that f keeps",
        strict=False,
    ),
    Function(
        "arrayLast",
        "lambda array+",
        lambda t: elements_type(t).item,
        _found("DESC"),
        "the last that f keeps",
        strict=False,
    ),
    Function(
        "arrayFirstOrNull",
        "lambda array+",
        lambda t: elements_type(t).item.or_null(),
        _found("ASC", missing=True),
        "the first that f keeps, or NULL",
        strict=False,
    ),
    Function(
        "arrayLastOrNull",
        "lambda array+",
        lambda t: elements_type(t).item.or_null(),
        _found("DESC", missing=True),
        "the last that f keeps, or NULL",
        strict=False,
    ),
    Function("arraySum", TAKES, summed, _aggregated("sum({0})"), "the sum", strict=False),
    Function(
        "arrayAvg",
        TAKES,
        lambda t: number(t) and FLOAT64,
        _aggregated("avg(({0})::float8)", "0::float8"),
        "the mean; 0 of []",
        strict=False,
    ),
    Function(
        "arrayProduct",
        TAKES,
        lambda t: number(t) and FLOAT64,
        _aggregated(PRODUCT, "0::float8"),
        "the product; 0 of []",
        strict=False,
    ),
    Function("arrayMin", TAKES, _ordered_type, _extreme("min"), "the least", strict=False),
    Function("arrayMax", TAKES, _ordered_type, _extreme("max"), "the greatest", strict=False),
    Function("arraySort", TAKES, elements_type, _sort("ASC"), "in order, by f", strict=False),
    Function("arrayReverseSort", TAKES, elements_type, _sort("DESC"), "in falling order, by f", strict=False),
]
