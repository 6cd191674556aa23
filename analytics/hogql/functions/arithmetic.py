"""Numbers: the operators, and which of two is greater."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING

from analytics.hogql.functions import bits, mathematics, rounding
from analytics.hogql.functions.row import Function, same
from analytics.hogql.functions.time_moves import difference_type, moved_type, plus_minus
from analytics.hogql.functions.widths import bits_of, calm, cut, of_constants, whole_literal, wrapped
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import (
    BOOL,
    FLOAT64,
    INT8,
    UINT8,
    UINT64,
    Type,
    common,
    integer,
    wider,
)

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

Returns = Callable[[list[Type]], Type]


def _sum(types: list[Type]) -> Type:
    """+: a time moved by an interval or a number; intervals of one unit; else the wider number."""
    if types[0].is_interval and types[1].is_interval:
        return types[0].required()
    for type_ in types:
        if type_.is_time:
            return moved_type(types if types[0].is_time else types[::-1])
    return wider(types)


def _difference(types: list[Type]) -> Type:
    if types[0].is_time and types[1].is_time:
        return difference_type(types)
    if types[0].is_time or types[0].is_interval:
        return _sum(types)
    return wider(types, signed=True)


def _quotient(types: list[Type]) -> Type:
    """intDiv: as wide as the dividend; a float is signed."""
    signed = any(type_.is_signed or type_.is_float for type_ in types)
    widths = {"Float32": 32, "Float64": 64}
    return integer(widths.get(types[0].name, types[0].bits), signed)


def _rest(types: list[Type]) -> Type:
    if any(type_.is_float for type_ in types):
        return FLOAT64
    signed = types[0].is_signed
    return integer(types[1].bits * (2 if signed else 1), signed)


def _positive_rest(types: list[Type]) -> Type:
    return FLOAT64 if any(type_.is_float for type_ in types) else integer(types[1].bits, signed=False)


def _negated(types: list[Type]) -> Type:
    if types[0].is_float:
        return types[0].required()
    return integer(types[0].bits * (1 if types[0].is_signed else 2), signed=True)


def _magnitude(types: list[Type]) -> Type:
    return types[0].required() if types[0].is_float else integer(types[0].bits, signed=False)


def _number(types: list[Type]) -> Type:
    """greatest and least: the common type; of two truths, neither NULL, a number."""
    found = same(types)
    return UINT8 if found == BOOL and len(types) == 2 else found


def _or_null(returns: Returns) -> Returns:
    return lambda types: returns(types).or_null()


def _plus_minus(printer: Expressions, call: Call) -> str:
    if any(arg.type.is_time or arg.type.is_interval for arg in call.args):
        return plus_minus(printer, call)
    sign = "+" if call.name == "plus" else "-"
    return _float_or_whole(printer, sign, call)


def _float_or_whole(printer: Expressions, sign: str, call: Call) -> str:
    """PostgreSQL raises where a float becomes infinite or vanishes; that is checked where it can happen."""
    constants = [whole_literal(arg) for arg in call.args]
    if constants[0] is not None and constants[1] is not None:
        return printer.print(Literal(of_constants(sign, constants[0], constants[1], call.type), call.type))
    texts = (printer.number(call.args[0]), printer.number(call.args[1]))
    if not call.type.is_float:
        return cut(f"({texts[0]} {sign} {texts[1]})", call)
    left, right = (f"({text})::float8" for text in texts)
    if all(map(calm, call.args)):
        return f"({left} {sign} {right})"
    if sign == "*":
        return f"hogql_multiply({left}, {right})"
    return f"hogql_add({left}, {'-' * (sign == '-')}{right})"


def _times(printer: Expressions, call: Call) -> str:
    return _float_or_whole(printer, "*", call)


def _divided(printer: Expressions, call: Call) -> str:
    left, right = (f"({printer.number(arg)})::float8" for arg in call.args)
    if call.name == "divideOrNull":
        right = f"nullif({right}, 0)"
    return f"hogql_divide{'' if all(map(calm, call.args)) else '_any'}({left}, {right})"


def _int_div(printer: Expressions, call: Call) -> str:
    """DivideIntegralImpl of ClickHouse: beside a signed integer an unsigned one is taken for signed."""
    left, right = call.args
    texts = printer.number(left), printer.number(right)
    divisor = texts[1] if call.name == "intDiv" else f"nullif({texts[1]}, 0)"
    if left.type.is_float or right.type.is_float:
        text = f"trunc(({texts[0]})::float8 / ({divisor})::float8)::bigint"
    else:
        mixed = left.type.is_signed != right.type.is_signed
        a = _as_signed(texts[0], left) if mixed else texts[0]
        b = _as_signed(texts[1], right) if mixed and right.type.bits >= left.type.bits else texts[1]
        b = b if call.name == "intDiv" else f"nullif({b}, 0)"
        huge = UINT64 in {left.type.required(), right.type.required()} and not mixed
        text = f"div(({a})::numeric, ({b})::numeric)" if huge else f"(({a}) / {b})"
    text = wrapped(text, call.type) if right.type.is_float else text
    if call.name == "intDivOrZero":
        return f"(CASE WHEN {texts[1]} = 0 AND {texts[0]} IS NOT NULL THEN 0 ELSE {text} END)"
    return text


def _as_signed(text: str, arg: Expr) -> str:
    if arg.type.required() == UINT64:
        return bits_of(text, arg.type)
    return text if arg.type.is_signed else f"({wrapped(text, integer(arg.type.bits, signed=True))})"


def _modulo(printer: Expressions, call: Call) -> str:
    """The rest has the dividend's sign; x % 0 of whole numbers is an error, of floats no number."""
    texts = [printer.number(arg) for arg in call.args]
    bare = call.name.removesuffix("OrNull").removesuffix("OrZero")
    divisor = texts[1] if bare == call.name else f"nullif({texts[1]}, 0)"
    if call.type.is_float:
        divisor = texts[1] if call.name.endswith("OrZero") else divisor
        text = f"hogql_modulo(({texts[0]})::float8, ({divisor})::float8)"
    else:
        # A hash may be beyond bigint.
        kind = "numeric" if UINT64 in {arg.type.required() for arg in call.args} else "bigint"
        text = f"mod(({texts[0]})::{kind}, ({divisor})::{kind})" + "::bigint" * (call.type.bits < 64)
    if bare == "positiveModulo" and (call.type.is_float or call.args[0].type.is_signed):
        text = f"hogql_positive({text}, {texts[1]})"
    if call.name.endswith("OrZero") and not call.type.is_float:  # of fractions it is no number all the same
        return f"(CASE WHEN {texts[1]} = 0 AND {texts[0]} IS NOT NULL THEN 0 ELSE {text} END)"
    return text


def _negate(printer: Expressions, call: Call) -> str:
    text = cut(f"(- {printer.number(call.args[0])})", call)
    return f"({wrapped(text, call.type)})" if call.args[0].type.is_signed else text


def _sign(printer: Expressions, call: Call) -> str:
    text = printer.number(call.args[0])
    if call.args[0].type.is_float:
        return f"(CASE WHEN {text} = 'NaN' THEN 1 ELSE sign({text})::bigint END)"
    return f"sign({text})::bigint"


def _extreme(printer: Expressions, call: Call) -> str:
    """NULLs are left out. Text is compared by bytes, numbers as the type that holds them all.

    NaN is PostgreSQL's greatest float. ClickHouse compares from left to right, where neither is less than
    NaN; of what may be NULL it leaves NaN out too.
    """
    kind = common([arg.type for arg in call.args])
    texts = [printer.number(arg) for arg in call.args]
    if kind is not None and kind.is_float:
        texts = [f"({text})::float8" for text in texts]
        if not call.type.nullable:
            return reduce(lambda a, b: f"hogql_{call.name}({a}, {b})", texts)
        if call.name == "greatest":
            known = ", ".join(f"nullif({text}, 'NaN')" for text in texts)
            return f"coalesce(greatest({known}), greatest({', '.join(texts)}))"
    if kind is not None and kind.name == "String":
        texts[0] = f'{texts[0]} COLLATE "C"'
    text = f"{call.name}({', '.join(texts)})"
    return f"({text} <> 0)" if call.type.name == "Bool" else text


def _weight(printer: Expressions, call: Call) -> str:
    value, calls = call.args
    return f"(CASE WHEN {printer.value(value)} IS NOT NULL THEN {printer.value(calls)} ELSE 0 END)"


def _two(name: str, sql: str, doc: str) -> Function:
    return Function(name, "number number", FLOAT64, sql, doc, any_case=(name,))


def _of_rest(name: str, returns: Returns, doc: str, *aliases: str) -> Function:
    any_case = (name, *aliases) if aliases else ()
    return Function(name, "number number", returns, _modulo, doc, aliases=aliases, any_case=any_case)


OPERATIONS = [
    Function(  # no name that a query can write
        "weight of rollups", "any any", UINT64, _weight, "b where a is not NULL", strict=False
    ),
    Function("plus", "any any", _sum, _plus_minus, "a + b; a Date plus a number is days, a DateTime seconds"),
    Function("minus", "any any", _difference, _plus_minus, "a - b"),
    Function("multiply", "number number", wider, _times, "a * b"),
    Function("divide", "number number", FLOAT64, _divided, "a / b as a float; x/0 is infinite"),
    Function(
        "divideOrNull",
        "number number",
        _or_null(lambda types: FLOAT64),
        _divided,
        "a / b as a float; NULL for x/0",
    ),
    Function("intDiv", "number number", _quotient, _int_div, "a / b cut to a whole number"),
    Function("intDivOrZero", "number number", _quotient, _int_div, "intDiv; 0 for x/0"),
    Function("intDivOrNull", "number number", _or_null(_quotient), _int_div, "intDiv; NULL for x/0"),
    Function(
        "modulo",
        "number number",
        _rest,
        _modulo,
        "the rest; its sign is the dividend's",
        aliases=("mod",),
        any_case=("mod",),
    ),
    _of_rest("moduloOrZero", _rest, "modulo; 0 for x % 0"),
    _of_rest("moduloOrNull", _or_null(_rest), "modulo; NULL for x % 0", "modOrNull"),
    _of_rest("positiveModulo", _positive_rest, "the rest, never negative", "positive_modulo", "pmod"),
    _of_rest(
        "positiveModuloOrNull",
        _or_null(_positive_rest),
        "positiveModulo; NULL for x % 0",
        "positive_modulo_or_null",
        "pmodOrNull",
    ),
    Function("negate", "number", _negated, _negate, "-a"),
    Function("abs", "number", _magnitude, "abs({0})", "the value without its sign", any_case=("abs",)),
    Function("sign", "number", INT8, _sign, "-1, 0 or 1", any_case=("sign",)),
    Function(
        "greatest",
        "any+",
        _number,
        _extreme,
        "the greatest; NULLs are left out",
        strict=False,
        any_case=("greatest",),
    ),
    Function(
        "least",
        "any+",
        _number,
        _extreme,
        "the least; NULLs are left out",
        strict=False,
        any_case=("least",),
    ),
    _two("max2", "greatest({0}::float8, {1}::float8)", "the greater of two, as a float"),
    _two("min2", "least({0}::float8, {1}::float8)", "the lesser of two, as a float"),
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
    Function(
        "ifNotFinite",
        "number number",
        same,
        "(CASE WHEN abs({0}::float8) < 'Infinity'::float8 THEN {0} ELSE {1} END)",
        "the first, or the second where the first is infinite or no number",
    ),
]
ROWS = OPERATIONS + rounding.ROWS + mathematics.ROWS + bits.ROWS
