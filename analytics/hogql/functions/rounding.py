"""Rounding: to digits, to powers of two, to the steps that ClickHouse keeps for durations and ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function, first
from analytics.hogql.functions.widths import whole_literal, wrapped
from analytics.hogql.tree import Call, Expr
from analytics.hogql.types import UINT8, UINT16, Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

DURATIONS = (1, 10, 30, 60, 120, 180, 240, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000)
AGES = {1: 17, 18: 18, 25: 25, 35: 35, 45: 45, 55: 55}
SQL_NAMES = {"roundBankers": "round"}
MOST_DIGITS = 18


def _round(printer: Expressions, call: Call) -> str:
    """Floats: scaled, cut, scaled back. Whole numbers change where digits are negative only."""
    text = printer.number(call.args[0])
    digits = whole_literal(call.args[1]) or 0 if len(call.args) > 1 else 0
    if not call.type.is_float:
        return text if digits >= 0 else _round_whole(call, printer.whole(call.args[0]), 10**-digits)
    sql = SQL_NAMES.get(call.name, call.name)
    value = f"({text})::float8"
    if digits > 0:
        value = f"({sql}({value} * {10**digits}) / {10**digits})"
    elif digits < 0:
        value = f"({sql}({value} / {10**-digits}) * {10**-digits})"
    else:
        value = f"{sql}({value})"
    return f"({value})::real" if call.type.name == "Float32" else value


def _round_whole(call: Call, text: str, scale: int) -> str:
    """As IntegerRoundingComputation of ClickHouse, wrap-around of narrow types included."""
    if call.name == "roundBankers":
        return wrapped(f"(round(({text})::float8 / {scale}) * {scale})::bigint", call.type)
    if call.name == "floor" and call.type.is_signed:
        lower = wrapped(f"{text} - {scale - 1}", call.type)
        text = f"(CASE WHEN {text} < 0 THEN {lower} ELSE {text} END)"
    elif call.name == "ceil":
        text = f"(CASE WHEN {text} >= 0 THEN {wrapped(f'{text} + {scale - 1}', call.type)} ELSE {text} END)"
    elif call.name == "round":
        lower = wrapped(f"{text} - {scale}", call.type)
        text = f"((CASE WHEN {text} < 0 THEN {lower} ELSE {text} END) + {scale // 2})"
    return f"({wrapped(f'{text} / {scale} * {scale}', call.type)})"


def _check_digits(args: list[Expr]) -> Expr | None:
    if len(args) < 2:
        return None
    digits = whole_literal(args[1])
    if digits is None or abs(digits) > MOST_DIGITS:
        raise ArgumentError(
            "The number of digits is a whole number, written there.", f"From -{MOST_DIGITS} to {MOST_DIGITS}."
        )
    return None


def _rounding(name: str, doc: str, *aliases: str, any_case: bool = True) -> Function:
    return Function(
        name,
        "number [int]",
        first,
        _round,
        doc,
        aliases=aliases,
        any_case=(name, *aliases) if any_case else (),
        rewrite=_check_digits,
    )


def _power_of_two(printer: Expressions, call: Call) -> str:
    text = printer.number(call.args[0])
    if call.type.is_float:
        return f"hogql_exp2_below({text})"
    return f"(CASE WHEN {text} > 0 THEN hogql_exp2_below(({text})::float8)::bigint ELSE 0 END)"


def _steps(values: list[int], bounds: list[int]) -> str:
    """The value of the last bound that is not greater; the first value below all bounds."""
    array = ", ".join(map(str, values))
    edges = ", ".join(map(str, bounds))
    return f"(ARRAY[{array}]::bigint[])[1 + width_bucket({{0}}::float8, ARRAY[{edges}]::float8[])]"


def _age(printer: Expressions, call: Call) -> str:
    return _steps([0, *AGES.values()], list(AGES)).replace("{0}", f"({printer.number(call.args[0])})")


def _duration(printer: Expressions, call: Call) -> str:
    return _steps([0, *DURATIONS], list(DURATIONS)).replace("{0}", f"({printer.number(call.args[0])})")


def _same_number(types: list[Type]) -> Type:
    return UINT8 if types[0].name == "Bool" else first(types)


ROWS = [
    _rounding("floor", "the next lower number of n digits"),
    _rounding("ceil", "the next higher number of n digits", "ceiling"),
    _rounding("round", "to n digits; floats half to even, whole numbers half up"),
    _rounding("trunc", "cut to n digits", "truncate"),
    _rounding("roundBankers", "to n digits, half to even", any_case=False),
    Function("roundToExp2", "number", _same_number, _power_of_two, "down to a power of two"),
    Function("roundDuration", "number", UINT16, _duration, "seconds down to 1, 10, 30, 60, 120 … 36000"),
    Function("roundAge", "number", UINT8, _age, "years to 0, 17, 18, 25, 35, 45 or 55"),
]
