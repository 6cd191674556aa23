"""Time zones. A moment is a timestamptz whatever its zone; the zone is in its type, and every function of
parts, buckets, days and texts works on the wall clock of that zone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from analytics.hogql.constants import fold
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import INT32, STRING, Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def wall(printer: Expressions, expr: Expr) -> str:
    """A time as its zone's clock shows it: a timestamp without time zone."""
    text = printer.value(expr)
    if expr.type.name == "Date":
        return f"({text})::timestamp"
    return f"({text} AT TIME ZONE {zone_name(printer, expr.type.zone)})"


def moment(printer: Expressions, text: str, zone: str) -> str:
    """A wall clock's time as a moment. In a zone, ClickHouse's choice where there are two or none."""
    if not zone:
        return f"({text} AT TIME ZONE 'UTC')"
    return f"hogql_at({text}, {zone_name(printer, zone)})"


def day_start(printer: Expressions, text: str, zone: str) -> str:
    """The first moment of a wall clock's day; the clock may skip or repeat midnight."""
    if not zone:
        return f"(date_trunc('day', {text}) AT TIME ZONE 'UTC')"
    return f"hogql_day_start({text}, {zone_name(printer, zone)})"


def zone_name(printer: Expressions, zone: str) -> str:
    return printer.parameter(zone, "text") if zone else "'UTC'"


def in_zone(expr: Expr, zone: str) -> Expr:
    """The same moment read in a zone; a Date is a Date in every zone."""
    if not expr.type.is_moment or expr.type.zone == zone:
        return expr
    type_ = replace(expr.type, zone=zone)
    if isinstance(expr, Literal):
        return Literal(expr.value, type_)
    return Call("toTimeZone", (expr, Literal(zone or "UTC", STRING)), type_)


def zone_of(expr: Expr) -> str:
    """A literal zone's name as types have it: "" for UTC."""
    assert isinstance(expr, Literal)
    return "" if expr.value == "UTC" else str(expr.value)


def zoned(row: Function, *, dates: bool = False) -> Function:
    """The row with one more argument, a zone. `dates`: a Date may stand beside one, which then says nothing;
    else that is refused, as in ClickHouse.
    """
    places = len(row.takes.split())

    def rewrite(args: list[Expr]) -> Expr | None:
        if len(args) <= places:
            return row.rewrite(args) if row.rewrite is not None else None
        if args[0].type.name == "Date" and not dates:
            message = f"A Date has no time zone, so `{row.name}` takes none beside it."
            raise ArgumentError(message, "Use toDateTime first, or leave the zone out.")
        args = [in_zone(args[0], zone_of(args[-1])), *args[1:-1]]
        made = row.rewrite(args) if row.rewrite is not None else None
        return made or fold(Call(row.name, tuple(args), row.result([arg.type for arg in args])))

    return replace(row, takes=f"{row.takes} [zone]", rewrite=rewrite)


def _to_zone(args: list[Expr]) -> Expr | None:
    return in_zone(args[0], zone_of(args[1])) if args[0].type.is_moment else None


def _zone_name(args: list[Expr]) -> Expr | None:
    return Literal(args[0].type.zone or "UTC", STRING)


def _offset(printer: Expressions, call: Call) -> str:
    (arg,) = call.args
    clocks = f"{wall(printer, arg)} - ({printer.value(arg)} AT TIME ZONE 'UTC')"
    return f"extract(epoch from {clocks})::bigint"


def _utc(shift: Callable[[Expressions, Expr, str], str]) -> Callable[[Expressions, Call], str]:
    def text(printer: Expressions, call: Call) -> str:
        return shift(printer, call.args[0], zone_of(call.args[1]))

    return text


def _same_type(types: list[Type]) -> Type:
    return types[0].required()


ROWS = [
    Function(
        "toTimeZone",
        "moment zone",
        _same_type,
        "{0}",
        "the same moment, shown and cut in that time zone",
        aliases=("toTimezone",),
        rewrite=_to_zone,
    ),
    Function(
        "timezoneOf",
        "moment",
        STRING,
        lambda printer, call: printer.parameter(call.args[0].type.zone or "UTC", "text"),
        "its time zone's name",
        aliases=("timeZoneOf",),
        rewrite=_zone_name,
    ),
    Function(
        "timezoneOffset",
        "moment",
        INT32,
        _offset,
        "seconds east of UTC then",
        aliases=("timeZoneOffset",),
    ),
    Function(
        "timezone",
        "",
        STRING,
        "'UTC'",
        "'UTC': what times without a zone are read in",
        aliases=("timeZone", "serverTimezone", "serverTimeZone"),
        any_case=("timezone",),
        rewrite=lambda args: Literal("UTC", STRING),
    ),
    Function(
        "toUTCTimestamp",
        "moment zone",
        _same_type,
        _utc(lambda printer, arg, zone: moment(printer, f"({printer.value(arg)} AT TIME ZONE 'UTC')", zone)),
        "the UTC clock, read as that zone's",
        aliases=("to_utc_timestamp",),
        any_case=("to_utc_timestamp",),
    ),
    Function(
        "fromUTCTimestamp",
        "moment zone",
        _same_type,
        _utc(
            lambda printer, arg, zone: (
                f"(({printer.value(arg)} AT TIME ZONE {zone_name(printer, zone)}) AT TIME ZONE 'UTC')"
            )
        ),
        "that zone's clock, read as UTC's",
        aliases=("from_utc_timestamp",),
        any_case=("from_utc_timestamp",),
    ),
]
