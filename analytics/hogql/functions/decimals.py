"""Decimals, which the difference of two moments is: what arithmetic makes of them.

Beside a float a Decimal becomes a float; beside a whole number it stays what it is, and is cut to its digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.hogql.functions.row import Function, Printer
from analytics.hogql.tree import Call, Expr
from analytics.hogql.types import FLOAT64, INT64, Type, common

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

OF_DECIMALS = " of decimals"
# What takes floats only, and gives one for a Decimal.
AS_FLOAT = {
    *("sqrt", "cbrt", "exp", "exp2", "exp10", "log", "log2", "log10", "log1p", "pow", "sign"),
    *("formatReadableTimeDelta", "isNaN", "isFinite", "isInfinite"),
    *("avg", "stddevPop", "stddevSamp", "varPop", "varSamp", "corr", "covarPop", "covarSamp"),
}
_DIGITS = re.compile(r"Decimal\((\d+), (\d+)\)")


def scale(type_: Type) -> int:
    """Digits after the point."""
    found = _DIGITS.fullmatch(type_.name)
    return int(found[2]) if found else 0


def read(name: str, args: list[Expr]) -> tuple[str, list[Expr]]:
    """The name and the arguments of a call in which a Decimal stands."""
    if name in AS_FLOAT or any(arg.type.is_float for arg in args):
        return name, [_as_float(arg) for arg in args]
    if name in NAMES and all(arg.type.is_decimal or arg.type.is_integer for arg in args):
        return name + OF_DECIMALS, args
    return name, args


def _as_float(arg: Expr) -> Expr:
    return Call("toFloat64", (arg,), FLOAT64.or_null(arg.type.nullable)) if arg.type.is_decimal else arg


def _wider(types: list[Type]) -> Type:
    found = common([type_.required() for type_ in types])
    assert found is not None
    return found


def _product(types: list[Type]) -> Type:
    digits = sum(map(scale, types))
    return Type(_DIGITS.sub(rf"Decimal(\1, {digits})", _wider(types).name))


def _quotient(types: list[Type]) -> Type:
    """As many digits as the dividend has, or as the divisor where that is a whole number."""
    return next(type_ for type_ in types if type_.is_decimal).required()


def _infix(sign: str) -> Printer:
    return lambda printer, call: f"({sign.join(_numerics(printer, call))})"


def _numerics(printer: Expressions, call: Call) -> list[str]:
    return [f"({printer.number(arg)})::numeric" for arg in call.args]


def _divided(printer: Expressions, call: Call) -> str:
    left, right = _numerics(printer, call)
    unit = 10 ** scale(call.type)
    return f"(div({left} * {unit}, {right}) / {unit})::numeric(38, {scale(call.type)})"


def _cut_by(function: str) -> Printer:
    """floor and ceil, to n digits where they are given."""

    def printed(printer: Expressions, call: Call) -> str:
        text, *digits = _numerics(printer, call)
        if not digits:
            return f"{function}({text})"
        return f"({function}({text} * power(10::numeric, {digits[0]})) / power(10::numeric, {digits[0]}))"

    return printed


def _to_digits(function: str) -> Printer:
    """round and trunc."""

    def printed(printer: Expressions, call: Call) -> str:
        text, *digits = _numerics(printer, call)
        return f"{function}({text}{''.join(f', ({n})::integer' for n in digits)})"

    return printed


def _row(
    name: str, takes: str, returns: Type | Callable[[list[Type]], Type], text: str | Printer
) -> Function:
    places = len(takes.split())
    arguments = ", ".join(f"{{{place}}}" for place in range(places))
    clickhouse = f"{name}({'{*}' if '[' in takes else arguments})"
    doc = "with digits after the point, which stay"
    return Function(name + OF_DECIMALS, takes, returns, text, doc, clickhouse=clickhouse)


ROWS = [
    _row("plus", "any any", _wider, _infix(" + ")),
    _row("minus", "any any", _wider, _infix(" - ")),
    _row("multiply", "any any", _product, _infix(" * ")),
    _row("divide", "any any", _quotient, _divided),
    _row(
        "intDiv",
        "any any",
        INT64,
        lambda printer, call: f"div({', '.join(_numerics(printer, call))})::bigint",
    ),
    _row("negate", "any", _quotient, "(-({0}))"),
    _row("abs", "any", _quotient, "abs({0})"),
    _row("round", "any [int]", _quotient, _to_digits("round")),
    _row("trunc", "any [int]", _quotient, _to_digits("trunc")),
    _row("floor", "any [int]", _quotient, _cut_by("floor")),
    _row("ceil", "any [int]", _quotient, _cut_by("ceil")),
]
NAMES = {row.name.removesuffix(OF_DECIMALS) for row in ROWS}
