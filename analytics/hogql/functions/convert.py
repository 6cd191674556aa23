"""From one type to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import Function
from analytics.hogql.tree import Call
from analytics.hogql.types import BOOL, DATE, DATETIME, FLOAT64, INT64, STRING

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


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


ROWS = [
    # Conversions
    Function("toString", "any", STRING, _text, "as text"),
    Function(
        "toInt",
        "any",
        lambda t: INT64.or_null(t[0].name == "String"),
        _number,
        "a whole number, or NULL",
        aliases=("toInt64",),
    ),
    Function(
        "toFloat",
        "any",
        lambda t: FLOAT64.or_null(t[0].name == "String"),
        _number,
        "a float, or NULL",
        aliases=("toFloat64",),
    ),
    Function("toBool", "bool", BOOL, "({0})", "true or false"),
    Function("toInt64OrZero", "text", INT64, "coalesce(hogql_whole({0}), 0)", "or 0"),
    Function("toInt64OrNull", "text", INT64.or_null(), "hogql_whole({0})", "or NULL"),
    Function("toFloat64OrZero", "text", FLOAT64, "coalesce(property_number({0}), 0)", "or 0"),
    Function("toFloat64OrNull", "text", FLOAT64.or_null(), "property_number({0})", "or NULL"),
    Function(
        "toDate",
        "any",
        DATE,
        _to_time,
        "the day; NULL for text that is no date",
        aliases=("date",),
        any_case=("date",),
    ),
    Function("toDateTime", "any", DATETIME, _to_time, "to the second"),
]
