"""From one type to another: text, truth, UUIDs. Numbers are in to_number.py, times in time_convert.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analytics.hogql.functions import readable, to_number
from analytics.hogql.functions.row import ArgumentError, Function, first
from analytics.hogql.functions.to_number import as_number, check_source, of_text
from analytics.hogql.print_call import zero
from analytics.hogql.tree import Call, Case, Expr, Literal
from analytics.hogql.type_names import parse_type
from analytics.hogql.types import BOOL, NULL, STRING, UUID, Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

DATETIME_TEXT = "YYYY-MM-DD HH24:MI:SS"


def to_text(printer: Expressions, arg: Expr, zone: str = "") -> str:
    """As ClickHouse prints it: 1e21 and 1e-7, but 0.000001; a time by its zone's clock."""
    text, kind = printer.value(arg), arg.type.required()
    if kind.is_float:
        return f"hogql_number_text(({text})::text)"
    if kind.is_decimal:
        return f"trim_scale({text})::text"
    if not kind.is_moment:
        return f"({text})::text"
    if zone := zone or kind.zone:
        text = f"({text} AT TIME ZONE {printer.parameter(zone, 'text')})"
    if not kind.precision:
        return f"to_char({text}, '{DATETIME_TEXT}')"
    return f"left(to_char({text}, '{DATETIME_TEXT}.US'), {20 + kind.precision})"


def _text(printer: Expressions, call: Call) -> str:
    zone = call.args[1] if len(call.args) > 1 else None
    return to_text(printer, call.args[0], str(zone.value) if isinstance(zone, Literal) else "")


def _no_lists(args: list[Expr]) -> Expr | None:
    if args[0].type.items:
        raise ArgumentError("`toString` does not take an array or a tuple.", "Use arrayStringConcat.")
    return None


def _accurate_cast(printer: Expressions, call: Call) -> str:
    arg, to = call.args[0], call.type.required()
    if to.is_integer or to.is_float:
        return as_number(printer, arg, to, exact=True)
    if to == STRING:
        return to_text(printer, arg)
    return _bool(printer, call) if to == BOOL else _uuid(printer, call)


def _accurate_type(args: list[Expr]) -> Expr | None:
    to = parse_type(str(args[1].value)) if isinstance(args[1], Literal) else None
    if to is None or to.items or to.is_time:
        raise ArgumentError("There is no such cast.", "To times: toDateOrNull, toDateTimeOrNull.")
    if to.required() == UUID:
        _uuid_constant(args)
    elif to.required() != STRING:
        check_source("accurateCastOrNull", to, args[0])
    else:
        _no_lists(args)
    return Call("accurateCastOrNull", tuple(args), to.or_null())


def _bool(printer: Expressions, call: Call) -> str:
    arg = call.args[0]
    if arg.type.name == "String":
        return f"hogql_bool({printer.value(arg)})"
    if arg.type.is_float:
        return f"({printer.number(arg)} <> 0)"
    return printer.condition(arg)


def _bool_constant(args: list[Expr]) -> Expr | None:
    if isinstance(args[0], Literal) and str(args[0].value).lower() in {"true", "false", "1", "0"}:
        return Literal(str(args[0].value).lower() in {"true", "1"}, BOOL)
    return None


def _uuid(printer: Expressions, call: Call) -> str:
    arg = call.args[0]
    return printer.value(arg) if arg.type.name == "UUID" else f"hogql_uuid({printer.value(arg)})"


def _uuid_or(printer: Expressions, call: Call) -> str:
    other = printer.value(call.args[1]) if len(call.args) > 1 else zero(UUID)
    return f"coalesce({_uuid(printer, call)}, {other})"


def _uuid_constant(args: list[Expr]) -> Expr | None:
    if args[0].type.name not in {"String", "UUID", "Nothing"}:
        raise ArgumentError(f"`toUUID` does not take {args[0].type}.", "It takes text.")
    value = args[0].value if isinstance(args[0], Literal) else None
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value.lower()):
        return Literal(value.lower(), UUID)
    return None


def _present(printer: Expressions, call: Call) -> str:
    """assumeNotNull: a stored NULL has the type's zero beneath it."""
    text = printer.value(call.args[0])
    return f"coalesce({text}, {zero(call.type)})" if call.args[0].type.nullable else text


def _known(args: list[Expr]) -> Expr | None:
    if args[0].type == NULL or isinstance(args[0], Case) or getattr(args[0], "name", "") == "nullIf":
        raise ArgumentError("What ClickHouse has beneath such a NULL is not defined.", "Use ifNull.")
    return None if args[0].type.nullable else args[0]


def _none(names: tuple[str, ...], hint: str) -> list[Function]:
    """Rows that only refuse, with what to use instead."""

    def refuse(args: list[Expr]) -> Expr | None:
        raise ArgumentError("HogQL here has no such type.", hint)

    doc = f"refused: {hint[0].lower()}{hint[1:-1]}"
    return [Function(name, "any+", first, "{0}", doc, rewrite=refuse) for name in names]


UUID_OF_TEXT = Function("toUUIDOrNull", "text", UUID.or_null(), _uuid, "text as a UUID; NULL if it is none")


def _uuid_default(types: list[Type]) -> Type:
    if len(types) > 1 and types[1] != UUID:
        raise ArgumentError(f"The second is a UUID, not {types[1]}.", "Write toUUID('…').")
    return UUID


ROWS = [
    Function(
        "toString", "any [zone]", STRING, _text, "as text; a time by the clock of a zone", rewrite=_no_lists
    ),
    Function(
        "accurateCastOrNull",
        "any const",
        STRING,
        _accurate_cast,
        "as the type named in text; NULL for what does not fit",
        strict=False,
        rewrite=_accurate_type,
    ),
    Function(
        "toBool",
        "number|text",
        lambda types: BOOL.or_null(types[0].name == "String"),
        _bool,
        "true or false",
        rewrite=_bool_constant,
    ),
    Function(
        "toUUID", "any", of_text(UUID), _uuid, "text as a UUID; NULL if it is none", rewrite=_uuid_constant
    ),
    UUID_OF_TEXT,
    Function("toUUIDOrZero", "text", UUID, _uuid_or, "text as a UUID; zeros if it is none"),
    Function(
        "toUUIDOrDefault",
        "text [any]",
        _uuid_default,
        _uuid_or,
        "text as a UUID; or the second",
        strict=False,
    ),
    Function(
        "assumeNotNull",
        "any",
        first,
        _present,
        "the same; for NULL the type's zero",
        strict=False,
        rewrite=_known,
    ),
    *_none(("toDecimal32", "toDecimal64", "toDecimal128"), "Use toFloat64."),
    *_none(("toFixedString", "reinterpretAsString"), "Use toString."),
    *to_number.ROWS,
    *readable.ROWS,
]
