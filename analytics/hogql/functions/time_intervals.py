"""toStartOfInterval: buckets of any width, from ClickHouse's own beginnings or from an origin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analytics.hogql.constants import fold
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.time_buckets import TRUNCATIONS
from analytics.hogql.functions.time_units import BELOW_DAY, DIGITS
from analytics.hogql.functions.time_zones import day_start, in_zone, moment, wall, zone_of
from analytics.hogql.tree import Call, Expr, Interval, Literal
from analytics.hogql.types import DATE, NULL, STRING, Type
from analytics.hogql.zones import has_whole_hours

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# Seconds and what is below them are of other types there.
SINGLE = {unit: name for unit, name in TRUNCATIONS.items() if not unit.endswith("second")}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _cut(printer: Expressions, call: Call) -> str:
    time, span = call.args[:2]
    assert isinstance(span, Interval)
    if len(call.args) > 2:
        return _from_origin(printer, call, span)
    count = printer.parameter(span.count, "bigint")
    if span.unit in BELOW_DAY and span.unit != "hour":
        if span.unit == "second" and span.count % 60 and not has_whole_hours(time.type.zone or "UTC"):
            clock = wall(printer, time)
            seconds = f"floor(extract(epoch from {clock} - date_trunc('day', {clock})) / {count}) * {count}"
            text = f"(date_trunc('day', {clock}) + ({seconds}) * interval '1 second')"
            return moment(printer, text, time.type.zone)
        return _short(printer.value(time), span.unit, count)
    clock, zone = wall(printer, time), call.type.zone
    if span.unit == "hour":  # from the day's beginning
        hours = f"(extract(hour from {clock})::bigint / {count} * {count}) * interval '1 hour'"
        return moment(printer, f"(date_trunc('day', {clock}) + {hours})", zone)
    if span.unit == "day":
        day = f"'1970-01-01'::date + (({clock}::date - '1970-01-01'::date) / {count} * {count})::integer"
        return day_start(printer, f"({day})::timestamp", zone)
    if span.unit == "week":  # from the first Monday of 1970
        days = f"floor(({clock}::date - '1970-01-05'::date) / (7.0 * {count}))::integer"
        return f"greatest('1970-01-05'::date + ({days} * 7 * {count})::integer, '1970-01-01'::date)"
    if span.unit == "year":
        year = f"(extract(year from {clock})::bigint / {count} * {count})::integer"
        return f"greatest(make_date({year}, 1, 1), '1970-01-01'::date)"
    months = f"((extract(year from {clock}) - 1900) * 12 + extract(month from {clock}) - 1)::bigint"
    width = f"({_MONTHS[span.unit]} * {count})"
    first = f"('1900-01-01'::date + ({months} / {width} * {width}) * interval '1 month')::date"
    return f"greatest({first}, '1970-01-01'::date)"


def _short(text: str, unit: str, count: str) -> str:
    """Seconds and minutes are counted from 1970."""
    width = f"{count} * interval '1 {unit}'"
    return f"date_bin({width}, {text}, '1970-01-01 00:00:00+00'::timestamptz)"


def _from_origin(printer: Expressions, call: Call, span: Interval) -> str:
    time, _, origin = call.args
    at, start = f"({printer.value(time)})::timestamptz", f"({printer.value(origin)})::timestamptz"
    count = printer.parameter(span.count * _MONTHS.get(span.unit, 1), "bigint")
    if span.unit in _MONTHS:
        months = f"(hogql_age('month', {start}, {at}) / {count} * {count}) * interval '1 month'"
        text = f"({start} + {months})"
    elif span.unit == "hour":  # each day after the origin begins anew
        days = f"date_bin(interval '1 day', {at}, {start})"
        text = f"date_bin({count} * interval '1 hour', {at}, {days})"
    else:
        text = f"date_bin({count} * interval '1 {span.unit}', {at}, {start})"
    return f"({text})::date" if call.type.name == "Date" else text


def _typed(args: list[Expr]) -> Expr | None:
    """The call with the zone in its time's type, the interval a constant."""
    time, span, rest = args[0], args[1], args[2:]
    if time.type == NULL:
        return time
    if not isinstance(span, Interval) or span.count < 1:
        raise ArgumentError("A bucket's width is a constant above 0.", "For example `interval 15 minute`.")
    if rest and rest[-1].type == STRING:
        time = in_zone(time, zone_of(rest.pop()))
    if span.unit in BELOW_DAY and time.type.name == "Date":
        raise ArgumentError("A Date has no time of day to cut.", "Convert it with toDateTime.")
    if span.unit in DIGITS and not time.type.name.startswith("DateTime64"):
        raise ArgumentError("This time has no fractions to cut.", "Use an interval of seconds or more.")
    if not rest:
        type_ = _type(time.type, span.unit)
        if isinstance(time, Literal) and span.count == 1 and span.unit in SINGLE:
            return fold(Call(SINGLE[span.unit], (time,), type_))  # so that the planner sees the moment
        return Call("toStartOfInterval", (time, span), type_)
    origin = rest[0]
    if origin.type.required() != time.type.required():
        raise ArgumentError(f"The origin is a {time.type} too.", "Convert it, with toDateTime for example.")
    if time.type.zone and span.unit not in BELOW_DAY:
        raise ArgumentError("Days from an origin are counted in UTC only here.", "Leave out the time zone.")
    nullable = time.type.nullable or origin.type.nullable
    return Call("toStartOfInterval", (time, span, origin), time.type.or_null(nullable))


def _type(time: Type, unit: str) -> Type:
    if unit in {"week", "month", "quarter", "year"}:
        return DATE.or_null(time.nullable)
    if unit in DIGITS:
        return replace(time, name=f"DateTime64({DIGITS[unit]})")
    return replace(time, name="DateTime")


ROWS = [
    Function(
        "toStartOfInterval",
        "time interval [time|zone] [zone]",
        DATE,
        _cut,
        "to n seconds … years: `toStartOfInterval(t, interval 15 minute)`",
        aliases=("date_bin", "time_bucket"),
        any_case=("date_bin", "time_bucket"),
        rewrite=_typed,
    ),
]
