"""Numbers: arithmetic, rounding, mathematics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import Function, first, same
from analytics.hogql.print_call import sql_type
from analytics.hogql.tree import Call
from analytics.hogql.types import (
    DATE,
    DATETIME,
    FLOAT64,
    INT32,
    INT64,
    UINT8,
    UINT64,
    Type,
    integer,
    interval,
    wider,
)

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def _sum(types: list[Type]) -> Type:
    """+: a time moved by an interval or a number keeps its type; else the wider number."""
    for type_ in types:
        if type_.is_time:
            return _moved(types if types[0].is_time else types[::-1])
    return wider(types)


def _moved(types: list[Type]) -> Type:
    """A time keeps its type, but a Date moved by less than days becomes a DateTime."""
    finer = {interval(unit) for unit in ("second", "minute", "hour")}
    return DATETIME if types[0].required() == DATE and types[1].required() in finer else types[0].required()


def _difference(types: list[Type]) -> Type:
    if types[0].is_time and types[1].is_time:
        return INT32
    if types[0].is_time:
        return _moved(types)
    return wider(types, signed=True)


def _quotient(types: list[Type]) -> Type:
    return integer(types[0].bits, any(type_.is_signed for type_ in types))


def _rest(types: list[Type]) -> Type:
    if any(type_.is_float for type_ in types):
        return FLOAT64
    signed = types[0].is_signed
    return integer(types[1].bits * (2 if signed else 1), signed)


def _negated(types: list[Type]) -> Type:
    if types[0].is_float:
        return types[0].required()
    return integer(types[0].bits * (1 if types[0].is_signed else 2), signed=True)


def _magnitude(types: list[Type]) -> Type:
    return types[0].required() if types[0].is_float else integer(types[0].bits, signed=False)


def _widest(types: list[Type]) -> Type:
    return integer(max(type_.bits for type_ in types), any(type_.is_signed for type_ in types))


def _float(name: str, sql: str, doc: str) -> Function:
    return Function(name, "number", FLOAT64, sql, doc)


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


def _weight(printer: Expressions, call: Call) -> str:
    value, calls = call.args
    return f"(CASE WHEN {printer.value(value)} IS NOT NULL THEN {printer.value(calls)} ELSE 0 END)"


ROWS = [
    Function("weight", "any any", UINT64, _weight, "used by rollups: b where a is not NULL", strict=False),
    # Arithmetic
    Function("plus", "any any", _sum, _plus_minus, "a + b; a Date plus a number is days, a DateTime seconds"),
    Function("minus", "any any", _difference, _plus_minus, "a - b"),
    Function("multiply", "number number", wider, "({0} * {1})", "a * b"),
    Function(
        "divide", "number number", FLOAT64, "hogql_divide({0}, {1})", "a / b as a float; x/0 is infinite"
    ),
    Function(
        "intDiv",
        "int int",
        _quotient,
        "div({0}, {1})::bigint",
        "a / b cut to a whole number",
    ),
    Function(
        "modulo",
        "int int",
        _rest,
        "mod({0}, {1})",
        "the rest; its sign is the dividend's",
        aliases=("mod",),
        any_case=("mod",),
    ),
    Function("negate", "number", _negated, "(- {0})", "-a"),
    Function("abs", "number", _magnitude, "abs({0})", "the value without its sign", any_case=("abs",)),
    Function("floor", "number", first, "floor({0})", "the next lower whole number", any_case=("floor",)),
    Function(
        "ceil",
        "number",
        first,
        "ceil({0})",
        "the next higher whole number",
        aliases=("ceiling",),
        any_case=("ceil", "ceiling"),
    ),
    Function(
        "round",
        "number [int]",
        first,
        "hogql_round({0}, {1|0})",
        "to n digits, half to even",
        any_case=("round",),
    ),
    Function("sqrt", "number", FLOAT64, "sqrt({0}::float8)", "square root", any_case=("sqrt",)),
    Function("exp", "number", FLOAT64, "exp({0}::float8)", "e to the power", any_case=("exp",)),
    Function(
        "log",
        "number",
        FLOAT64,
        "ln({0}::float8)",
        "natural logarithm",
        aliases=("ln",),
        any_case=("log", "ln"),
    ),
    Function(
        "log2",
        "number",
        FLOAT64,
        "(ln({0}::float8) / ln(2::float8))",
        "logarithm to base 2",
        any_case=("log2",),
    ),
    Function("log10", "number", FLOAT64, "log({0}::float8)", "logarithm to base 10", any_case=("log10",)),
    Function(
        "pow",
        "number number",
        FLOAT64,
        "power({0}::float8, {1}::float8)",
        "a to the power b",
        aliases=("power",),
        any_case=("pow", "power"),
    ),
    Function("greatest", "any+", same, "greatest({*})", "the greatest", strict=False, any_case=("greatest",)),
    Function("least", "any+", same, "least({*})", "the least", strict=False, any_case=("least",)),
    Function("sign", "number", INT64, "sign({0})::bigint", "-1, 0 or 1"),
    Function("trunc", "number", first, "trunc({0})", "without its fraction", aliases=("truncate",)),
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
    Function("isNaN", "number", UINT8, "({0}::float8 = 'NaN'::float8)", "is it no number?", condition=True),
    Function(
        "isFinite",
        "number",
        UINT8,
        "(abs({0}::float8) < 'Infinity'::float8)",
        "is it finite?",
        condition=True,
    ),
    Function(
        "isInfinite",
        "number",
        UINT8,
        "(abs({0}::float8) = 'Infinity'::float8)",
        "is it infinite?",
        condition=True,
    ),
    Function("intDivOrZero", "int int", INT64, "coalesce({0} / nullif({1}, 0), 0)", "intDiv; 0 for x/0"),
    Function(
        "moduloOrZero", "int int", INT64, "coalesce(mod({0}, nullif({1}, 0)), 0)", "modulo; 0 for x % 0"
    ),
    Function("bitAnd", "int int", UINT64, "({0} & {1})", "bitwise and"),
    Function("bitOr", "int int", UINT64, "({0} | {1})", "bitwise or"),
    Function("bitXor", "int int", UINT64, "({0} # {1})", "bitwise exclusive or"),
    Function("xor", "bool bool", UINT8, "({0} <> {1})", "exactly one true", condition=True),
]
