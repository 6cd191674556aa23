"""Times cut to buckets: days and longer by the wall clock, shorter ones by seconds since 1970."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analytics.hogql.constants import fold
from analytics.hogql.functions.row import ArgumentError, Function, Printer
from analytics.hogql.functions.time_parts import on_wall
from analytics.hogql.functions.time_units import DIGITS
from analytics.hogql.functions.time_zones import day_start, wall, zoned
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import DATE, DATETIME, Type
from analytics.hogql.zones import has_whole_hours

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

TRUNCATIONS = {
    "microsecond": "toStartOfMicrosecond",
    "millisecond": "toStartOfMillisecond",
    "second": "toStartOfSecond",
    "minute": "toStartOfMinute",
    "hour": "toStartOfHour",
    "day": "toStartOfDay",
    "week": "toMonday",
    "month": "toStartOfMonth",
    "quarter": "toStartOfQuarter",
    "year": "toStartOfYear",
}


def to_seconds(types: list[Type]) -> Type:
    """A DateTime in the argument's zone."""
    return Type("DateTime", zone=types[0].zone)


def _kept(types: list[Type]) -> Type:
    return types[0].required()


def _seconds(width: int) -> Printer:
    """Cut to `width` seconds since 1970. Hours of a zone with half hours are counted from its day's start."""

    def text(printer: Expressions, call: Call) -> str:
        arg = call.args[0]
        zone = arg.type.zone
        if width == 3600 and zone and not has_whole_hours(zone):
            day = day_start(printer, wall(printer, arg), zone)
            return f"date_bin(interval '1 hour', {printer.value(arg)}, {day})"
        value = printer.value(arg)
        if width == 3600:
            return f"date_trunc('hour', {value}, 'UTC')"
        if width == 60:
            return f"date_trunc('minute', {value}, 'UTC')"
        return f"date_bin(make_interval(secs => {width}), {value}, '1970-01-01 00:00:00+00'::timestamptz)"

    return text


def _day(printer: Expressions, call: Call) -> str:
    return day_start(printer, wall(printer, call.args[0]), call.type.zone)


def _slot(name: str, width: int, doc: str, *aliases: str) -> Function:
    return zoned(Function(name, "moment", to_seconds, _seconds(width), doc, aliases=aliases))


def _cut(name: str, template: str, doc: str, takes: str = "time", **names: tuple[str, ...]) -> Function:
    text = on_wall(f"greatest({template}, '1970-01-01'::date)")
    return zoned(Function(name, takes, DATE, text, doc, **names))  # type: ignore[arg-type]


def _truncated(args: list[Expr]) -> Expr | None:
    """dateTrunc('day', t[, zone]) is toStartOfDay(t[, zone])."""
    unit = args[0].value if isinstance(args[0], Literal) else None
    name = TRUNCATIONS.get(unit.lower()) if isinstance(unit, str) else None
    if name is None:
        raise ArgumentError("`dateTrunc` takes a unit first.", f"One of {', '.join(TRUNCATIONS)}.")
    row = BY_NAME[name]
    rest = args[1:]
    if rest[0].type.name == "Date" and row.takes.startswith("moment"):
        raise ArgumentError(f"A Date has no {unit}.", "Convert it with toDateTime.")
    if not rest[0].type.is_moment and name == "toStartOfSecond":
        raise ArgumentError("This time has no fractions to cut.", "Leave dateTrunc out.")
    if rest[0].type.name == "DateTime" and name == "toStartOfSecond":
        return rest[0]
    made = row.rewrite(rest) if row.rewrite is not None else None
    found = made or fold(Call(name, tuple(rest), row.result([arg.type for arg in rest])))
    if not rest[0].type.name.startswith("DateTime64") or not found.type.is_moment:
        return found
    # Cut from a DateTime64 it stays one, of as many digits as the unit has.
    type_ = replace(found.type, name=f"DateTime64({DIGITS.get(str(unit).lower(), 0)})")
    return found if found.type == type_ else fold(Call("toDateTime64", (found,), type_))


ROWS = [
    zoned(Function("toStartOfSecond", "moment64", _kept, "date_trunc('second', {0})", "to the second")),
    zoned(
        Function(
            "toStartOfMillisecond",
            "moment64",
            _kept,
            "date_trunc('milliseconds', {0})",
            "to the millisecond",
        )
    ),
    zoned(
        Function(
            "toStartOfMicrosecond",
            "moment64",
            lambda types: replace(types[0], name="DateTime64(6)").required(),
            "{0}",
            "the same, with 6 digits",
        )
    ),
    _slot("toStartOfMinute", 60, "to the minute"),
    _slot("toStartOfFiveMinutes", 300, "to 5 minutes", "toStartOfFiveMinute"),
    _slot("toStartOfTenMinutes", 600, "to 10 minutes"),
    _slot("toStartOfFifteenMinutes", 900, "to 15 minutes"),
    _slot("timeSlot", 1800, "to half an hour"),
    _slot("toStartOfHour", 3600, "to the hour"),
    zoned(Function("toStartOfDay", "time", to_seconds, _day, "to midnight")),
    _cut("toMonday", "date_trunc('week', {0})::date", "the Monday of its week"),
    _cut(
        "toStartOfWeek",
        "hogql_week(({0})::date, {1|0})",
        "first day: Sunday, with an odd mode Monday",
        "time [int]",
    ),
    _cut(
        "toLastDayOfWeek",
        "(hogql_week(({0})::date, {1|0}) + 6)",
        "last day: Saturday, with an odd mode Sunday",
        "time [int]",
    ),
    _cut("toStartOfMonth", "date_trunc('month', {0})::date", "the first of the month"),
    _cut(
        "toLastDayOfMonth",
        "(date_trunc('month', {0}) + '1 month - 1 day'::interval)::date",
        "the month's last day",
        aliases=("last_day",),
        any_case=("last_day",),
    ),
    _cut("toStartOfQuarter", "date_trunc('quarter', {0})::date", "the first of the quarter"),
    _cut("toStartOfYear", "date_trunc('year', {0})::date", "the first of January"),
    _cut(
        "toStartOfISOYear",
        "date_trunc('week', make_date(extract(isoyear from {0})::integer, 1, 4))::date",
        "the Monday of ISO week 1",
    ),
]
BY_NAME = {row.name: row for row in ROWS}
ROWS += [
    Function(
        "dateTrunc",
        "const time [zone]",
        DATETIME,
        "",
        "to the second … year: toStartOfSecond … toStartOfYear; weeks start on Monday",
        aliases=("date_trunc",),
        any_case=("dateTrunc", "date_trunc"),
        rewrite=_truncated,
    ),
]
