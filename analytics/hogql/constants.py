"""Fold calls on constants, so that the planner sees the instants that a query names.

Only what windows are written with: now() and dates moved by intervals and cut to buckets.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta

from analytics.hogql.tree import Call, Expr, Interval, Literal, Value
from analytics.hogql.types import DATE, DATETIME, DATETIME64, interval

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def parse_time(text: str) -> datetime | date | None:
    """A Date or DateTime from ISO text, naive read as UTC, to the millisecond. None if it is neither."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def fold(call: Call) -> Expr:
    """The literal that a call on literals is, or the call itself where it is not one of ours to fold."""
    if call.type.is_interval and isinstance(call.args[0], Literal) and isinstance(call.args[0].value, int):
        return Interval(call.args[0].value, call.name.removeprefix("toInterval").lower(), call.type)
    if not all(isinstance(arg, Literal | Interval) for arg in call.args):
        return call
    try:
        value = _value(call)
    except (OverflowError, ValueError):
        return call
    return call if value is None else Literal(value, call.type)


def _value(call: Call) -> Value:
    first = call.args[0] if call.args else None
    if not isinstance(first, Literal):
        return None
    value = first.value
    if call.name in {"plus", "minus"} and isinstance(value, date):
        return _moved(value, call)
    if isinstance(value, str) and call.name in {"toDate", "toDateTime"}:
        value = parse_time(value)
    if not isinstance(value, date):
        return None
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
    return _bucket(call, moment)


def _moved(value: date, call: Call) -> Value:
    """A time plus or minus an interval; a bare number is days for a Date, seconds for a DateTime."""
    step = call.args[1]
    if isinstance(step, Literal):
        if not isinstance(step.value, int):
            return None
        unit = "second" if isinstance(value, datetime) else "day"
        step = Interval(step.value, unit, interval(unit))
    assert isinstance(step, Interval)
    count = -step.count if call.name == "minus" else step.count
    if step.unit in _MONTHS:
        return _months_later(value, count * _MONTHS[step.unit])
    if step.unit in {"second", "minute", "hour"} and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    return value + timedelta(seconds=count * _SECONDS[step.unit])


def _months_later(value: date, months: int) -> date:
    """31 January plus a month is the last of February: months clamp."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    return value.replace(
        year=year, month=month + 1, day=min(value.day, calendar.monthrange(year, month + 1)[1])
    )


def _bucket(call: Call, moment: datetime) -> Value:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match call.name:
        case "toDate":
            return moment.date()
        case "toDateTime":
            return moment.replace(microsecond=0)
        case "toStartOfMinute":
            return moment.replace(second=0, microsecond=0)
        case "toStartOfHour":
            return moment.replace(minute=0, second=0, microsecond=0)
        case "toStartOfDay":
            return midnight
        case "toMonday":
            return moment.date() - timedelta(days=moment.weekday())
        case "toStartOfWeek":
            mode = call.args[1] if len(call.args) > 1 else None
            monday = isinstance(mode, Literal) and bool(mode.value)
            return moment.date() - timedelta(days=moment.weekday() if monday else (moment.weekday() + 1) % 7)
        case "toStartOfMonth":
            return midnight.date().replace(day=1)
        case "toStartOfQuarter":
            return midnight.date().replace(month=(moment.month - 1) // 3 * 3 + 1, day=1)
        case "toStartOfYear":
            return midnight.date().replace(month=1, day=1)
        case _:
            return None


def instant(literal: Literal) -> datetime | None:
    """The moment a Date or DateTime literal is, in UTC; None for any other literal."""
    if literal.type.required() not in {DATE, DATETIME, DATETIME64}:
        return None
    value = literal.value
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None
