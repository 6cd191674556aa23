"""From one time to another: boundaries crossed, or whole units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.time_parts import since_epoch
from analytics.hogql.functions.time_units import UNITS, unit_of
from analytics.hogql.functions.time_zones import in_zone, moment, wall, zone_of
from analytics.hogql.print_call import fill
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import INT64, STRING, Type
from analytics.hogql.zones import epoch_offset

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# {0} and {1} are wall clocks.
_CROSSED = {
    "day": "({1}::date - {0}::date)::bigint",
    "week": "((date_trunc('week', {1})::date - date_trunc('week', {0})::date) / 7)::bigint",
    "month": (
        "((extract(year from {1}) - extract(year from {0})) * 12"
        " + extract(month from {1}) - extract(month from {0}))::bigint"
    ),
    "quarter": (
        "((extract(year from {1}) - extract(year from {0})) * 4"
        " + extract(quarter from {1}) - extract(quarter from {0}))::bigint"
    ),
    "year": "(extract(year from {1}) - extract(year from {0}))::bigint",
}
_PER_SECOND = {"microsecond": 1_000_000, "millisecond": 1000, "second": 1}
_SECONDS = {"second": 1, "minute": 60}


def _units(name: str, args: list[Expr]) -> Expr | None:
    """The unit by its full name, the zone in the times' types."""
    unit = unit_of(args[0].value) if isinstance(args[0], Literal) else None
    if unit is None:
        raise ArgumentError(f"`{name}` takes a unit first.", f"One of {', '.join(UNITS)}.")
    start, end = args[1:3]
    if len(args) == 4:
        start, end = (_zoned(expr, zone_of(args[3])) for expr in (start, end))
    elif name == "age" and start.type.zone != end.type.zone and unit not in {*_PER_SECOND, "minute"}:
        message = "`age` takes two times of one time zone."
        raise ArgumentError(message, "Read both in one, with toTimeZone, or name the zone last.")
    elif args[0].type == STRING and args[0].value == unit:  # type: ignore[union-attr]
        return None
    return Call(
        name, (Literal(unit, STRING), start, end), INT64.or_null(start.type.nullable or end.type.nullable)
    )


def _zoned(expr: Expr, zone: str) -> Expr:
    """A Date beside a zone begins there."""
    if expr.type.name == "Date":
        type_ = Type("DateTime", expr.type.nullable, zone=zone)
        return Call("toDateTime", (expr, Literal(zone or "UTC", STRING)), type_)
    return in_zone(expr, zone)


def _date_diff(printer: Expressions, call: Call) -> str:
    unit, start, end = call.args
    assert isinstance(unit, Literal)
    name = str(unit.value)
    if name in _CROSSED:
        return fill(_CROSSED[name], [wall(printer, start), wall(printer, end)])
    if name == "hour":
        low, high = (_hours(printer, arg) for arg in (start, end))
        return f"({high} - {low})"
    if name in _SECONDS:
        low, high = (since_epoch(printer, arg, _SECONDS[name]) for arg in (start, end))
        return f"({high} - {low})"
    low, high = (
        f"floor(extract(epoch from ({printer.value(arg)})::timestamptz) * {_PER_SECOND[name]})::bigint"
        for arg in (start, end)
    )
    return f"({high} - {low})"


def _hours(printer: Expressions, expr: Expr) -> str:
    """ClickHouse's hours for differences: in every zone they begin where the zone's 1970 did."""
    shift = 86_400 - (epoch_offset(expr.type.zone) if expr.type.zone else 0)
    return f"floor((extract(epoch from ({printer.value(expr)})::timestamptz) + {shift}) / 3600)::bigint"


def _age(printer: Expressions, call: Call) -> str:
    """Hours and shorter by the instants, days and longer by the wall clocks."""
    unit, start, end = call.args
    assert isinstance(unit, Literal)
    if unit.value in _CROSSED:
        times = [moment(printer, wall(printer, arg), "") for arg in (start, end)]
        if unit.value == "week":
            return f"hogql_age_weeks({times[0]}, {times[1]})"
    else:
        times = [f"({printer.value(arg)})::timestamptz" for arg in (start, end)]
    return f"hogql_age({printer.parameter(unit.value, 'text')}, {times[0]}, {times[1]})"


def _time_diff(printer: Expressions, call: Call) -> str:
    low, high = (since_epoch(printer, arg, 1) for arg in call.args)
    return f"({high} - {low})"


ROWS = [
    Function(
        "dateDiff",
        "const time time [zone]",
        INT64,
        _date_diff,
        "boundaries of the unit crossed from b to c",
        aliases=("date_diff", "timestampDiff", "timestamp_diff"),
        any_case=("dateDiff", "date_diff", "timestampDiff", "timestamp_diff"),
        rewrite=lambda args: _units("dateDiff", args),
    ),
    Function(
        "age",
        "const time time [zone]",
        INT64,
        _age,
        "whole units from b to c",
        any_case=("age",),
        rewrite=lambda args: _units("age", args),
    ),
    Function("timeDiff", "moment moment", INT64, _time_diff, "seconds from a to b", any_case=("timeDiff",)),
]
