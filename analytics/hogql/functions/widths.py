"""Integers have ClickHouse's widths but lie in bigints: what wraps around there must be wrapped here."""

from __future__ import annotations

from analytics.hogql.functions.row import Function
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import UINT64, Type

CALM = 1e100  # floats of the data and in queries are smaller; sums and products of such never overflow


def wrapped(sql: str, type_: Type) -> str:
    """A bigint cut to the bits of an integer type, as C++ does it. A negative UInt64 is an error (422)."""
    if not type_.is_integer:
        return sql
    if type_.bits == 64:
        return sql if type_.is_signed else f"hogql_unsigned({sql})"
    mask, half = (1 << type_.bits) - 1, 1 << (type_.bits - 1)
    return (
        f"((({sql})::bigint & {mask}) # {half}) - {half}"
        if type_.is_signed
        else f"(({sql})::bigint & {mask})"
    )


def cut(sql: str, call: Call) -> str:
    """What + - * give, cut to 64 bits where a UInt64 (a hash, say) may lie beyond a bigint."""
    if not any(arg.type.required() == UINT64 for arg in call.args):
        return sql
    return f"hogql_wrapped{'_signed' * call.type.is_signed}({sql})"


def of_constants(sign: str, left: int, right: int, type_: Type) -> int:
    """What + - * give of two constants, which may go beyond a bigint: cut to the type's bits, as C++ does."""
    value = left + right if sign == "+" else left - right if sign == "-" else left * right
    low = -(1 << (type_.bits - 1)) if type_.is_signed else 0
    return (value - low) % (1 << type_.bits) + low


def bits_of(sql: str, type_: Type) -> str:
    """A whole number's bits in a bigint."""
    return f"hogql_wrapped_signed({sql})" if type_.required() == UINT64 else f"({sql})::bigint"


def whole_numeric(sql: str) -> str:
    """A whole float as a numeric. PostgreSQL's own cast keeps 15 digits; from 2^63 on it is a multiple of
    2048."""
    return (
        f"(CASE WHEN {sql} >= -9223372036854775808 AND {sql} < 9223372036854775808"
        f" THEN ({sql})::bigint::numeric ELSE ({sql} / 2048)::bigint::numeric * 2048 END)"
    )


def fits(inner: Type, outer: Type) -> bool:
    """Whether every value of one integer type (or Bool) is one of the other."""
    if inner.is_signed and not outer.is_signed:
        return False
    return inner.bits + (outer.is_signed and not inner.is_signed) <= outer.bits


def calm(expr: Expr) -> bool:
    """Whether a number is of ordinary size: stored, counted or written so. A function's need not be."""
    if isinstance(expr, Literal) and isinstance(expr.value, float):
        return expr.value == 0 or 1 / CALM < abs(expr.value) < CALM
    return not isinstance(expr, Call) or not expr.type.is_float


def whole_literal(expr: Expr) -> int | None:
    """The whole number that is written there, if one is."""
    if isinstance(expr, Literal) and isinstance(expr.value, int) and not isinstance(expr.value, bool):
        return expr.value
    return None


def float_row(name: str, sql: str, doc: str, *aliases: str, any_case: bool = False) -> Function:
    """A row for a function of one number that gives a Float64."""
    from_names = (name, *aliases) if any_case else ()
    return Function(name, "number", FLOAT, sql, doc, aliases=aliases, any_case=from_names)


FLOAT = Type("Float64")
