"""The function table: every scalar function and operator HogQL has, what it takes, gives, and is in SQL.

A row's `takes` is a small language: kinds separated by spaces, `[kind]` optional, `kind+` one or more.
Kinds: text, number, int, time, date, bool, interval, any, unit (a literal such as 'day').
`{0}`, `{1}` … in a template are the printed arguments, `{1|x}` is x where that argument is absent, `{*}` all
of them with commas, `{*& AND }` all of them with that between.
"""

from __future__ import annotations

from analytics.hogql.function_table_more import MORE
from analytics.hogql.functions import Function
from analytics.hogql.types import (
    BOOL,
    DATE,
    DATETIME,
    DATETIME64,
    FLOAT64,
    INT64,
    STRING,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    Type,
    common,
    interval,
)


def _same(types: list[Type]) -> Type:
    return common(types) or types[0]


def _first(types: list[Type]) -> Type:
    return types[0].required()


def _branches(types: list[Type]) -> Type:
    return common(types[1:]) or types[1]


def _sum_of(types: list[Type]) -> Type:
    """+ and *: time moved by an interval or a number keeps its type; else the wider number."""
    for type_ in types:
        if type_.is_time:
            return _moved(types)
    return _number(types, signed=False)


def _moved(types: list[Type]) -> Type:
    """A time keeps its type, but a Date moved by less than days becomes a DateTime."""
    finer = {interval(unit) for unit in ("second", "minute", "hour")}
    return DATETIME if types[0].required() == DATE and types[1].required() in finer else types[0].required()


def _difference(types: list[Type]) -> Type:
    if types[0].is_time and types[1].is_time:
        return INT64
    if types[0].is_time:
        return _moved(types)
    return _number(types, signed=True)


def _number(types: list[Type], *, signed: bool) -> Type:
    if any(type_.required() == FLOAT64 for type_ in types):
        return FLOAT64
    return INT64 if signed or any(type_.name.startswith("Int") for type_ in types) else UINT64


def _signed(types: list[Type]) -> Type:
    return FLOAT64 if types[0].required() == FLOAT64 else INT64


def _magnitude(types: list[Type]) -> Type:
    return FLOAT64 if types[0].required() == FLOAT64 else UINT64


def _rounded(types: list[Type]) -> Type:
    return FLOAT64 if types[0].required() == FLOAT64 else types[0].required()


_ROWS = [
    # Arithmetic
    Function(
        "plus", "any any", _sum_of, "({0} + {1})", "a + b; a Date plus a number is days, a DateTime seconds"
    ),
    Function("minus", "any any", _difference, "({0} - {1})", "a - b"),
    Function("multiply", "number number", lambda t: _number(t, signed=False), "({0} * {1})", "a * b"),
    Function(
        "divide", "number number", FLOAT64, "hogql_divide({0}, {1})", "a / b as a float; x/0 is infinite"
    ),
    Function(
        "intDiv",
        "int int",
        lambda t: _number(t, signed=False),
        "div({0}, {1})::bigint",
        "a / b cut to a whole number",
    ),
    Function(
        "modulo",
        "int int",
        lambda t: _number(t, signed=False),
        "mod({0}, {1})",
        "the rest; its sign is the dividend's",
    ),
    Function("negate", "number", _signed, "(- {0})", "-a"),
    Function("abs", "number", _magnitude, "abs({0})", "the value without its sign"),
    Function("floor", "number", _rounded, "floor({0})", "the next lower whole number"),
    Function("ceil", "number", _rounded, "ceil({0})", "the next higher whole number"),
    Function("round", "number [int]", _rounded, "hogql_round({0}, {1|0})", "to n digits, half to even"),
    Function("sqrt", "number", FLOAT64, "sqrt({0}::float8)", "square root"),
    Function("exp", "number", FLOAT64, "exp({0}::float8)", "e to the power"),
    Function("log", "number", FLOAT64, "ln({0}::float8)", "natural logarithm"),
    Function("log2", "number", FLOAT64, "(ln({0}::float8) / ln(2::float8))", "logarithm to base 2"),
    Function("log10", "number", FLOAT64, "log({0}::float8)", "logarithm to base 10"),
    Function("pow", "number number", FLOAT64, "power({0}::float8, {1}::float8)", "a to the power b"),
    Function("greatest", "any+", _same, "greatest({*})", "the greatest", strict=False),
    Function("least", "any+", _same, "least({*})", "the least", strict=False),
    # Logic
    Function("and", "bool+", UINT8, "({*& AND })", "all true"),
    Function("or", "bool+", UINT8, "({*& OR })", "any true"),
    Function("not", "bool", UINT8, "(NOT {0})", "true becomes false"),
    Function("isNull", "any", UINT8, "({0} IS NULL)", "is it NULL?", strict=False),
    Function("isNotNull", "any", UINT8, "({0} IS NOT NULL)", "is it not NULL?", strict=False),
    Function("like", "text text", UINT8, "({0} LIKE {1})", "text like a pattern of % and _"),
    Function("ilike", "text text", UINT8, "({0} ILIKE {1})", "like, in any case"),
    # Conditionals
    Function("coalesce", "any+", _same, "coalesce({*})", "the first that is not NULL", strict=False),
    Function(
        "ifNull", "any any", _same, "coalesce({0}, {1})", "the second if the first is NULL", strict=False
    ),
    Function(
        "nullIf",
        "any any",
        lambda t: t[0].or_null(),
        "nullif({0}, {1})",
        "NULL if both are equal",
        strict=False,
    ),
    Function("assumeNotNull", "any", _first, "{0}", "the same, said not to be NULL", strict=False),
    Function(
        "toNullable", "any", lambda t: t[0].or_null(), "{0}", "the same, said to be nullable", strict=False
    ),
    # Text
    Function("lower", "text", STRING, 'lower({0} COLLATE "C")', "ASCII letters small"),
    Function("upper", "text", STRING, 'upper({0} COLLATE "C")', "ASCII letters capital"),
    Function("length", "text", UINT64, "octet_length({0})::bigint", "number of bytes"),
    Function("lengthUTF8", "text", UINT64, "char_length({0})::bigint", "number of characters"),
    Function("empty", "text", UINT8, "({0} = '')", "is it ''?"),
    Function("notEmpty", "text", UINT8, "({0} <> '')", "is it not ''?"),
    Function("trim", "text", STRING, "btrim({0})", "without spaces at both ends"),
    Function("concat", "any+", STRING, "concat({*})", "texts joined; NULL is read as ''", strict=False),
    Function("startsWith", "text text", UINT8, "starts_with({0}, {1})", "does it start with b?"),
    Function("endsWith", "text text", UINT8, "(right({0}, char_length({1})) = {1})", "does it end with b?"),
    Function(
        "position",
        "text text",
        UINT64,
        "position({1} in {0})::bigint",
        "where b starts in a, from 1; 0: nowhere",
    ),
    Function("replaceAll", "text text text", STRING, "replace({0}, {1}, {2})", "every b in a by c"),
    Function(
        "splitByChar",
        "text text",
        Type("Array", items=(STRING,)),
        "CASE WHEN {1} = '' THEN ARRAY[''] ELSE string_to_array({1}, {0}) END",
        "parts of b",
    ),
    # Conversions
    Function("toString", "any", STRING, "hogql_text({0})", "as text"),
    Function(
        "toInt",
        "any",
        lambda t: INT64.or_null(t[0].name == "String"),
        "hogql_int({0})",
        "a whole number, or NULL",
    ),
    Function(
        "toFloat",
        "any",
        lambda t: FLOAT64.or_null(t[0].name == "String"),
        "hogql_float({0})",
        "a float, or NULL",
    ),
    Function("toBool", "bool", BOOL, "({0})", "true or false"),
    # Time: parts
    Function("toYear", "time", UINT16, "extract(year from {0})::bigint", "the year"),
    Function("toQuarter", "time", UINT8, "extract(quarter from {0})::bigint", "quarter, 1 to 4"),
    Function("toMonth", "time", UINT8, "extract(month from {0})::bigint", "month, 1 to 12"),
    Function("toDayOfMonth", "time", UINT8, "extract(day from {0})::bigint", "day of the month"),
    Function("toDayOfYear", "time", UINT16, "extract(doy from {0})::bigint", "day of the year"),
    Function("toDayOfWeek", "time", UINT8, "extract(isodow from {0})::bigint", "1 is Monday, 7 Sunday"),
    Function("toISOWeek", "time", UINT8, "extract(week from {0})::bigint", "ISO week"),
    Function("toISOYear", "time", UINT16, "extract(isoyear from {0})::bigint", "ISO year"),
    Function("toHour", "time", UINT8, "extract(hour from {0})::bigint", "hour, 0 to 23"),
    Function("toMinute", "time", UINT8, "extract(minute from {0})::bigint", "minute"),
    Function("toSecond", "time", UINT8, "floor(extract(second from {0}))::bigint", "second"),
    Function(
        "toUnixTimestamp", "time", UINT32, "floor(extract(epoch from {0}))::bigint", "seconds since 1970"
    ),
    Function("toYYYYMM", "time", UINT32, "to_char({0}, 'YYYYMM')::bigint", "202611"),
    Function("toYYYYMMDD", "time", UINT32, "to_char({0}, 'YYYYMMDD')::bigint", "20261122"),
    # Time: buckets
    Function("toDate", "any", DATE, "({0})::date", "the day; NULL for text that is no date"),
    Function("toDateTime", "any", DATETIME, "date_trunc('second', ({0})::timestamptz)", "to the second"),
    Function("toStartOfSecond", "time", DATETIME64, "date_trunc('second', {0})", "to the second"),
    Function("toStartOfMinute", "time", DATETIME, "date_trunc('minute', {0})", "to the minute"),
    Function("toStartOfHour", "time", DATETIME, "date_trunc('hour', {0})", "to the hour"),
    Function("toStartOfDay", "time", DATETIME, "date_trunc('day', {0})::timestamptz", "to midnight"),
    Function("toMonday", "time", DATE, "date_trunc('week', {0})::date", "the Monday of its week"),
    Function(
        "toStartOfWeek",
        "time [int]",
        DATE,
        "hogql_week({0}::date, {1|0})",
        "first day: Sunday, with mode 1 Monday",
    ),
    Function("toStartOfMonth", "time", DATE, "date_trunc('month', {0})::date", "the first of the month"),
    Function(
        "toStartOfQuarter", "time", DATE, "date_trunc('quarter', {0})::date", "the first of the quarter"
    ),
    Function("toStartOfYear", "time", DATE, "date_trunc('year', {0})::date", "the first of January"),
    Function(
        "dateDiff",
        "unit time time",
        INT64,
        "hogql_date_diff({0}, {1}, {2})",
        "boundaries crossed from b to c",
    ),
]
_ROWS += [
    Function(
        f"toInterval{unit}",
        "int",
        interval(unit),
        f"make_interval({keyword} => ({{0}})::integer{times})",
        f"n {unit.lower()}s",
    )
    for unit, keyword, times in [
        ("Second", "secs", ""),
        ("Minute", "mins", ""),
        ("Hour", "hours", ""),
        ("Day", "days", ""),
        ("Week", "weeks", ""),
        ("Month", "months", ""),
        ("Quarter", "months", " * 3"),
        ("Year", "years", ""),
    ]
]

FUNCTIONS: dict[str, Function] = {row.name: row for row in (*_ROWS, *MORE)}
