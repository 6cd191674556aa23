"""Arrays made from arrays: slices, order, sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.arrays import MOST, merged, of_items
from analytics.hogql.functions.row import Function, Printer
from analytics.hogql.print_array import (
    Elements,
    collect,
    from_json,
    is_json,
    size,
    source,
    to_json,
)
from analytics.hogql.print_call import sql_type, zero
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import NULL, UINT32, Type, array, tuple_of

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def _concat(printer: Expressions, call: Call) -> str:
    parts = [printer.as_type(arg, call.type) for arg in call.args]
    return f"({' || '.join(parts)})"


def _push(front: bool) -> Printer:
    def printed(printer: Expressions, call: Call) -> str:
        values, value = call.args
        text, one = printer.as_type(values, call.type), printer.as_type(value, call.type.item)
        if is_json(call.type):
            one = f"jsonb_build_array({to_json(one, call.type.item)})"
        else:
            one = f"ARRAY[{one}]::{sql_type(call.type)}"
        return f"({one} || {text})" if front else f"({text} || {one})"

    return printed


def _kept(condition: str, order: str = "") -> Printer:
    """The elements that a condition over {place}, {item}, {size} and the further arguments keeps."""

    def printed(printer: Expressions, call: Call) -> str:
        elements = Elements(printer, call.args[:1])
        names = {"place": elements.place, "item": elements.items[0]}
        names["size"] = size(printer.value(call.args[0]), call.args[0].type)
        rest = [printer.number(arg) for arg in call.args[1:]]
        kept = condition.format(*rest, **names)
        return elements.array(elements.items[0], elements.types[0], kept, order.format(**names))

    return printed


def _slice(printer: Expressions, call: Call) -> str:
    """arraySlice(a, from[, length]): both may count from the end."""
    elements = Elements(printer, call.args[:1])
    count = size(printer.value(call.args[0]), call.args[0].type)
    first = f"coalesce({printer.number(call.args[1])}, 1)"
    start = f"(CASE WHEN {first} < 0 THEN {count} + 1 + ({first}) ELSE {first} END)"
    kept = f"{first} <> 0 AND {elements.place} >= {start}"
    if len(call.args) > 2 and call.args[2].type != NULL:
        length = printer.number(call.args[2])
        end = f"(CASE WHEN {length} < 0 THEN {count} + 1 + ({length}) ELSE {start} + {length} END)"
        kept += f" AND {elements.place} < coalesce({end}, {count} + 1)"
    return elements.array(elements.items[0], elements.types[0], kept)


def _slice_of(args: list[Expr]) -> Expr | None:
    """A NULL array has no slices; of the places, NULL is the beginning and the end."""
    return Literal(None, NULL) if args[0].type == NULL else None


def _distinct(printer: Expressions, call: Call) -> str:
    """Each value once, where it stands first; NULLs left out."""
    elements = Elements(printer, call.args)
    item = elements.items[0]
    inner = f"SELECT {item} AS x, min({elements.place}) AS i {elements.from_}"
    first = f"{inner} WHERE {item} IS NOT NULL GROUP BY 1"
    return f"(SELECT {collect('d.x', elements.types[0], 'd.i')} FROM ({first}) AS d)"


def _uniq(printer: Expressions, call: Call) -> str:
    """How many different elements; of several arrays, different rows of elements."""
    elements = Elements(printer, call.args)
    rows = f"ROW({', '.join(elements.items)})"
    return elements.select(f"count(DISTINCT {rows})")


def _compact(printer: Expressions, call: Call) -> str:
    """Without elements that equal the one before."""
    elements = Elements(printer, call.args)
    item = elements.items[0]
    before = f"lag({item}) OVER (ORDER BY {elements.place})"
    inner = f"SELECT {item} AS x, {elements.place} AS i, {before} IS NOT DISTINCT FROM {item}"
    inner += f" AND {elements.place} > 1 AS again {elements.from_}"
    return f"(SELECT {collect('d.x', elements.types[0], 'd.i')} FROM ({inner}) AS d WHERE NOT d.again)"


def _enumerate(what: str) -> Printer:
    def printed(printer: Expressions, call: Call) -> str:
        elements = Elements(printer, call.args)
        number = what.format(item=", ".join(elements.items), place=elements.place)
        inner = elements.select(f"{number} AS n, {elements.place} AS i")
        return f"(SELECT {collect('d.n', UINT32, 'd.i')} FROM {inner} AS d)"

    return printed


def _zip(printer: Expressions, call: Call) -> str:
    elements = Elements(printer, call.args)
    parts = [to_json(text, type_) for text, type_ in zip(elements.items, elements.types, strict=True)]
    return elements.array(f"jsonb_build_array({', '.join(parts)})", call.type.item)


def _flatten_type(types: list[Type]) -> Type:
    item = types[0].item
    while item.is_array:
        item = item.item
    return array(item)


def _flatten(printer: Expressions, call: Call) -> str:
    values = call.args[0]
    if not values.type.item.is_array:
        return printer.value(values)
    elements = Elements(printer, (values,))
    inner = values.type.item
    rows = source([(elements.items[0], inner)])
    name = "f"
    deep = from_json("f.x", inner.item) if is_json(inner) else "f.x"
    ordered = collect(deep, inner.item, f"{elements.place}, f.i")
    return f"(SELECT {ordered} {elements.from_} CROSS JOIN LATERAL {rows} AS {name}(x, i))"


def _flat(args: list[Expr]) -> Expr | None:
    """More than two levels: the inner one first."""
    value = args[0]
    while value.type.item.is_array and value.type.item.item.is_array:
        value = Call("arrayFlatten", (value,), array(value.type.item.item))
    return None if value is args[0] else Call("arrayFlatten", (value,), _flatten_type([value.type]))


def _resize(printer: Expressions, call: Call) -> str:
    """arrayResize(a, n[, filler]); a negative n fills at the start."""
    values, count = call.args[0], printer.number(call.args[1])
    item = call.type.item
    filler = (
        printer.as_type(call.args[2], item)
        if len(call.args) > 2
        else ("NULL" if item.nullable else zero(item))
    )
    text = printer.as_type(values, call.type)
    own = size(text, call.type)
    wide = f"generate_series(1, abs({count}) / (CASE WHEN abs({count}) <= {MOST} THEN 1 ELSE 0 END)) AS g"
    place = f"(CASE WHEN {count} >= 0 THEN g ELSE g + {own} - abs({count}) END)::integer"
    found = f"({text})[{place}]" if not is_json(call.type) else from_json(f"({text} -> ({place} - 1))", item)
    value = f"CASE WHEN {place} BETWEEN 1 AND {own} THEN {found} ELSE {filler} END"
    return f"(SELECT {collect(value, item, 'g')} FROM {wide})"


def _rotated(printer: Expressions, call: Call) -> str:
    elements = Elements(printer, call.args[:1])
    count = size(printer.value(call.args[0]), call.args[0].type)
    by = printer.number(call.args[1])
    sign = "-" if call.name == "arrayRotateLeft" else "+"
    order = f"mod(mod({elements.place} - 1 {sign} ({by}), {count}) + {count}, {count})"
    return elements.array(elements.items[0], elements.types[0], order=order)


def _same_array(types: list[Type]) -> Type:
    return types[0]


def _without_null(types: list[Type]) -> Type:
    return array(types[0].item.required())


def _pushed(types: list[Type]) -> Type:
    return merged([types[0], of_items([types[1]])])


def _resized(types: list[Type]) -> Type:
    return types[0] if len(types) < 3 else merged([types[0], of_items([types[2]])])


ROWS = [
    Function(
        "reverse of arrays",
        "array",
        _same_array,
        _kept("true", "{place} DESC"),
        "from the last to the first",
        clickhouse="reverse({0})",
    ),
    Function(
        "concat of arrays",
        "array array+",
        merged,
        _concat,
        "arrays one after another",
        clickhouse="concat({*})",
    ),
    Function("arrayConcat", "array+", merged, _concat, "arrays one after another"),
    Function("arrayPushBack", "array any", _pushed, _push(front=False), "with b at the end", strict=False),
    Function("arrayPushFront", "array any", _pushed, _push(front=True), "with b at the start", strict=False),
    Function("arrayPopBack", "array", _same_array, _kept("{place} < {size}"), "without the last"),
    Function("arrayPopFront", "array", _same_array, _kept("{place} > 1"), "without the first"),
    Function(
        "arraySlice",
        "array int [int]",
        _same_array,
        _slice,
        "from place b, c elements; negative: from the end",
        strict=False,
        rewrite=_slice_of,
    ),
    Function(
        "arrayReverse", "array", _same_array, _kept("true", "{place} DESC"), "from the last to the first"
    ),
    Function("arrayResize", "array int [any]", _resized, _resize, "of length n, filled up", strict=False),
    Function("arrayDistinct", "array", _without_null, _distinct, "each value once"),
    Function("arrayUniq", "array+", UINT32, _uniq, "how many different elements"),
    Function("arrayCompact", "array", _same_array, _compact, "without repeats of the element before"),
    Function("arrayEnumerate", "array", array(UINT32), _enumerate("{place}"), "1, 2, 3 …"),
    Function(
        "arrayEnumerateUniq",
        "array+",
        array(UINT32),
        _enumerate("row_number() OVER (PARTITION BY {item} ORDER BY {place})"),
        "how often each element has come so far",
    ),
    Function(
        "arrayZip",
        "array+",
        lambda t: array(tuple_of(*(type_.item for type_ in t))),
        _zip,
        "tuples of the elements at each place",
    ),
    Function(
        "arrayFlatten",
        "array",
        _flatten_type,
        _flatten,
        "one array of all inner ones",
        rewrite=_flat,
        aliases=("flatten",),
        any_case=("flatten",),
    ),
    Function("arrayRotateLeft", "array int", _same_array, _rotated, "turned n places to the left"),
    Function("arrayRotateRight", "array int", _same_array, _rotated, "turned n places to the right"),
]
