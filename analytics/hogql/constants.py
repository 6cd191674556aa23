"""Fold calls on constants, so that the planner sees the instants that a query names.

Only what windows are written with: now() and dates moved by intervals and cut to buckets, in any time zone.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta

from analytics.hogql.tree import Call, Expr, Interval, Literal, Value
from analytics.hogql.types import DATE, Type
from analytics.hogql.zones import at, day_start, has_whole_hours, wall

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:([ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
TEXTS = {"toDate", "toDateTime", "toDateTime64", "parseDateTimeBestEffort", "parseDateTime64BestEffort"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DATE, _LAST_MOMENT = date(2149, 6, 6), datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC)


def parse_time(text: str, zone: str = "") -> datetime | date | None:
    """A Date or DateTime from ISO text, read in the zone unless it names an offset; None if it is neither."""
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    try:
        if match[1] is None:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else at(moment, zone)
    except (ValueError, OverflowError):
        return None


def cut(moment: datetime, digits: int) -> datetime:
    """The moment without what lies behind so many digits of its second."""
    step: int = 10 ** (6 - digits)
    return moment.replace(microsecond=moment.microsecond // step * step)


def fold(call: Call) -> Expr:
    """The literal that a call on literals is, or the call itself where it is not one of ours to fold."""
    if not call.args or not all(isinstance(arg, Literal | Interval) for arg in call.args):
        return call
    first = call.args[0]
    if isinstance(first, Interval):
        return _of_intervals(call, first)
    try:
        value = _value(call)
    except (OverflowError, ValueError):
        return call
    if value is None or not _in_range(value, call.type):
        return call
    return Literal(value, call.type.required())


def _of_intervals(call: Call, first: Interval) -> Expr:
    """-interval, interval + interval."""
    if call.name == "negate":
        return Interval(-first.count, first.unit, first.type)
    other = call.args[1] if len(call.args) > 1 else None
    if call.name in {"plus", "minus"} and isinstance(other, Interval):
        count = other.count if call.name == "plus" else -other.count
        return Interval(first.count + count, first.unit, first.type)
    return call


def _in_range(value: Value, type_: Type) -> bool:
    """Whether ClickHouse's type holds it: beyond, it wraps or clamps, which is left to the engine."""
    if isinstance(value, datetime):
        return type_.name != "DateTime" or _EPOCH <= value <= _LAST_MOMENT
    return not isinstance(value, date) or _EPOCH.date() <= value <= _LAST_DATE


def _value(call: Call) -> Value:
    first = call.args[0]
    if not isinstance(first, Literal):
        return None
    value: Value = first.value
    if isinstance(value, str) and call.name in TEXTS and not call.type.nullable:
        value = parse_time(value, "" if call.name == "toDate" else call.type.zone)
    if type(value) is int and call.name == "toDateTime" and 0 <= value < 1 << 32:
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, date):
        return None
    if call.name in {"plus", "minus"}:
        return _moved(value, call)
    zone = first.type.zone
    return _bucket(call, value, wall(value, zone) if isinstance(value, datetime) else _midnight(value))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _moved(value: date, call: Call) -> Value:
    """A time plus or minus an interval; a bare number is days for a Date, seconds for a DateTime."""
    step = call.args[1]
    if isinstance(step, Literal):
        if isinstance(step.value, bool) or not isinstance(step.value, int):
            return None
        count, unit = step.value, "second" if isinstance(value, datetime) else "day"
    elif isinstance(step, Interval):
        count, unit = step.count, step.unit
    count = -count if call.name == "minus" else count
    if unit in _SECONDS:
        moment = value if isinstance(value, datetime) else _midnight(value).replace(tzinfo=UTC)
        return moment + timedelta(seconds=count * _SECONDS[unit])
    if unit not in _DAYS and unit not in _MONTHS:
        return None
    zone = call.type.zone
    clock = wall(value, zone) if isinstance(value, datetime) else _midnight(value)
    clock = (
        clock + timedelta(days=count * _DAYS[unit]) if unit in _DAYS else _later(clock, count * _MONTHS[unit])
    )
    return at(clock, zone) if isinstance(value, datetime) else clock.date()


def _later(clock: datetime, months: int) -> datetime:
    """31 January plus a month is the last of February: months clamp."""
    year, month = divmod(clock.year * 12 + clock.month - 1 + months, 12)
    day = min(clock.day, calendar.monthrange(year, month + 1)[1])
    return clock.replace(year=year, month=month + 1, day=day)


def _bucket(call: Call, value: date, clock: datetime) -> Value:
    """`clock` is what the wall clock shows at `value`."""
    day = clock.date()
    moment = value if isinstance(value, datetime) else None
    match call.name:
        case "toDate":
            return day
        case "toDateTime" | "parseDateTimeBestEffort":
            return moment.replace(microsecond=0) if moment else day_start(day, call.type.zone)
        case "toDateTime64" | "parseDateTime64BestEffort":
            return cut(moment, call.type.precision) if moment else day_start(day, call.type.zone)
        case "toStartOfMinute" if moment:
            return moment.replace(second=0, microsecond=0)
        case "toStartOfHour" if moment and has_whole_hours(call.type.zone or "UTC"):
            return moment.replace(minute=0, second=0, microsecond=0)
        case "toStartOfDay":
            return day_start(day, call.type.zone)
        case "toMonday":
            return day - timedelta(days=day.weekday())
        case "toStartOfWeek":
            mode = call.args[1] if len(call.args) > 1 else None
            monday = isinstance(mode, Literal) and isinstance(mode.value, int) and mode.value % 2 == 1
            return day - timedelta(days=day.weekday() if monday else (day.weekday() + 1) % 7)
        case "toStartOfMonth":
            return day.replace(day=1)
        case "toLastDayOfMonth":
            return day.replace(day=calendar.monthrange(day.year, day.month)[1])
        case "toStartOfQuarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "toStartOfYear":
            return day.replace(month=1, day=1)
        case _:
            return None


def instant(literal: Literal) -> datetime | None:
    """The moment a Date or DateTime literal is, in UTC; None for any other literal."""
    if not literal.type.is_time:
        return None
    value = literal.value
    if isinstance(value, datetime):
        return value
    return _midnight(value).replace(tzinfo=UTC) if isinstance(value, date) else None


def in_zone_of(literal: Literal, zone: str) -> Literal:
    """A Date beside a DateTime of a zone is that day's first moment there."""
    if literal.type.required() != DATE or not zone or not isinstance(literal.value, date):
        return literal
    return Literal(day_start(literal.value, zone), Type("DateTime", zone=zone))
