"""Everything that becomes a time: toDate, toDateTime, toDateTime64, text of any form, numbers, parts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from analytics.hogql.constants import fold
from analytics.hogql.functions.row import ArgumentError, Function, Returns
from analytics.hogql.functions.time_zones import day_start, in_zone, wall, zone_name, zone_of
from analytics.hogql.print_call import EPOCH
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import DATE, DATETIME, NULL, STRING, Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

_DIGITS = re.compile(r"\s*\d{4}[-/.:\d]*([ T]+[\d:.]+)?\s*(Z|[+-][\d:]+)?\s*")
_LAST_SECOND = 4294967295


def _read(printer: Expressions, name: str, text: str, type_: Type) -> str:
    """Text as a moment: by one of hogql_read_time's rules, cut to the type's digits and range."""
    us = "true" if "US" in name else "false"
    digits = "true" if type_.name.startswith("DateTime64") else "false"
    zone = zone_name(printer, type_.zone)
    if name.startswith("to") and "Or" in name:
        read = f"hogql_read_plain({text}, {zone}, {digits})"
    else:
        read = f"hogql_read_time({text}, {zone}, {us}, {digits})"
    return _cut(read, type_)


def _cut(text: str, type_: Type) -> str:
    """To a type's digits; a DateTime is clamped to its range, NULL stays."""
    if type_.name == "DateTime":
        return f"hogql_datetime({text})"
    if type_.precision in {0, 3}:
        return f"date_trunc('{'second' if not type_.precision else 'milliseconds'}', {text}, 'UTC')"
    if type_.precision == 6:
        return text
    digits = type_.precision
    return f"to_timestamp(floor(extract(epoch from {text}) * 1e{digits}) / 1e{digits})"


def _to_moment(printer: Expressions, call: Call) -> str:
    """toDateTime and toDateTime64 of a time, of text, of seconds since 1970; NULL for text that is none."""
    arg, type_ = call.args[0], call.type.required()
    text = printer.value(arg)
    if arg.type.name == "String":
        found = _read(printer, call.name, text, type_)
        return f"coalesce({found}, {EPOCH})" if call.name.endswith(("OrZero", "OrDefault")) else found
    if arg.type.name == "Date":
        return day_start(printer, wall(printer, arg), type_.zone)
    if arg.type.is_moment:
        exact = type_.name != "DateTime" and arg.type.precision <= type_.precision
        return text if exact or arg.type.name == type_.name else _cut(text, type_)
    seconds = printer.number(arg)
    if type_.name == "DateTime":
        return f"to_timestamp(least(greatest(trunc(({seconds})::numeric), 0), {_LAST_SECOND}))"
    return _cut(f"to_timestamp({seconds})", type_)


def _to_date(printer: Expressions, call: Call) -> str:
    """toDate of a time, of text, of days since 1970 (of seconds, if more than 65535)."""
    arg = call.args[0]
    if arg.type.name == "String":
        found = f"hogql_read_date({printer.value(arg)})"
        return f"coalesce({found}, '1970-01-01'::date)" if "OrZ" in call.name or "OrD" in call.name else found
    if arg.type.is_time:
        text = printer.value(arg) if arg.type.name == "Date" else f"({wall(printer, arg)})::date"
        return f"coalesce({text}, '1970-01-01'::date)" if call.name.endswith("OrDefault") else text
    number = f"trunc(({printer.number(arg)})::numeric)"
    days = f"'1970-01-01'::date + greatest({number}, 0)::integer"
    seconds = f"(to_timestamp(least({number}, {_LAST_SECOND})) AT TIME ZONE 'UTC')::date"
    return f"(CASE WHEN {number} <= 65535 THEN {days} ELSE {seconds} END)"


def _may_be_null(name: str, arg: Expr) -> bool:
    return not name.endswith("OrDefault") and (arg.type.nullable or _may_fail(name, arg))


def _may_fail(name: str, arg: Expr) -> bool:
    """Whether it may be NULL. Of a constant that has only digits and marks ClickHouse says no."""
    if isinstance(arg, Literal) and _DIGITS.fullmatch(str(arg.value)) and not name.endswith("OrNull"):
        return False
    return name.endswith("OrNull") or ("Or" not in name and arg.type.name == "String")


def _digits(args: list[Expr], at: int, otherwise: int) -> int:
    """The precision that stands at a place. Raises ArgumentError."""
    if len(args) <= at or args[at].type == STRING:
        return otherwise
    arg = args[at]
    value = arg.value if isinstance(arg, Literal) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 6:
        raise ArgumentError("A DateTime64 has 0 to 6 digits.", "Write the number itself, for example 3.")
    return value


def _or_value(row: Function, kind: str) -> Function:
    """toDateOrDefault(text, day), toDateTimeOrDefault(text, zone, time): the default may stand last."""

    def rewrite(args: list[Expr]) -> Expr | None:
        *rest, default = args
        if not rest or not default.type.is_time:
            return row.rewrite(args) if row.rewrite is not None else None
        made = OR_NULL[kind].rewrite
        found = made(rest) if made is not None else None
        if found is None or found.type.required() != default.type:
            raise ArgumentError(
                f"The default is a {kind.removeprefix('to')} too.", f"Convert it with {kind}."
            )
        return Call("ifNull", (found, default), default.type)

    return replace(row, takes=f"{row.takes} [time]", rewrite=rewrite)


def _made(name: str, args: list[Expr], kind: Type) -> Expr | None:
    """The call with the type that its constants say: digits and zone."""
    arg = args[0]
    if arg.type == NULL:
        return arg
    given = next((zone_of(a) for a in args[1:] if a.type == STRING), None)
    zone = given if given is not None else arg.type.zone
    type_ = replace(kind, zone=zone).or_null(_may_be_null(name, arg))
    if arg.type.is_moment:
        arg = in_zone(arg, zone)
    return fold(Call(name, (arg,), type_))


def _moment_row(name: str, takes: str, doc: str, *, digits: int = -1, **names: tuple[str, ...]) -> Function:
    """`digits` is the place of the number of digits, -1 for a DateTime."""

    def rewrite(args: list[Expr]) -> Expr | None:
        if digits < 0:
            return _made(name, args, DATETIME)
        return _made(name, args, Type(f"DateTime64({_digits(args, digits, 3)})"))

    returns: Returns = DATETIME if digits < 0 else Type("DateTime64(3)")
    return Function(name, takes, returns, _to_moment, doc, rewrite=rewrite, **names)  # type: ignore[arg-type]


def _date(name: str, args: list[Expr]) -> Expr | None:
    arg = args[0]
    if arg.type == NULL:
        return arg
    if len(args) > 1:
        if arg.type.is_number:
            raise ArgumentError("A number has no time zone.", "Use toDateTime with the zone first.")
        arg = in_zone(arg, zone_of(args[1]))
    return fold(Call(name, (arg,), DATE.or_null(_may_be_null(name, arg))))


def _date_row(name: str, takes: str, doc: str, **names: tuple[str, ...]) -> Function:
    return Function(
        name,
        takes,
        DATE,
        _to_date,
        doc,
        rewrite=lambda args: _date(name, args),
        **names,  # type: ignore[arg-type]
    )


_VALUE = "time|number|text"
OR_NULL = {
    "toDate": _date_row("toDateOrNull", "text", "or NULL"),
    "toDateTime": _moment_row("toDateTimeOrNull", "text [zone]", "or NULL"),
    "toDateTime64": _moment_row("toDateTime64OrNull", "text [int] [zone]", "or NULL", digits=1),
}
DEFAULT = "or 1970-01-01, or the default given last"
ROWS = [
    _date_row(
        "toDate",
        f"{_VALUE} [zone]",
        "the day; NULL for text that is no date",
        aliases=("date",),
        any_case=("date",),
    ),
    _moment_row(
        "toDateTime",
        f"{_VALUE} [zone]",
        "to the second; NULL for text that is no time",
        aliases=("toDateTime32",),
    ),
    _moment_row("toDateTime64", f"{_VALUE} [int] [zone]", "with n digits after the second", digits=1),
    Function(
        "timestamp",
        "text",
        Type("DateTime64(6)"),
        "",
        "text as a time with 6 digits",
        any_case=("timestamp",),
        rewrite=lambda args: _made("toDateTime64", args, Type("DateTime64(6)")),
    ),
    replace(_date_row("toDate", "time|text", "toDate"), name="toDate32"),
    replace(_date_row("toDateOrNull", "text", "toDateOrNull"), name="toDate32OrNull"),
    *OR_NULL.values(),
    _date_row("toDateOrZero", "text", "or 1970-01-01"),
    _moment_row("toDateTimeOrZero", "text [zone]", "or 1970-01-01"),
    _moment_row("toDateTime64OrZero", "text [int] [zone]", "or 1970-01-01", digits=1),
    _or_value(_date_row("toDateOrDefault", "text|time", DEFAULT), "toDate"),
    _or_value(_moment_row("toDateTimeOrDefault", "text [zone]", DEFAULT), "toDateTime"),
    _or_value(_moment_row("toDateTime64OrDefault", "text [int] [zone]", DEFAULT, digits=1), "toDateTime64"),
    *(
        row
        for us in ("", "US")
        for ending, doc in (("", "NULL if it is none"), ("OrNull", "or NULL"), ("OrZero", "or 1970-01-01"))
        for row in (
            _moment_row(
                f"parseDateTimeBestEffort{us}{ending}",
                "text [zone]",
                f"text of many forms{us and ', month first'}; {doc}",
            ),
            _moment_row(
                f"parseDateTime64BestEffort{us}{ending}", "text [int] [zone]", f"the same; {doc}", digits=1
            ),
        )
    ),
]


def _epoch_row(name: str, per_second: int, digits: int) -> Function:
    """fromUnixTimestamp64Milli(n[, zone])."""
    kind = Type(f"DateTime64({digits})")

    def rewrite(args: list[Expr]) -> Expr | None:
        zone = zone_of(args[1]) if len(args) > 1 else ""
        return Call(name, (args[0],), replace(kind, zone=zone).or_null(args[0].type.nullable))

    text = f"to_timestamp(({{0}})::numeric / {per_second})"
    return Function(name, "int [zone]", kind, text, "the time of a count since 1970", rewrite=rewrite)


def _since_row(name: str, per_second: int) -> Function:
    text = f"floor(extract(epoch from {{0}}) * {per_second})::bigint"
    return Function(name, "moment64", Type("Int64"), text, "a count since 1970")


def _unix(args: list[Expr]) -> Expr | None:
    """toUnixTimestamp(t), toUnixTimestamp(text[, zone])."""
    arg = args[0]
    if arg.type.required() == STRING:
        found = _made("toDateTime", args, DATETIME)
        assert found is not None
        return Call("toUnixTimestamp", (found,), Type("UInt32").or_null(found.type.nullable))
    return None


ROWS += [
    *(
        _epoch_row(f"fromUnixTimestamp64{n}", 10**d, d)
        for n, d in (("Second", 0), ("Milli", 3), ("Micro", 6))
    ),
    *(
        _since_row(f"toUnixTimestamp64{n}", 10**d)
        for n, d in (("Second", 0), ("Milli", 3), ("Micro", 6), ("Nano", 9))
    ),
    Function(
        "toUnixTimestamp",
        "time|text [zone]",
        Type("UInt32"),
        "floor(extract(epoch from ({0})::timestamptz))::bigint",
        "seconds since 1970",
        rewrite=_unix,
    ),
    Function(
        "fromDaysSinceYearZero",
        "int",
        DATE,
        "('1970-01-01'::date + (least(greatest({0} - 719528, 0), 65535))::integer)",
        "the day of a count since the year 0",
        aliases=("from_days",),
        any_case=("from_days",),
    ),
]
