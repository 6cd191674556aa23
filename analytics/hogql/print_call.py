"""Calls → PostgreSQL text: templates of the function tables, and the calls whose SQL depends on types."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.hogql.tree import Call
from analytics.hogql.types import Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

SQL_TYPES = {
    "String": "text",
    "Float64": "float8",
    "Bool": "boolean",
    "Date": "date",
    "DateTime": "timestamptz",
    "DateTime64(3)": "timestamptz",
    "UUID": "uuid",
}
ZEROS = {
    "String": "''",
    "Float64": "0::float8",
    "Bool": "false",
    "Date": "'1970-01-01'::date",
    "UUID": "'00000000-0000-0000-0000-000000000000'::uuid",
}
EPOCH = "'1970-01-01 00:00:00+00'::timestamptz"
_PLACE = re.compile(r"\{(p?\d+|\*[^}]*|\d+\|[^}]*|filter|and|over)\}|\{\{|\}\}")


def sql_type(type_: Type) -> str:
    if type_.name == "Array":
        return sql_type(type_.items[0]) + "[]"
    return SQL_TYPES.get(type_.name, "bigint")


def zero(type_: Type) -> str:
    """What ClickHouse gives for a missing value of a type that is not nullable."""
    if type_.name in {"DateTime", "DateTime64(3)"}:
        return EPOCH
    if type_.name == "Array":
        return f"'{{}}'::{sql_type(type_)}"
    return ZEROS.get(type_.name, "0")


def fill(
    template: str, args: list[str], parameters: list[str] | None = None, condition: str = "", over: str = ""
) -> str:
    """Put printed arguments into a template of the function tables; `over` follows the aggregate itself."""

    def part(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        if name == "filter":
            return (f" FILTER (WHERE {condition})" if condition else "") + over
        if name == "over":
            return over
        if name == "and":
            return f" AND {condition}" if condition else ""
        if name.startswith("p"):
            return (parameters or [])[int(name[1:])]
        if name.startswith("*"):
            return (name[2:] if name.startswith("*&") else ", ").join(args)
        index, _, absent = name.partition("|")
        return args[int(index)] if int(index) < len(args) else absent

    return _PLACE.sub(part, template)


def _weighted_sum(args: list[str], condition: str) -> str:
    both = f"{args[1]} > 0" + (f" AND {condition}" if condition else "")
    return f"(sum({args[0]}) FILTER (WHERE {both}))::float8"


def _weighted_avg(args: list[str], condition: str) -> str:
    chosen = f" FILTER (WHERE {condition})" if condition else ""
    return f"((sum({args[0]}){chosen})::float8 / nullif((sum({args[1]}){chosen})::float8, 0))"


WEIGHTED = {"weighted_sum": _weighted_sum, "weighted_avg": _weighted_avg}


def _plus_minus(printer: Expressions, call: Call) -> str:
    """Numbers; times moved by an interval or a number (days for a Date, seconds else); times subtracted."""
    sign = "+" if call.name == "plus" else "-"
    left, right = call.args
    texts = printer.number(left), printer.number(right)
    if not left.type.is_time:
        return f"({texts[0]} {sign} {texts[1]})"
    if right.type.is_time:
        if left.type.name == right.type.name == "Date":
            return f"({texts[0]} - {texts[1]})::bigint"
        return f"floor(extract(epoch from ({texts[0]}::timestamptz - {texts[1]}::timestamptz)))::bigint"
    if not right.type.is_interval:
        if left.type.name == "Date":
            return f"({texts[0]} {sign} ({texts[1]})::integer)"
        return f"({texts[0]} {sign} make_interval(secs => {texts[1]}))"
    return f"({texts[0]} {sign} {texts[1]})::{sql_type(call.type)}"


def _text(printer: Expressions, call: Call) -> str:
    arg = call.args[0]
    text = printer.value(arg)
    formats = {"DateTime": "YYYY-MM-DD HH24:MI:SS", "DateTime64(3)": "YYYY-MM-DD HH24:MI:SS.MS"}
    form = formats.get(arg.type.name)
    return f"to_char({text}, '{form}')" if form else f"({text})::text"


def _number(printer: Expressions, call: Call) -> str:
    """toInt and toFloat: NULL for text that is no number; fractions are cut."""
    arg = call.args[0]
    text = printer.value(arg)
    if arg.type.is_time:
        text = f"extract(epoch from {text})"
    if arg.type.name == "String":
        return f"hogql_whole({text})" if call.name == "toInt" else f"property_number({text})"
    return f"trunc(({text})::float8)::bigint" if call.name == "toInt" else f"({text})::float8"


def _to_time(printer: Expressions, call: Call) -> str:
    """toDate and toDateTime of a time, of text (NULL if it is none), of seconds since 1970."""
    arg = call.args[0]
    text = printer.value(arg)
    if arg.type.name == "String":
        text = f"CASE WHEN pg_input_is_valid({text}, 'timestamptz') THEN ({text})::timestamptz END"
    elif arg.type.is_number:
        text = f"to_timestamp({text})"
    return f"({text})::date" if call.name == "toDate" else f"date_trunc('second', ({text})::timestamptz)"


def _weight(printer: Expressions, call: Call) -> str:
    value, calls = call.args
    return f"(CASE WHEN {printer.value(value)} IS NOT NULL THEN {printer.value(calls)} ELSE 0 END)"


SPECIAL: dict[str, Callable[[Expressions, Call], str]] = {
    "plus": _plus_minus,
    "minus": _plus_minus,
    "toString": _text,
    "toInt": _number,
    "toFloat": _number,
    "toDate": _to_time,
    "toDateTime": _to_time,
    "weight": _weight,
}
