"""Arrays: what is met less often."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from analytics.hogql.functions.arrays import beside, merged, of_items
from analytics.hogql.functions.higher_order import summed
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.print_array import Elements, collect, from_json, is_json, same_sizes, size
from analytics.hogql.print_call import sql_type, zero
from analytics.hogql.tree import Aggregate, Call, Column, Expr, Lambda, Literal
from analytics.hogql.types import FLOAT64, UINT8, UINT32, UINT64, Type, array, common, wider

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

REDUCED = "\0reduced"  # a source that no query can name


def _reduce(printer: Expressions, call: Call) -> str:
    """An aggregate's name, its parameters, and arrays: the aggregate of their elements, in their order."""
    name = str(call.args[0].value) if isinstance(call.args[0], Literal) else ""
    parameters = tuple(arg.value for arg in call.args[1:] if isinstance(arg, Literal))
    elements = Elements(printer, tuple(arg for arg in call.args if arg.type.is_array))
    columns = tuple(Column(REDUCED, f"x{index}", item) for index, item in enumerate(elements.types))
    *args, condition = (*columns, None) if not name.endswith("If") else columns
    aggregate = Aggregate(
        name.removesuffix("If"),
        tuple(arg for arg in args if arg is not None),
        call.type,
        condition=condition,
        parameters=cast(tuple[float | str, ...], parameters),
    )
    around, printer.place = printer.place, elements.place
    printer.lambdas.append((REDUCED, elements.items))
    try:
        return elements.select(printer.value(aggregate))
    finally:
        printer.lambdas.pop()
        printer.place = around


def _fold(printer: Expressions, call: Call) -> str:
    """arrayFold((acc, x) -> f, a, start): a walk over the places that carries the value along."""
    function, *arrays, start = call.args
    assert isinstance(function, Lambda)
    name = f"l{len(printer.lambdas)}"
    texts = [(printer.value(values), values.type) for values in arrays]
    columns = [f"{name}.a{index}" for index in range(len(arrays))]
    items = [_item_at(column, name, type_) for column, (_, type_) in zip(columns, texts, strict=True)]
    printer.lambdas.append((function.alias, [f"{name}.acc", *items]))
    body = printer.as_type(function.body, call.type)
    printer.lambdas.pop()
    cast = sql_type(call.type)
    given = ", ".join(f"{text} AS a{index}" for index, (text, _) in enumerate(texts))
    first = f"SELECT 0::bigint AS i, ({printer.as_type(start, call.type)})::{cast} AS acc, {given}"
    first += f" WHERE {same_sizes(texts)}" if len(texts) > 1 else ""
    onward = f"SELECT {name}.i + 1, ({body})::{cast}, {', '.join(columns)} FROM {name}"
    onward += f" WHERE {name}.i < {size(columns[0], texts[0][1])}"
    walk = f"WITH RECURSIVE {name} AS ({first} UNION ALL {onward})"
    return f"({walk} SELECT acc FROM {name} ORDER BY i DESC LIMIT 1)"


def _item_at(column: str, name: str, type_: Type) -> str:
    """The element that the walk has come to."""
    if is_json(type_):
        return from_json(f"({column} -> {name}.i::integer)", type_.item)
    return f"{column}[{name}.i + 1]"


def _folded(args: list[Expr]) -> Expr | None:
    function, *arrays, start = args
    if not all(values.type.is_array for values in arrays):
        hint = "For example arrayFold((acc, x) -> acc + x, [1, 2], toInt64(0))."
        raise ArgumentError("`arrayFold` takes a lambda, arrays, and the start last.", hint)
    if common([function.type, start.type]) != start.type:
        message = f"The lambda gives {function.type}, but the start is {start.type}."
        raise ArgumentError(message, "Convert the start, for example with toInt64(0).")
    return None


def _shift(printer: Expressions, call: Call) -> str:
    """Elements n places further; what comes in is the type's zero, or the third argument."""
    values, by = call.args[0], printer.number(call.args[1])
    item = call.type.item
    filler = "NULL" if item.nullable else zero(item)
    if len(call.args) > 2:
        filler = printer.as_type(call.args[2], item)
    sign = "+" if call.name == "arrayShiftLeft" else "-"
    text = printer.as_type(values, call.type)
    count = size(text, call.type)
    place = f"(g {sign} ({by}))::integer"
    found = from_json(f"({text} -> ({place} - 1))", item) if is_json(call.type) else f"({text})[{place}]"
    value = f"CASE WHEN {place} BETWEEN 1 AND {count} THEN {found} ELSE {filler} END"
    return f"(SELECT {collect(value, item, 'g')} FROM generate_series(1, {count}) AS g)"


def _shifted(types: list[Type]) -> Type:
    if types[1].nullable:
        raise ArgumentError("The number of places may be NULL.", "Use ifNull(number, 0).")
    return types[0] if len(types) < 3 else merged([types[0], of_items([types[2]])])


def _dense(printer: Expressions, call: Call) -> str:
    """Places of first appearance, counted without gaps."""
    elements = Elements(printer, call.args)
    inner = elements.select(f"ROW({', '.join(elements.items)}) AS x, {elements.place} AS i")
    first = f"SELECT i, min(i) OVER (PARTITION BY x) AS f FROM {inner} AS e"
    ranked = f"SELECT i, dense_rank() OVER (ORDER BY f) AS n FROM ({first}) AS r"
    return f"(SELECT {collect('d.n', UINT32, 'd.i')} FROM ({ranked}) AS d)"


def _non_negative(printer: Expressions, call: Call) -> str:
    """Sums so far that never fall below 0: the sum, less its lowest point so far where that is negative."""
    elements = Elements(printer, call.args)
    total = f"sum({elements.items[0]}) OVER (ORDER BY {elements.place})"
    inner = elements.select(f"{total} AS s, {elements.place} AS i")
    low = f"SELECT i, s - least(min(s) OVER (ORDER BY i), 0) AS n FROM {inner} AS t"
    cast = sql_type(call.type.item)
    return f"(SELECT {collect(f'(d.n)::{cast}', call.type.item, 'd.i')} FROM ({low}) AS d)"


def _dot(printer: Expressions, call: Call) -> str:
    elements = Elements(printer, call.args)
    products = f"sum(({elements.items[0]}) * ({elements.items[1]}))"
    return elements.select(f"coalesce({products}, 0)::{sql_type(call.type)}")


def _dot_type(types: list[Type]) -> Type:
    items = [type_.item for type_ in types]
    if not all(item.is_number and not item.nullable for item in items):
        raise ArgumentError("`arrayDotProduct` takes arrays of numbers.", "For example [1, 2] and [3, 4].")
    return wider(items)


def _jaccard(args: list[Expr]) -> Expr | None:
    """How much two sets share: the size of their intersection over that of their union."""
    both = merged([arg.type for arg in args])
    sizes = [
        Call("length of arrays", (Call(name, tuple(args), both),), UINT64)
        for name in ("arrayIntersect", "arrayUnion")
    ]
    return Call("divide", tuple(sizes), FLOAT64)


def _without(printer: Expressions, call: Call) -> str:
    values, value = call.args
    elements = Elements(printer, (values,))
    other = f"{elements.items[0]} IS DISTINCT FROM {printer.as_type(value, values.type.item)}"
    return elements.array(elements.items[0], elements.types[0], other)


def _or_null(printer: Expressions, call: Call) -> str:
    values, index = call.args
    text, place = printer.value(values), printer.number(index)
    if is_json(values.type):
        raise AssertionError("refused by its rewrite")
    at = f"(CASE WHEN ({place}) < 0 THEN cardinality({text}) + 1 + ({place}) ELSE ({place}) END)::integer"
    return f"({text})[{at}]"


def _plain(args: list[Expr]) -> Expr | None:
    if args[0].type.item.items:
        raise ArgumentError("`arrayElementOrNull` reads arrays of plain values.", "Use `array[n]`.")
    return None


def _inside(printer: Expressions, call: Call) -> str:
    """Is b a stretch of a?"""
    type_ = common([arg.type for arg in call.args]) or call.args[0].type
    whole, part = (printer.as_type(arg, type_) for arg in call.args)
    last = f"{size(whole, type_)} - {size(part, type_)}"
    stretch = f"({whole})[g + 1 : g + {size(part, type_)}] = {part}"
    return f"EXISTS (SELECT 1 FROM generate_series(0, {last}) AS g WHERE {stretch})"


def _same_plain(args: list[Expr]) -> Expr | None:
    if any(arg.type.item.items for arg in args) or common([arg.type for arg in args]) is None:
        raise ArgumentError(
            "`hasSubstr` takes two arrays of one plain type.", "Use hasAll, or arrays of numbers or texts."
        )
    return None


ROWS = [
    Function("arrayReduce", "const any+", FLOAT64, _reduce, "an aggregate of the elements"),
    Function(
        "arrayFold",
        "lambda array any+",
        lambda t: t[-1],
        _fold,
        "f(f(start, a[1]), a[2]) …",
        strict=False,
        rewrite=_folded,
    ),
    Function(
        "arrayShiftLeft", "array int [any]", _shifted, _shift, "moved n places to the left", strict=False
    ),
    Function(
        "arrayShiftRight", "array int [any]", _shifted, _shift, "moved n places to the right", strict=False
    ),
    Function("arrayEnumerateDense", "array+", array(UINT32), _dense, "the number of each different element"),
    Function(
        "arrayCumSumNonNegative",
        "array",
        lambda t: array(summed(t)),
        _non_negative,
        "sums so far, never below 0",
    ),
    Function(
        "arrayDotProduct",
        "array array",
        _dot_type,
        _dot,
        "the sum of products",
        aliases=("dotProduct", "scalarProduct"),
        any_case=("scalarProduct",),
    ),
    Function(
        "arrayJaccardIndex", "array array", FLOAT64, "", "shared elements over all elements", rewrite=_jaccard
    ),
    Function(
        "arrayRemove",
        "array any",
        beside(None, many=False),
        _without,
        "without b",
        strict=False,
        aliases=("array_remove",),
        any_case=("array_remove",),
    ),
    Function(
        "arrayElementOrNull",
        "array int",
        lambda t: t[0].item.or_null(),
        _or_null,
        "a[n], NULL where there is none",
        rewrite=_plain,
    ),
    Function(
        "hasSubstr",
        "array array",
        UINT8,
        _inside,
        "is b a stretch of a?",
        condition=True,
        rewrite=_same_plain,
    ),
]
