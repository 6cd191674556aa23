"""Which functions of a time are constant over a UTC day or hour, so that rollups can answer them."""

from __future__ import annotations

from typing import Literal as Choice

from analytics.hogql.functions.time_format import pieces
from analytics.hogql.tree import Call, Interval, Literal

BY_DAY = {
    *("toDate", "toStartOfDay", "toMonday", "toStartOfWeek", "toLastDayOfWeek", "toStartOfMonth"),
    *("toLastDayOfMonth", "toStartOfQuarter", "toStartOfYear", "toStartOfISOYear", "toYear", "toQuarter"),
    *("toMonth", "toDayOfMonth", "toDayOfYear", "toDayOfWeek", "toWeek"),
    *("toYearWeek", "toISOWeek", "toISOYear"),
    *("toYYYYMM", "toYYYYMMDD", "toDaysInMonth", "toDaysSinceYearZero", "monthName"),
    *("toRelativeYearNum", "toRelativeQuarterNum", "toRelativeMonthNum"),
    *("toRelativeWeekNum", "toRelativeDayNum"),
    *("toYearNumSinceEpoch", "toMonthNumSinceEpoch"),
}
BY_HOUR = {"toHour", "toStartOfHour", "toRelativeHourNum"}
SECONDS = {"second": 1, "minute": 60, "hour": 3600}
# The codes of formatDateTime that are.
_DAY_CODES = set("abcCdDeFgGjmMQuVwWyY")
_HOUR_CODES = set("hHIklpz")


def bucket_width(call: Call) -> Choice["day", "hour", ""]:
    """What the call on a moment is constant over; "" if it may change inside an hour."""
    if call.name in BY_DAY:
        return "day"
    if call.name in BY_HOUR:
        return "hour"
    second = call.args[1] if len(call.args) == 2 else None
    if call.name == "toStartOfInterval" and isinstance(second, Interval):
        if second.unit in SECONDS:
            return "" if second.count * SECONDS[second.unit] % 3600 else "hour"
        return "day" if _is_days(second) else ""
    if call.name == "formatDateTime" and isinstance(second, Literal):
        codes = {code for code, _ in pieces(str(second.value)) if code}
        return "day" if codes <= _DAY_CODES else "hour" if codes <= _DAY_CODES | _HOUR_CODES else ""
    return ""


def span_width(call: Call) -> Choice["day", "hour", ""]:
    """What dateDiff and dateName, whose unit stands first, are constant over in each of their times."""
    unit = call.args[0].value if isinstance(call.args[0], Literal) else ""
    if call.name == "age" or unit in {"second", "minute", "millisecond", "microsecond"}:
        return ""
    return "hour" if unit == "hour" else "day"


def _is_days(interval: Interval) -> bool:
    return interval.unit in {"day", "week", "month", "quarter", "year"}
