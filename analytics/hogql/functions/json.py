"""JSON: what stands at keys and places in `properties`, or in any text that is JSON.

Read as PostgreSQL's json, which keeps a text's order and spelling. `properties` lie as jsonb: there the keys
of an object come sorted by length and letters, and a number written 1e3 is 1000.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.to_number import limits
from analytics.hogql.print_call import sql_type, zero
from analytics.hogql.tree import Call, Column, Expr, Literal, Property
from analytics.hogql.type_names import parse_type
from analytics.hogql.types import FLOAT64, INT64, JSON, STRING, UINT8, UINT64, Type, array, tuple_of

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

PAIRS = array(tuple_of(STRING, STRING))
MOST_KEYS = 32
JSON_TYPES = ("Null", "String", "Array", "Bool", "Double", "Int64", "UInt64", "Object")  # as they are sorted
_STEP = re.compile(r"\.(\w+)|\[(\d{1,9})\]|\[\"([^\"\\]*)\"\]|\.\"([^\"\\]*)\"")


def _own_property(args: list[Expr]) -> list[Expr]:
    """A constant first key of `properties` reads that property alone."""
    if (
        len(args) > 1
        and isinstance(args[0], Column)
        and args[0].name == "properties"
        and isinstance(args[1], Literal)
        and isinstance(args[1].value, str)
    ):
        return [Property(args[0].source, (args[1].value,), JSON), *args[2:]]
    return args


def at(printer: Expressions, source: Expr, path: Sequence[Expr]) -> str:
    """The json at keys (text) and places (from 1; negative from the end); NULL if there is none."""
    text = printer.value(source)
    text = f"({text})::json" if source.type == JSON else f"hogql_json({text})"
    for step in path:
        if step.type.name == "String":
            text = f"({text} -> {printer.value(step)})"
        else:
            text = f"hogql_json_at({text}, ({printer.number(step)})::bigint)"
    return text


def _read(text: str, target: Type, *, loose: bool = False) -> str:
    """The json as a type; NULL if it is none. `loose`, in JSONExtract: true is 1, and Bool a UInt8."""
    if target.name == "String":
        return f"hogql_json_string({text})"
    if target.name == "Bool":
        return f"(hogql_json_integer({text}, 0, 255, true) <> 0)" if loose else f"hogql_json_bool({text})"
    if target.is_float:
        value = f"hogql_json_float({text}, {str(loose).lower()})"
        return f"hogql_single({value})" if target.name == "Float32" else value
    low, high = limits(target)
    return f"hogql_json_integer({text}, {low}, {high}, {str(loose).lower()})"


def _known(printer: Expressions, call: Call, text: str) -> str:
    """NULL where the whole JSON is NULL: elsewhere nothing is."""
    source = call.args[0]
    return (
        f"(CASE WHEN {printer.value(source)} IS NOT NULL THEN {text} END)" if source.type.nullable else text
    )


def _value(printer: Expressions, call: Call) -> str:
    target = call.type.required()
    kind = Type("Bool") if call.name == "JSONExtractBool" else target
    text = f"coalesce({_read(at(printer, call.args[0], list(call.args[1:])), kind)}, {zero(kind)})"
    return _known(printer, call, f"({text})::integer" if kind.name == "Bool" else text)


def _raw(printer: Expressions, call: Call) -> str:
    text = f"coalesce(hogql_json_raw({at(printer, call.args[0], list(call.args[1:]))}), '')"
    return _known(printer, call, text)


def _has(printer: Expressions, call: Call) -> str:
    return _known(printer, call, f"({at(printer, call.args[0], list(call.args[1:]))} IS NOT NULL)")


def _sized(printer: Expressions, call: Call) -> str:
    sql = {"JSONLength": "length", "JSONType": "type", "JSONExtractKeys": "keys"}.get(call.name, "items")
    return _known(printer, call, f"hogql_json_{sql}({at(printer, call.args[0], list(call.args[1:]))})")


def _pairs(printer: Expressions, call: Call) -> str:
    typed = call.name == "JSONExtractKeysAndValues"
    text = at(printer, call.args[0], list(call.args[1 : len(call.args) - typed]))
    kind = call.type.item.items[1]
    value = "hogql_json_raw(value)"
    if typed:
        value = _read("value", kind, loose=True)
        value = value if kind.nullable else f"coalesce({value}, {zero(kind)})"
    pairs = f"jsonb_agg(jsonb_build_array(key, {value}) ORDER BY n)"
    return _known(
        printer,
        call,
        f"(SELECT coalesce({pairs}, '[]'::jsonb)"
        f" FROM ROWS FROM (json_each(hogql_json_object({text}))) WITH ORDINALITY AS pair(key, value, n))",
    )


def _extract(printer: Expressions, call: Call) -> str:
    """JSONExtract: of an array each item as its type."""
    text, type_ = at(printer, call.args[0], list(call.args[1:-1])), call.type
    item = type_.item if type_.is_array else type_
    value = _read("value" if type_.is_array else text, item, loose=True)
    value = value if item.nullable else f"coalesce({value}, {zero(item)})"
    if type_.is_array:
        items = f"ROWS FROM (json_array_elements(hogql_json_array({text}))) WITH ORDINALITY AS item(value, n)"
        none = f"'{{}}'::{sql_type(type_)}"
        value = f"(SELECT coalesce(array_agg({value} ORDER BY n), {none}) FROM {items})"
    return value


def _check_path(args: list[Expr]) -> None:
    if len(args) > MOST_KEYS:
        raise ArgumentError(f"A path has at most {MOST_KEYS} keys.", "Read a deeper value in two steps.")
    if any(step.type.name != "String" and not step.type.is_integer for step in args[1:]):
        raise ArgumentError("Keys are text, places whole numbers from 1.", "JSONExtractString(x, 'a', 1).")


def _typed(name: str, args: list[Expr]) -> Expr:
    """JSONExtract(x, keys…, 'Type') and JSONExtractKeysAndValues(x, keys…, 'Type')."""
    named = args[-1].value if isinstance(args[-1], Literal) else None
    type_ = parse_type(named) if isinstance(named, str) else None
    item = type_.item if type_ is not None and type_.is_array and name == "JSONExtract" else type_
    if type_ is None or item is None or item.items or not (item.is_number or item.name == "String"):
        hint = "String, Bool, Int64, Float64 …, Nullable(…) and Array(…) of these."
        raise ArgumentError(f"`{name}` ends with a type, in quotes.", hint)
    path = args[:-1]
    _check_path(path)
    if path[0].type.nullable:
        raise ArgumentError(f"`{name}` does not take NULL.", "Use ifNull(x, '').")
    result = array(tuple_of(STRING, type_)) if name == "JSONExtractKeysAndValues" else type_
    return Call(name, (*_own_property(path), args[-1]), result)


def _narrowed(row: Function) -> Function:
    """The row, reading one property only where it can."""

    def rewrite(args: list[Expr]) -> Expr | None:
        _check_path(args)
        narrow = _own_property(args)
        if narrow is args:
            return None
        return Call(row.name, tuple(narrow), row.result([arg.type for arg in narrow]))

    return replace(row, rewrite=rewrite)


def _plain(name: str, type_: Type, doc: str, sql: object = _value, *, condition: bool = False) -> Function:
    postgres = sql if callable(sql) else _value
    return _narrowed(Function(name, "text|json any*", type_, postgres, doc, condition=condition))


def _path_of(args: list[Expr]) -> list[Expr]:
    """The steps of '$.a.b[0]'. Anything more is refused."""
    text = args[1].value if isinstance(args[1], Literal) else None
    if not isinstance(text, str) or not text.startswith("$"):
        raise ArgumentError("A path starts with `$`.", "For example '$.plan.name'.")
    place, steps = 1, list[Expr]()
    while place < len(text):
        step = _STEP.match(text, place)
        if step is None or len(steps) == MOST_KEYS:
            raise ArgumentError("Paths here have keys and places only.", "For example '$.items[0].name'.")
        place = step.end()
        key = step[1] or step[3] or step[4]
        steps.append(Literal(int(step[2]) + 1, INT64) if step[2] else Literal(key or "", STRING))
    return steps


def _by_path(name: str, type_: Type, doc: str) -> Function:
    def sql(printer: Expressions, call: Call) -> str:
        text = at(printer, call.args[0], _path_of(list(call.args)))
        if name == "JSON_EXISTS":
            return _known(printer, call, f"({text} IS NOT NULL)")
        return _known(printer, call, f"hogql_{name.lower()}({text})")

    def rewrite(args: list[Expr]) -> None:
        _path_of(args)

    return Function(name, "text const", type_, sql, doc, condition=type_ == UINT8, rewrite=rewrite)


def _as_json(printer: Expressions, call: Call) -> str:
    arg = call.args[0]
    text, kind = printer.value(arg), arg.type.required()
    if kind.is_float:
        return f"hogql_number_text(({text})::text)"
    if kind.name in {"String", "UUID", "Date"} or kind == array(STRING):
        return f"replace(to_json({text})::text, '/', '\\/')"
    return f"to_json(({text})::{sql_type(kind)})::text"


def _writable(args: list[Expr]) -> None:
    kind = args[0].type.required()
    kind = kind.item if kind.is_array else kind
    if kind.items or kind.is_moment or (args[0].type.is_array and kind.is_float):
        raise ArgumentError(f"`toJSONString` does not take {args[0].type}.", "Use toString of its parts.")


def _refused(name: str, instead: str) -> Function:
    def refuse(args: list[Expr]) -> None:
        message = f"`{name}` searches the text as it was sent, which is not kept."
        raise ArgumentError(message, f"Use {instead}(properties, 'key').")

    return Function(name, "text const", STRING, "", f"refused: use {instead}", rewrite=refuse)


SIMPLE = ("String", "Int", "UInt", "Float", "Bool", "Raw")
ROWS = [
    _plain("JSONExtractString", STRING, "the text there; ''"),
    _plain("JSONExtractInt", INT64, "the whole number there; 0"),
    _plain("JSONExtractUInt", UINT64, "the whole number there, not negative; 0"),
    _plain("JSONExtractFloat", FLOAT64, "the number there; 0"),
    _plain("JSONExtractBool", UINT8, "is true there; 0"),
    _plain("JSONExtractRaw", STRING, "the JSON there, without spaces; ''", _raw),
    _plain("JSONHas", UINT8, "is there something?", _has, condition=True),
    _plain("JSONLength", UINT64, "how many items or keys there are", _sized),
    _plain("JSONType", STRING, "Null, String, Bool, Int64, UInt64, Double, Array or Object", _sized),
    _plain("JSONExtractKeys", array(STRING), "the keys there", _sized),
    _plain("JSONExtractArrayRaw", array(STRING), "the items there, each as JSON", _sized),
    _plain("JSONExtractKeysAndValuesRaw", PAIRS, "the keys and their JSON", _pairs),
    Function(
        "JSONExtract",
        "text|json any+",
        STRING,
        _extract,
        "what is there, as the type named at the end",
        rewrite=lambda args: _typed("JSONExtract", args),
    ),
    Function(
        "JSONExtractKeysAndValues",
        "text|json any+",
        PAIRS,
        _pairs,
        "the keys and their values, as the type named at the end",
        rewrite=lambda args: _typed("JSONExtractKeysAndValues", args),
    ),
    Function("isValidJSON", "text", UINT8, "pg_input_is_valid({0}, 'json')", "is it JSON?", condition=True),
    Function(
        "JSONArrayLength",
        "text",
        UINT64.or_null(),
        "json_array_length(hogql_json_array(hogql_json({0})))",
        "how many items an array has",
        aliases=("JSON_ARRAY_LENGTH",),
        any_case=("JSON_ARRAY_LENGTH",),
    ),
    _by_path("JSON_VALUE", STRING, "the plain value at '$.a.b[0]'; ''"),
    _by_path("JSON_EXISTS", UINT8, "is there something at '$.a.b[0]'?"),
    _by_path("JSON_QUERY", STRING, "what is at '$.a.b[0]', in brackets; ''"),
    Function("toJSONString", "any", STRING, _as_json, "as JSON", rewrite=_writable),
    *(_refused(f"simpleJSONExtract{kind}", f"JSONExtract{kind}") for kind in SIMPLE),
    *(_refused(f"visitParamExtract{kind}", f"JSONExtract{kind}") for kind in SIMPLE),
    _refused("simpleJSONHas", "JSONHas"),
    _refused("visitParamHas", "JSONHas"),
]
