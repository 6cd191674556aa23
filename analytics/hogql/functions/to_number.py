"""To numbers: toT cuts and wraps as C++ does; OrNull, OrZero and OrDefault take nothing that does not fit.

Text that is no T gives NULL where ClickHouse throws: of text toT is nullable, of a text constant not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.widths import bits_of, fits, whole_numeric, wrapped
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import DATE, FLOAT32, FLOAT64, NULL, STRING, UINT64, Type, integer

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

INTEGERS = [integer(bits, signed) for signed in (True, False) for bits in (8, 16, 32, 64)]
NUMBERS = [*INTEGERS, FLOAT32, FLOAT64]
_FLOAT = re.compile(
    r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?(inf|infinity|nan)", re.IGNORECASE
)


def limits(type_: Type) -> tuple[int, int]:
    """The least and the greatest integer of a type."""
    low = -(1 << (type_.bits - 1)) if type_.is_signed else 0
    return low, low + (1 << type_.bits) - 1


def to_integer(printer: Expressions, arg: Expr, target: Type, *, exact: bool) -> str:
    """`exact` gives NULL for what does not fit; else it is cut and wrapped around."""
    text, kind = printer.number(arg), arg.type.required()
    if kind.is_float:
        return _cut(text, target, exact=exact)
    if kind == STRING and exact and not target.is_signed and target.bits < 64:
        text = f"(CASE WHEN NOT starts_with({text}, '-') THEN hogql_integer({text}) END)"
    elif kind == STRING:
        text = f"hogql_{'integer' if target.is_signed else 'natural'}({text})"
    elif kind.is_moment:
        text = f"floor(extract(epoch FROM {text}))::bigint"
    elif kind == DATE:
        text = f"({text} - '1970-01-01'::date)::bigint"
    elif kind.is_decimal:
        text = f"trunc({text})::bigint"
    elif not kind.is_number and kind != NULL.required():
        raise AssertionError(f"{kind} is no number")
    if kind.is_number and fits(kind, target):
        return text
    if kind == UINT64 and not exact:
        text = bits_of(text, kind)
    low, high = limits(target)
    exact = exact and not kind.is_time  # a time's seconds or days wrap around all the same
    return f"hogql_between({text}, {low}, {high})" if exact else f"({wrapped(text, target)})"


def _cut(text: str, target: Type, *, exact: bool) -> str:
    """A float without its fraction. Beyond 32 bits the narrow types have no answer: an error (422)."""
    if exact:
        low, high = limits(target)
        whole = f"abs({text}) < 1e19 AND trunc({text}) = {text}"
        return f"hogql_between(CASE WHEN {whole} THEN {whole_numeric(text)} END, {low}, {high})"
    if target.bits < 32 or (target.bits == 32 and target.is_signed):
        return f"({wrapped(f'trunc({text})::integer::bigint', target)})"
    return f"({wrapped(f'trunc({text})::bigint', target)})"


def to_float(printer: Expressions, arg: Expr, target: Type, *, exact: bool) -> str:
    text, kind = printer.number(arg), arg.type.required()
    if kind == STRING:
        text = f"hogql_float({text})"
    elif kind.is_moment:
        text = f"extract(epoch FROM {text})::float8"
    elif kind == DATE:
        text = f"({text} - '1970-01-01'::date)::float8"
    elif exact and kind.is_integer and kind.bits == 64:
        same = f"{whole_numeric(f'({text})::float8')} = {text}"
        text = f"(CASE WHEN {same} THEN ({text})::float8 END)"
    else:
        text = f"({text})::float8"
    if target != FLOAT32:
        return text
    if exact and kind.is_number:
        return f"(CASE WHEN hogql_single({text})::float8 = {text} THEN hogql_single({text}) END)"
    return f"hogql_single({text})"


def as_number(printer: Expressions, arg: Expr, target: Type, *, exact: bool = False) -> str:
    """Of text that may be NULL ClickHouse takes nothing that does not fit; other text wraps around."""
    one = to_float if target.is_float else to_integer
    exact = exact or (arg.type.name == "String" and arg.type.nullable)
    return one(printer, arg, target, exact=exact)


def check_source(name: str, target: Type, arg: Expr) -> None:
    if arg.type.items or arg.type.is_interval or arg.type.name in {"UUID", "FixedString", "JSON"}:
        raise ArgumentError(f"`{name}` does not take {arg.type}.", f"{target} is made of text and numbers.")


def _constant(text: str, target: Type) -> Literal | None:
    """The number that a text constant is; None if it is none of `target`."""
    if target.is_float:
        if _FLOAT.fullmatch(text) is None or target == FLOAT32:
            return None
        return Literal(float(text), target)
    if re.fullmatch(r"[+-]?[0-9]{1,20}" if target.is_signed else r"\+?[0-9]{1,20}", text) is None:
        return None
    low, high = limits(target)
    return Literal(int(text), target) if low <= int(text) <= high else None


def _fold(name: str, target: Type) -> Callable[[list[Expr]], Expr | None]:
    def rewrite(args: list[Expr]) -> Expr | None:
        check_source(name, target, args[0])
        if isinstance(args[0], Literal) and isinstance(args[0].value, str):
            return _constant(args[0].value, target)
        return None

    return rewrite


def _short(target: Type, rest: str) -> tuple[str, ...]:
    """PostHog's names of the widest: toIntOrZero is toInt64OrZero."""
    shorts = {"Int64": "Int", "Float64": "Float"}
    return (f"to{shorts[str(target)]}{rest}",) if str(target) in shorts else ()


def of_text(target: Type) -> Callable[[list[Type]], Type]:
    return lambda types: target.or_null(types[0].name == "String")


def _plain(target: Type) -> Function:
    return Function(
        f"to{target}",
        "any",
        of_text(target),
        lambda printer, call: as_number(printer, call.args[0], target),
        f"as {target}; NULL for text that is none",
        rewrite=_fold(f"to{target}", target),
    )


def _or_zero(target: Type) -> Function:
    def sql(printer: Expressions, call: Call) -> str:
        text = as_number(printer, call.args[0], target, exact=True)
        if not call.args[0].type.nullable:
            return f"coalesce({text}, 0)"
        return f"(CASE WHEN {printer.value(call.args[0])} IS NOT NULL THEN coalesce({text}, 0) END)"

    return Function(
        f"to{target}OrZero",
        "text",
        target,
        sql,
        f"text as {target}; 0 if it is none",
        aliases=_short(target, "OrZero"),
    )


def _or_null(target: Type) -> Function:
    return Function(
        f"to{target}OrNull",
        "text",
        target.or_null(),
        lambda printer, call: as_number(printer, call.args[0], target, exact=True),
        f"text as {target}; NULL if it is none",
        aliases=_short(target, "OrNull"),
    )


def _or_default(target: Type) -> Function:
    def sql(printer: Expressions, call: Call) -> str:
        text = as_number(printer, call.args[0], target, exact=True)
        return f"coalesce({text}, {printer.number(call.args[1]) if len(call.args) > 1 else '0'})"

    def check(args: list[Expr]) -> None:
        check_source(f"to{target}OrDefault", target, args[0])
        if len(args) > 1 and args[1].type != target:
            message = f"The default is {args[1].type}, not {target}."
            raise ArgumentError(message, f"Write to{target}(…) there.")

    return Function(
        f"to{target}OrDefault",
        "any [number]",
        target,
        sql,
        f"as {target}; the second argument, or 0, for what does not fit",
        strict=False,
        aliases=_short(target, "OrDefault"),
        rewrite=check,
    )


def _accurate(name: str, target: Type) -> Function:
    """PostHog's toInt and toFloat: accurateCastOrNull."""
    return Function(
        name,
        "any",
        target.or_null(),
        lambda printer, call: as_number(printer, call.args[0], target, exact=True),
        f"as {target}; NULL for what is no such number, fractions included"
        if target.is_integer
        else "as a float; NULL for what is none",
        clickhouse=f"accurateCastOrNull({{0}}, '{target}')",
        rewrite=lambda args: check_source(name, target, args[0]),
    )


ROWS = [
    *map(_plain, NUMBERS),
    *map(_or_zero, NUMBERS),
    *map(_or_null, NUMBERS),
    *map(_or_default, NUMBERS),
    _accurate("toInt", integer(64, signed=True)),
    _accurate("toFloat", FLOAT64),
]
