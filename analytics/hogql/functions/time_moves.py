"""Times moved: t + interval, t + number, addDays …; and intervals themselves, which are counts in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from analytics.hogql.constants import cut, fold, parse_time
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.time_units import BELOW_DAY, DIGITS, UNITS, unit_of
from analytics.hogql.functions.time_zones import moment, wall
from analytics.hogql.tree import Call, Expr, Interval, Literal
from analytics.hogql.types import DATE, DATETIME64, NULL, STRING, Type, interval

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def moved_type(types: list[Type]) -> Type:
    """Of a time and a step: a Date moved by less than days becomes a DateTime, fractions add digits."""
    time, step = types[0].required(), types[1]
    unit = step.name.removeprefix("Interval").lower()
    if not step.is_interval or unit not in BELOW_DAY:
        return time
    digits = max(time.precision, DIGITS.get(unit, 0))
    if time.name.startswith("DateTime64") or digits:
        return Type(f"DateTime64({digits})", zone=time.zone)
    return Type("DateTime", zone=time.zone)


def difference_type(types: list[Type]) -> Type:
    """Days between Dates, seconds between DateTimes, with fractions where one has them."""
    digits = max(type_.precision for type_ in types)
    fractions = any(type_.name.startswith("DateTime64") for type_ in types)
    return Type(f"Decimal(18, {digits})") if fractions else Type("Int32")


def fits(name: str, types: list[Type]) -> bool:
    """Whether + or - takes these two, of which one is a time or an interval."""
    left, right = types
    if NULL in types:
        return True
    if left.is_interval and right.is_interval:
        return left.required() == right.required()
    if left.is_time and right.is_time:
        return name == "minus" and left.is_moment == right.is_moment
    if right.is_time:
        return name == "plus" and fits(name, [right, left])
    if not left.is_time:
        return False
    finer = right.is_interval and right.name.removeprefix("Interval").lower() in DIGITS
    return right.is_number or (right.is_interval and not (finer and left.required() == DATE))


def moved(printer: Expressions, call: Call, sign: str) -> str:
    """A time moved by an interval, or by a number: days for a Date, seconds for a DateTime."""
    time, step = call.args
    unit = step.type.name.removeprefix("Interval").lower()
    count = printer.number(step)
    if not step.type.is_interval:
        unit = "second" if time.type.is_moment else "day"
        count = f"trunc({count})" if step.type.is_float else count
    if time.type.name == "Date" and unit in {"day", "week"}:
        return f"({printer.value(time)} {sign} (({count}){' * 7' * (unit == 'week')})::integer)"
    span = f"({count}) * interval '{'3 month' if unit == 'quarter' else f'1 {unit}'}'"
    if time.type.name == "Date":
        clock = f"({printer.value(time)}::timestamp {sign} {span})"
        return moment(printer, clock, "") if unit in BELOW_DAY else f"{clock}::date"
    if unit in BELOW_DAY or not time.type.zone:
        return f"({printer.value(time)} {sign} {span})"
    return moment(printer, f"({wall(printer, time)} {sign} {span})", time.type.zone)


def difference(printer: Expressions, call: Call) -> str:
    """One time minus another."""
    left, right = map(printer.value, call.args)
    if call.args[0].type.name == "Date":
        return f"({left} - {right})::bigint"
    digits = max(arg.type.precision for arg in call.args)
    if "Int" in call.type.name:
        return f"extract(epoch from ({left} - {right}))::bigint"
    return f"extract(epoch from ({left} - {right}))::numeric(18, {digits})"


def plus_minus(printer: Expressions, call: Call) -> str:
    """+ and - where a time or an interval is among the two."""
    left, right = call.args
    sign = "-" if call.name == "minus" else "+"
    if left.type.is_interval and right.type.is_interval:
        return f"({printer.value(left)} {sign} {printer.value(right)})"
    if left.type.is_time and right.type.is_time:
        return difference(printer, call)
    if right.type.is_time:
        return moved(printer, Call(call.name, (right, left), call.type), sign)
    return moved(printer, call, sign)


def as_time(expr: Expr) -> Expr:
    """Text that is moved by an interval is read as DateTime64(3), as ClickHouse does; a constant only."""
    if expr.type.required() != STRING:
        return expr
    found = parse_time(expr.value) if isinstance(expr, Literal) and isinstance(expr.value, str) else None
    if found is None:
        raise ArgumentError("This text cannot be moved in time.", "Convert it with toDateTime.")
    return Literal(cut(found, 3) if isinstance(found, datetime) else found, DATETIME64)


def _shift(name: str, time: Expr, step: Expr) -> Expr:
    time = as_time(time)
    types = [time.type, step.type]
    if step.type != NULL and not fits(name, types):
        raise ArgumentError(f"{time.type} cannot be moved by {step.type}.", "Convert it with toDateTime.")
    nullable = any(type_.nullable for type_ in types)
    return fold(Call(name, (time, step), NULL if NULL in types else moved_type(types).or_null(nullable)))


def _span(unit: str, count: Expr) -> Expr:
    """toIntervalDay(n): a constant is an Interval."""
    if (
        isinstance(count, Literal)
        and isinstance(count.value, str | float)
        and not isinstance(count.value, bool)
    ):
        try:
            count = Literal(int(count.value), Type("Int64"))
        except (ValueError, OverflowError):
            raise ArgumentError("An interval counts in whole numbers.", "For example 30.") from None
    if count.type.required() == STRING:
        raise ArgumentError("An interval counts in whole numbers.", "Convert the text with toInt.")
    if isinstance(count, Literal) and isinstance(count.value, int):
        return Interval(int(count.value), unit, interval(unit))
    if count.type == NULL:
        return count
    return Call(f"toInterval{unit.capitalize()}", (count,), interval(unit).or_null(count.type.nullable))


def _any_span(args: list[Expr]) -> Expr:
    unit = unit_of(args[1].value) if isinstance(args[1], Literal) else None
    if unit is None:
        raise ArgumentError("`toInterval` takes a number and a unit.", f"One of {', '.join(UNITS)}.")
    return _span(unit, args[0])


def _dated(name: str, args: list[Expr]) -> Expr:
    """dateAdd(day, n, t), dateAdd(t, interval)."""
    if len(args) == 2:
        swapped = name == "plus" and args[0].type.is_interval
        return _shift(name, *(args[::-1] if swapped else args))
    unit = unit_of(args[0].value) if isinstance(args[0], Literal) else None
    if unit is None:
        raise ArgumentError("A unit stands first.", f"One of {', '.join(UNITS)}.")
    return _shift(name, args[2], _span(unit, args[1]))


def _interval_row(unit: str) -> Function:
    return Function(
        f"toInterval{unit.capitalize()}",
        "number|text",
        interval(unit),
        lambda printer, call: f"trunc({printer.number(call.args[0])})::bigint",
        f"n {unit}s",
        rewrite=lambda args: _span(unit, args[0]),
    )


def _move_row(verb: str, name: str, unit: str) -> Function:
    """addDays(t, n) is t + toIntervalDay(n)."""
    return Function(
        f"{verb}{unit.capitalize()}s",
        "time|text number|text",
        moved_type,
        "",
        f"t {'+' if name == 'plus' else '-'} n {unit}s; months clamp to the last day",
        rewrite=lambda args: _shift(name, args[0], _span(unit, args[1])),
    )


def _date_row(name: str, verb: str, takes: str, *aliases: str) -> Function:
    return Function(
        verb,
        takes,
        moved_type,
        "",
        "dateAdd(day, n, t), or a time and an interval"
        if len(takes.split()) == 3
        else "a time and an interval",
        aliases=aliases,
        any_case=(verb, *aliases),
        rewrite=lambda args: _dated(name, args),
    )


ROWS = [
    *(_interval_row(unit) for unit in UNITS),
    *(_move_row("add", "plus", unit) for unit in UNITS),
    *(_move_row("subtract", "minus", unit) for unit in UNITS),
    Function("toInterval", "number text", NULL, "", "n of a unit, 'day' for example", rewrite=_any_span),
    _date_row("plus", "dateAdd", "any any [time|text]", "date_add", "timestampAdd", "timestamp_add"),
    _date_row("minus", "dateSub", "any any [time|text]", "date_sub", "timestampSub", "timestamp_sub"),
    _date_row("plus", "addDate", "time|text interval"),
    _date_row("minus", "subDate", "time|text interval"),
]
