"""Parts of a time: year … millisecond, numbers made of them, and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import Function, Printer
from analytics.hogql.functions.time_zones import wall, zoned
from analytics.hogql.print_call import fill
from analytics.hogql.tree import Call, Expr
from analytics.hogql.types import STRING, UINT8, UINT16, UINT32, UINT64, Type
from analytics.hogql.zones import epoch_offset, has_whole_hours

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def on_wall(template: str) -> Printer:
    """A template whose first place is the wall clock's time."""

    def text(printer: Expressions, call: Call) -> str:
        return fill(template, [wall(printer, call.args[0]), *map(printer.whole, call.args[1:])])

    return text


def _part(
    name: str,
    returns: Type,
    template: str,
    doc: str,
    *,
    also: str = "",
    any_case: str = "",
    moment: bool = False,
) -> Function:
    """`also` are aliases, `any_case` the names that are read in any case."""
    aliases = (*also.split(), *(other for other in any_case.split() if other != name))
    row = Function(
        name,
        "moment" if moment else "time",
        returns,
        on_wall(template),
        doc,
        aliases=aliases,
        any_case=tuple(any_case.split()),
    )
    return zoned(row, dates=True)


def since_epoch(printer: Expressions, expr: Expr, seconds: int) -> str:
    """Hours, minutes or seconds since 1970; in a zone with half hours, by the fraction it had in 1970."""
    zone = expr.type.zone
    since = f"extract(epoch from ({printer.value(expr)})::timestamptz)"
    if seconds == 3600 and zone and not has_whole_hours(zone):
        since += f" + {86_400 - epoch_offset(zone)}"
    return f"floor(({since}) / {seconds})::bigint"


def _relative_row(unit: str, seconds: int) -> Function:
    doc = f"{unit.lower()}s since 1970"
    return zoned(
        Function(
            f"toRelative{unit}Num", "time", UINT32, lambda p, call: since_epoch(p, call.args[0], seconds), doc
        ),
        dates=True,
    )


def _since_year_zero(printer: Expressions, call: Call) -> str:
    """Of a DateTime ClickHouse takes UTC's day in every zone, of a DateTime64 the zone's."""
    arg = call.args[0]
    clock = f"({printer.value(arg)})" if arg.type.name == "DateTime" else wall(printer, arg)
    return f"(({clock})::date - '0001-01-01'::date + 366)::bigint"


# What MySQL's week modes 0 … 9 are made of: hogql_week_number in migration 0007.
_WEEK = "hogql_week_number(({0})::date, {1|0}, false)"
_YEAR_WEEK = "hogql_week_number(({0})::date, {1|0}, true)"
_WEEKDAY = (
    "(CASE mod(({1|0}), 4) WHEN 0 THEN extract(isodow from {0}) WHEN 1 THEN extract(isodow from {0}) - 1"
    " WHEN 2 THEN extract(dow from {0}) ELSE extract(dow from {0}) + 1 END)::bigint"
)
_MONTHS = "(extract(year from {0}) * 12 + extract(month from {0}))::bigint"
_DAYS = "(({0})::date - '1970-01-01'::date)::bigint"

ROWS = [
    # date_part gives a float8: 130 ns less a row than extract's numeric.
    _part("toYear", UINT16, "date_part('year', {0})::bigint", "the year", any_case="year"),
    _part("toQuarter", UINT8, "date_part('quarter', {0})::bigint", "quarter, 1 to 4", any_case="quarter"),
    _part("toMonth", UINT8, "date_part('month', {0})::bigint", "month, 1 to 12", any_case="month"),
    _part(
        "toDayOfMonth",
        UINT8,
        "date_part('day', {0})::bigint",
        "day of the month",
        any_case="day dayOfMonth",
    ),
    _part("toDayOfYear", UINT16, "date_part('doy', {0})::bigint", "day of the year", any_case="dayOfYear"),
    _part("toISOWeek", UINT8, "date_part('week', {0})::bigint", "ISO week"),
    _part("toISOYear", UINT16, "date_part('isoyear', {0})::bigint", "ISO year"),
    _part("toHour", UINT8, "date_part('hour', {0})::bigint", "hour, 0 to 23", any_case="hour", moment=True),
    _part("toMinute", UINT8, "date_part('minute', {0})::bigint", "minute", any_case="minute", moment=True),
    _part(
        "toSecond",
        UINT8,
        "floor(extract(second from {0}))::bigint",
        "second",
        any_case="second",
        moment=True,
    ),
    _part(
        "toMillisecond",
        UINT16,
        "mod(floor(extract(milliseconds from {0}))::bigint, 1000)",
        "0 to 999",
        any_case="millisecond",
        moment=True,
    ),
    _part("toYYYYMM", UINT32, "to_char({0}, 'YYYYMM')::bigint", "202611"),
    _part("toYYYYMMDD", UINT32, "to_char({0}, 'YYYYMMDD')::bigint", "20261122"),
    _part("toYYYYMMDDhhmmss", UINT64, "to_char({0}, 'YYYYMMDDHH24MISS')::bigint", "20261122235959"),
    _part(
        "toDaysInMonth",
        UINT8,
        "extract(day from date_trunc('month', {0}) + '1 month - 1 day')::bigint",
        "28 to 31",
    ),
    zoned(
        Function(
            "toDaysSinceYearZero",
            "time",
            UINT32,
            _since_year_zero,
            "days since the year 0",
            aliases=("to_days",),
            any_case=("to_days",),
        ),
        dates=True,
    ),
    _part("monthName", STRING, "to_char({0}, 'FMMonth')", "January …", any_case="monthName"),
    zoned(
        Function(
            "toDayOfWeek",
            "time [int]",
            UINT8,
            on_wall(_WEEKDAY),
            "1 is Monday, 7 Sunday; modes 1 (0 is Monday), 2 (0 is Sunday), 3 (1 is Sunday)",
            aliases=("dayOfWeek",),
            any_case=("dayOfWeek",),
        ),
        dates=True,
    ),
    zoned(
        Function(
            "toWeek",
            "time [int]",
            UINT8,
            on_wall(_WEEK),
            "the week's number, by MySQL's modes 0 to 9",
            aliases=("week",),
            any_case=("week",),
        ),
        dates=True,
    ),
    zoned(
        Function(
            "toYearWeek",
            "time [int]",
            UINT32,
            on_wall(_YEAR_WEEK),
            "year and week, 202647, by MySQL's modes",
            aliases=("yearweek",),
            any_case=("yearweek",),
        ),
        dates=True,
    ),
    _part("toRelativeYearNum", UINT16, "date_part('year', {0})::bigint", "the year"),
    _part(
        "toRelativeQuarterNum",
        UINT32,
        "(extract(year from {0}) * 4 + extract(quarter from {0}) - 1)::bigint",
        "quarters since the year 0",
    ),
    _part("toRelativeMonthNum", UINT32, _MONTHS, "months since the year 0"),
    _part("toRelativeWeekNum", UINT32, f"(({_DAYS} + 3) / 7)", "weeks since 1970"),
    _part("toRelativeDayNum", UINT32, _DAYS, "days since 1970"),
    _relative_row("Hour", 3600),
    _relative_row("Minute", 60),
    _relative_row("Second", 1),
    _part("toYearNumSinceEpoch", UINT16, "(extract(year from {0}) - 1970)::bigint", "years since 1970"),
    _part(
        "toMonthNumSinceEpoch",
        UINT32,
        "((extract(year from {0}) - 1970) * 12 + extract(month from {0}) - 1)::bigint",
        "months since 1970",
    ),
]
