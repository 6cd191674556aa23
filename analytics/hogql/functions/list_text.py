"""Arrays and tuples as text, as ClickHouse writes them: ['a',NULL], (1,'x')."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.convert import to_text
from analytics.hogql.functions.row import Function
from analytics.hogql.print_array import Elements, from_json
from analytics.hogql.tree import Call, Column, Expr
from analytics.hogql.types import STRING, Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

ALIAS = "\0part"  # a source for the parts, which no query can name
_CONTROLS = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r"}


def _written(printer: Expressions, expr: Expr) -> str:
    """One value inside a list: text and times in quotes, NULL as such."""
    type_ = expr.type
    if type_.items:
        return list_text(printer, expr)
    text = to_text(printer, expr, "")
    if type_.name == "String":
        text = _escaped(text)
    if type_.name in {"String", "UUID"} or type_.is_time:
        text = f"'''' || {text} || ''''"
    return f"coalesce({text}, 'NULL')" if type_.nullable else f"({text})"


def _escaped(text: str) -> str:
    text = rf"replace(replace({text}, '\', '\\'), '''', '\''')"
    for code, letter in _CONTROLS.items():
        text = rf"replace({text}, chr({code}), '\{letter}')"
    return text


def _part(printer: Expressions, text: str, type_: Type) -> str:
    """A printed value written out."""
    printer.lambdas.append((ALIAS, [text]))
    try:
        return _written(printer, Column(ALIAS, "x0", type_))
    finally:
        printer.lambdas.pop()


def list_text(printer: Expressions, expr: Expr) -> str:
    """An array or a tuple as one text."""
    if expr.type.is_array:
        elements = Elements(printer, (expr,))
        part = _part(printer, elements.items[0], expr.type.item)
        joined = f"coalesce(string_agg({part}, ',' ORDER BY {elements.place}), '')"
        return f"('[' || {elements.select(joined)} || ']')"
    value = printer.value(expr)
    parts = [
        _part(printer, from_json(f"({value} -> {place})", item), item)
        for place, item in enumerate(expr.type.items)
    ]
    return f"('(' || {' || chr(44) || '.join(parts)} || ')')"


def _printed(printer: Expressions, call: Call) -> str:
    return list_text(printer, call.args[0])


ROWS = [
    Function(
        "toString of arrays",
        "array|tuple",
        STRING,
        _printed,
        "as ClickHouse writes it: ['a',NULL]",
        clickhouse="toString({0})",
    )
]
