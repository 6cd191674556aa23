"""Arrays: made, read, searched, changed. Functions that take a lambda are in lambdas.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from analytics.hogql.functions.row import ArgumentError, Function, Printer
from analytics.hogql.print_array import Elements, collect, from_json, is_json, size, source, to_json
from analytics.hogql.print_call import sql_type, zero
from analytics.hogql.tree import Call, Column, Expr, Literal
from analytics.hogql.types import NULL, STRING, UINT8, UINT64, Type, array, common

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

LOCAL = "\0elements"  # a source for the elements where the user wrote no lambda
MOST = 1_000_000  # elements that a query may make out of nothing


def of_items(types: list[Type]) -> Type:
    """The array of what holds all arguments."""
    if not types:
        return array(NULL.required())
    item = common(types)
    if item is None:
        raise ArgumentError("The elements of an array have one type.", "Convert them with toString.")
    return array(item)


def merged(types: list[Type]) -> Type:
    """The array type that holds the elements of all arrays."""
    found = common(types)
    if found is None:
        raise ArgumentError("The arrays hold different types.", "Convert them with arrayMap.")
    return found


def beside(result: Type | None, *, many: bool) -> Callable[[list[Type]], Type]:
    """The type of a function that looks in an array for a value, or for `many`: both must be of one kind.

    `result` None: the array's own type.
    """

    def returns(types: list[Type]) -> Type:
        if not types[0].is_array:
            raise ArgumentError(
                "It looks in an array, not in NULL.", "Write [] for an array without elements."
            )
        sought = types[1] if many else array(types[1])
        merged([types[0], sought])
        both = (types[0].item, sought.item)
        empty = [item for item in both if item.name == "Nothing" and not item.nullable]  # of `[]`
        if empty and not all(item.is_integer or item.name == "Nothing" for item in both):
            raise ArgumentError("`[]` has nothing of that type.", "Write it as emptyArrayString().")
        items = [item for item in both if item.is_number]
        if len({item.name == "Bool" for item in items}) > 1:
            raise ArgumentError("The arrays hold different types.", "Convert them with arrayMap.")
        return result or types[0]

    return returns


def _item_of(types: list[Type]) -> Type:
    if not types[0].is_array:
        raise ArgumentError("It takes an array, not NULL.", "Write [] for an array without elements.")
    return types[0].item


def _array(printer: Expressions, call: Call) -> str:
    item = call.type.item
    if not call.args:
        return zero(call.type)
    parts = [printer.as_type(arg, item) for arg in call.args]
    if is_json(call.type):
        return f"jsonb_build_array({', '.join(to_json(part, item) for part in parts)})"
    values: list[Any] = [arg.value for arg in call.args if isinstance(arg, Literal)]
    if len(values) == len(parts) and item.name in {"String", "UInt8", "UInt16", "UInt32", "UInt64"}:
        plain = [int(value) if isinstance(value, bool) else value for value in values]
        return printer.parameter(plain, sql_type(call.type))
    return f"ARRAY[{', '.join(parts)}]::{sql_type(call.type)}"


def _range(printer: Expressions, call: Call) -> str:
    """range(end), range(start, end[, step]): at most MOST numbers, more fail with 22012."""
    args = [printer.number(arg) for arg in call.args]
    first, end = ("0::bigint", args[0]) if len(args) == 1 else (args[0], args[1])
    step = args[2] if len(args) > 2 else "1::bigint"
    limit = f"(1 / (CASE WHEN ({end} - {first}) / {step} > {MOST} THEN 0 ELSE 1 END))"
    last = f"{end} - sign({step})::bigint"
    return (
        f"ARRAY(SELECT g FROM generate_series({first}, {last}, ({step}) * {limit}) AS g"
        f" WHERE g <> {end} ORDER BY abs(g - {first}))"
    )


def _element(printer: Expressions, call: Call) -> str:
    """a[n] from 1, or from the end where n is negative; the type's zero where there is none."""
    values, index = call.args
    text, place = printer.value(values), printer.number(index)
    item = values.type.item
    if is_json(values.type):
        at = f"(CASE WHEN ({place}) > 0 THEN ({place}) - 1 ELSE ({place}) END)::integer"
        found = from_json(f"({text} -> (CASE WHEN ({place}) <> 0 THEN {at} END))", item)
    else:
        at = f"(CASE WHEN ({place}) < 0 THEN cardinality({text}) + 1 + ({place}) ELSE ({place}) END)::integer"
        found = f"({text})[{at}]"
    return found if item.nullable else f"coalesce({found}, {zero(item)})"


def _length(printer: Expressions, call: Call) -> str:
    value = call.args[0]
    return f"{size(printer.value(value), value.type)}::bigint"


def _search(what: str) -> Printer:
    """A function of an array and one value: `what` over the elements that equal it."""

    def printed(printer: Expressions, call: Call) -> str:
        values, value = call.args
        elements = Elements(printer, (values,))
        wanted = printer.as_type(value, values.type.item) if value.type == NULL else printer.value(value)
        same = f"{elements.items[0]} IS NOT DISTINCT FROM {wanted}"
        return elements.select(what.format(place=elements.place), same)

    return printed


def _contained(fold: str) -> Printer:
    """Whether the elements of b are in a: all of them or any, as `fold` of {found} says."""

    def printed(printer: Expressions, call: Call) -> str:
        own, wanted = call.args
        elements = Elements(printer, (wanted,))
        same = f"{_item('o.x', own)} IS NOT DISTINCT FROM {elements.items[0]}"
        rows = source([(printer.value(own), own.type)])
        found = f"EXISTS (SELECT 1 FROM {rows} AS o(x, i) WHERE {same})"
        return f"({elements.select(fold.format(found=found))})"

    return printed


def _item(text: str, values: Expr) -> str:
    return from_json(text, values.type.item) if is_json(values.type) else text


def _joined(printer: Expressions, call: Call) -> str:
    """arrayStringConcat: NULLs left out."""
    elements = Elements(printer, call.args[:1])
    separator = printer.value(call.args[1]) if len(call.args) > 1 else "''"
    text = Call("toString", (Column(LOCAL, "x0", elements.types[0]),), STRING)
    printer.lambdas.append((LOCAL, elements.items))
    printed = printer.value(text)
    printer.lambdas.pop()
    return elements.select(f"coalesce(string_agg({printed}, {separator} ORDER BY {elements.place}), '')")


def _plain_items(args: list[Expr]) -> None:
    if args[0].type.item.items:
        raise ArgumentError(
            f"`arrayStringConcat` does not join {args[0].type}.", "Use arrayMap with toString."
        )


def _repeated(printer: Expressions, call: Call) -> str:
    """arrayWithConstant(n, x)."""
    count, value = call.args
    times = f"generate_series(1, {printer.number(count)}"
    times += f" / (CASE WHEN {printer.number(count)} BETWEEN 0 AND {MOST} THEN 1 ELSE 0 END)) AS g"
    return f"(SELECT {collect(printer.value(value), value.type, 'g')} FROM {times})"


def _empty(test: str) -> Printer:
    def printed(printer: Expressions, call: Call) -> str:
        value = call.args[0]
        text = printer.value(value)
        return f"({size(text, value.type)} {test} 0)"

    return printed


EMPTY = {
    **{f"UInt{bits}": Type(f"UInt{bits}") for bits in (8, 16, 32, 64)},
    **{f"Int{bits}": Type(f"Int{bits}") for bits in (8, 16, 32, 64)},
    **{name: Type(name) for name in ("Float32", "Float64", "String", "Date", "DateTime")},
}


def _unnested(printer: Expressions, call: Call) -> str:
    raise AssertionError("arrayJoin is turned into a relation before printing")


ROWS = [
    Function(
        "arrayJoin",
        "array",
        _item_of,
        _unnested,
        "each element in a row of its own",
        strict=False,
        aliases=("unnest",),
        any_case=("unnest",),
    ),
    Function("array", "any*", of_items, _array, "[a, b, …]", strict=False),
    Function(
        "range",
        "int [int] [int]",
        lambda t: array(common(t) or UINT64),
        _range,
        "0 … n-1; with a start, an end, a step",
        strict=False,
    ),
    *(
        Function(f"emptyArray{name}", "", array(type_), f"'{{{{}}}}'::{sql_type(type_)}[]", "[]")
        for name, type_ in EMPTY.items()
    ),
    Function(
        "arrayWithConstant", "int any", lambda t: array(t[1]), _repeated, "n times the value", strict=False
    ),
    Function("length of arrays", "array", UINT64, _length, "number of elements", clickhouse="length({0})"),
    Function(
        "empty of arrays", "array", UINT8, _empty("="), "is it []?", condition=True, clickhouse="empty({0})"
    ),
    Function(
        "notEmpty of arrays",
        "array",
        UINT8,
        _empty("<>"),
        "is it not []?",
        condition=True,
        clickhouse="notEmpty({0})",
    ),
    Function("arrayElement", "array int", lambda t: t[0].item, _element, "a[n], from 1; -1 is the last"),
    Function(
        "has",
        "array any",
        beside(UINT8, many=False),
        _search("count(*) > 0"),
        "is b an element?",
        strict=False,
        condition=True,
    ),
    Function(
        "hasAll",
        "array array",
        beside(UINT8, many=True),
        _contained("coalesce(bool_and({found}), true)"),
        "are all of b in a?",
        condition=True,
    ),
    Function(
        "hasAny",
        "array array",
        beside(UINT8, many=True),
        _contained("coalesce(bool_or({found}), false)"),
        "is any of b in a?",
        condition=True,
    ),
    Function(
        "indexOf",
        "array any",
        beside(UINT64, many=False),
        _search("coalesce(min({place}), 0)"),
        "the place of b, from 1; 0: nowhere",
        strict=False,
    ),
    Function(
        "countEqual",
        "array any",
        beside(UINT64, many=False),
        _search("count(*)"),
        "how often b is in it",
        strict=False,
    ),
    Function(
        "arrayStringConcat",
        "array [text]",
        STRING,
        _joined,
        "the elements as one text",
        aliases=("array_to_string",),
        any_case=("array_to_string",),
        rewrite=_plain_items,
    ),
]
