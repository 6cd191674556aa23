"""The function table, continued: numbers, text, conversions and time beyond the everyday ones."""

from __future__ import annotations

from analytics.hogql.functions import Function
from analytics.hogql.types import (
    DATE,
    DATETIME,
    DATETIME64,
    FLOAT64,
    INT64,
    STRING,
    UINT8,
    UINT16,
    UINT64,
    Type,
)


def _same_number(types: list[Type]) -> Type:
    return FLOAT64 if types[0].required() == FLOAT64 else types[0].required()


def _float(name: str, sql: str, doc: str) -> Function:
    return Function(name, "number", FLOAT64, sql, doc)


NUMBERS = [
    Function("sign", "number", INT64, "sign({0})::bigint", "-1, 0 or 1"),
    Function("trunc", "number", _same_number, "trunc({0})", "without its fraction"),
    _float("cbrt", "cbrt({0}::float8)", "cube root"),
    _float("exp2", "power(2::float8, {0}::float8)", "2 to the power"),
    _float("exp10", "power(10::float8, {0}::float8)", "10 to the power"),
    _float("log1p", "ln(1 + {0}::float8)", "natural logarithm of 1 + x"),
    _float("sin", "sin({0}::float8)", "sine"),
    _float("cos", "cos({0}::float8)", "cosine"),
    _float("tan", "tan({0}::float8)", "tangent"),
    _float("asin", "asin({0}::float8)", "arc sine"),
    _float("acos", "acos({0}::float8)", "arc cosine"),
    _float("atan", "atan({0}::float8)", "arc tangent"),
    _float("degrees", "degrees({0}::float8)", "radians as degrees"),
    _float("radians", "radians({0}::float8)", "degrees as radians"),
    Function("pi", "", FLOAT64, "pi()", "3.14159…"),
    Function("e", "", FLOAT64, "exp(1::float8)", "2.71828…"),
    Function("gcd", "int int", UINT64, "gcd({0}, {1})", "greatest common divisor"),
    Function("lcm", "int int", UINT64, "lcm({0}, {1})", "least common multiple"),
    Function("isNaN", "number", UINT8, "({0}::float8 = 'NaN'::float8)", "is it no number?"),
    Function("isFinite", "number", UINT8, "(abs({0}::float8) < 'Infinity'::float8)", "is it finite?"),
    Function("isInfinite", "number", UINT8, "(abs({0}::float8) = 'Infinity'::float8)", "is it infinite?"),
    Function("intDivOrZero", "int int", INT64, "coalesce({0} / nullif({1}, 0), 0)", "intDiv; 0 for x/0"),
    Function(
        "moduloOrZero", "int int", INT64, "coalesce(mod({0}, nullif({1}, 0)), 0)", "modulo; 0 for x % 0"
    ),
    Function("bitAnd", "int int", UINT64, "({0} & {1})", "bitwise and"),
    Function("bitOr", "int int", UINT64, "({0} | {1})", "bitwise or"),
    Function("bitXor", "int int", UINT64, "({0} # {1})", "bitwise exclusive or"),
    Function("xor", "bool bool", UINT8, "({0} <> {1})", "exactly one true"),
]

TEXT = [
    Function("lowerUTF8", "text", STRING, "lower({0})", "all letters small"),
    Function("upperUTF8", "text", STRING, "upper({0})", "all letters capital"),
    Function("reverseUTF8", "text", STRING, "reverse({0})", "from the last character to the first"),
    Function(
        "substringUTF8",
        "text int [int]",
        STRING,
        "hogql_substring({0}, {1}, {2|2147483647})",
        "characters from position b (from 1; negative: from the end), c of them",
    ),
    Function(
        "substring",
        "text int [int]",
        STRING,
        "hogql_substring_bytes({0}, {1}, {2|2147483647})",
        "bytes from position b (from 1; negative: from the end), c of them",
    ),
    Function("left", "text int", STRING, "hogql_left({0}, {1})", "the first n bytes; all but -n of them"),
    Function("right", "text int", STRING, "hogql_right({0}, {1})", "the last n bytes; all but -n of them"),
    Function("leftUTF8", "text int", STRING, "left({0}, ({1})::integer)", "the first n characters"),
    Function("rightUTF8", "text int", STRING, "right({0}, ({1})::integer)", "the last n characters"),
    Function("trimLeft", "text", STRING, "ltrim({0})", "without spaces at the start"),
    Function("trimRight", "text", STRING, "rtrim({0})", "without spaces at the end"),
    Function(
        "leftPadUTF8",
        "text int [text]",
        STRING,
        "lpad({0}, ({1})::integer, {2|' '})",
        "filled up at the start",
    ),
    Function(
        "rightPadUTF8",
        "text int [text]",
        STRING,
        "rpad({0}, ({1})::integer, {2|' '})",
        "filled up at the end",
    ),
    Function(
        "replaceOne", "text text text", STRING, "hogql_replace_one({0}, {1}, {2})", "the first b in a by c"
    ),
    Function(
        "positionUTF8", "text text", UINT64, "position({1} in {0})::bigint", "where b starts, in characters"
    ),
    Function(
        "positionCaseInsensitive",
        "text text",
        UINT64,
        'position(lower({1} COLLATE "C") in lower({0} COLLATE "C"))::bigint',
        "where b starts in a, in any case of ASCII letters",
    ),
    Function("notLike", "text text", UINT8, "({0} NOT LIKE {1})", "not like"),
    Function("notILike", "text text", UINT8, "({0} NOT ILIKE {1})", "not like, in any case"),
    Function(
        "splitByString",
        "text text",
        Type("Array", items=(STRING,)),
        "CASE WHEN {1} = '' THEN ARRAY[''] ELSE string_to_array({1}, {0}) END",
        "parts of b",
    ),
    Function("hex", "text", STRING, "upper(encode(convert_to({0}, 'UTF8'), 'hex'))", "bytes as hexadecimal"),
    Function(
        "base64Encode",
        "text",
        STRING,
        "translate(encode(convert_to({0}, 'UTF8'), 'base64'), chr(10), '')",
        "bytes as base64",
    ),
]

CONVERSIONS = [
    Function("toInt64OrZero", "text", INT64, "coalesce(hogql_whole({0}), 0)", "or 0"),
    Function("toInt64OrNull", "text", INT64.or_null(), "hogql_whole({0})", "or NULL"),
    Function("toFloat64OrZero", "text", FLOAT64, "coalesce(property_number({0}), 0)", "or 0"),
    Function("toFloat64OrNull", "text", FLOAT64.or_null(), "property_number({0})", "or NULL"),
]

_SPANS = [("Five", 5), ("Ten", 10), ("Fifteen", 15)]
TIME = [
    *(
        Function(
            f"toStartOf{word}Minutes",
            "time",
            DATETIME,
            f"date_bin(make_interval(mins => {minutes}), {{0}}, '1970-01-01 00:00:00+00'::timestamptz)",
            f"to {minutes} minutes",
        )
        for word, minutes in _SPANS
    ),
    Function(
        "toLastDayOfMonth",
        "time",
        DATE,
        "(date_trunc('month', {0}) + '1 month - 1 day'::interval)::date",
        "its last day",
    ),
    Function(
        "toDaysSinceYearZero", "time", UINT64, "(({0})::date - '0001-01-01'::date + 366)::bigint", "days"
    ),
    Function("toMillisecond", "time", UINT16, "(extract(milliseconds from {0})::bigint % 1000)", "0 to 999"),
    Function(
        "toUnixTimestamp64Milli",
        "time",
        INT64,
        "floor(extract(epoch from {0}) * 1000)::bigint",
        "milliseconds since 1970",
    ),
    Function("fromUnixTimestamp", "int", DATETIME, "to_timestamp({0})", "the time of seconds since 1970"),
    Function(
        "fromUnixTimestamp64Milli",
        "int",
        DATETIME64,
        "to_timestamp({0} / 1000.0)",
        "the time of milliseconds",
    ),
    Function("age", "unit time time", INT64, "hogql_age({0}, {1}, {2})", "whole units from b to c"),
    Function("monthName", "time", STRING, "to_char({0}, 'FMMonth')", "January …"),
]

MORE = [*NUMBERS, *TEXT, *CONVERSIONS, *TIME]
