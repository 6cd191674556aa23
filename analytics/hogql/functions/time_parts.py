"""Parts of a time: year … second, and numbers made of them."""

from __future__ import annotations

from analytics.hogql.functions.row import Function
from analytics.hogql.types import UINT8, UINT16, UINT32

ROWS = [
    # Time: parts
    Function(
        "toYear",
        "time",
        UINT16,
        "extract(year from {0})::bigint",
        "the year",
        aliases=("year",),
        any_case=("year",),
    ),
    Function(
        "toQuarter",
        "time",
        UINT8,
        "extract(quarter from {0})::bigint",
        "quarter, 1 to 4",
        aliases=("quarter",),
    ),
    Function(
        "toMonth",
        "time",
        UINT8,
        "extract(month from {0})::bigint",
        "month, 1 to 12",
        aliases=("month",),
        any_case=("month",),
    ),
    Function(
        "toDayOfMonth",
        "time",
        UINT8,
        "extract(day from {0})::bigint",
        "day of the month",
        aliases=("day", "dayOfMonth"),
    ),
    Function(
        "toDayOfYear",
        "time",
        UINT16,
        "extract(doy from {0})::bigint",
        "day of the year",
        aliases=("dayOfYear",),
    ),
    Function(
        "toDayOfWeek",
        "time",
        UINT8,
        "extract(isodow from {0})::bigint",
        "1 is Monday, 7 Sunday",
        aliases=("dayOfWeek",),
    ),
    Function("toISOWeek", "time", UINT8, "extract(week from {0})::bigint", "ISO week"),
    Function("toISOYear", "time", UINT16, "extract(isoyear from {0})::bigint", "ISO year"),
    Function(
        "toHour",
        "time",
        UINT8,
        "extract(hour from {0})::bigint",
        "hour, 0 to 23",
        aliases=("hour",),
        any_case=("hour",),
    ),
    Function("toMinute", "time", UINT8, "extract(minute from {0})::bigint", "minute", aliases=("minute",)),
    Function(
        "toSecond", "time", UINT8, "floor(extract(second from {0}))::bigint", "second", aliases=("second",)
    ),
    Function(
        "toUnixTimestamp", "time", UINT32, "floor(extract(epoch from {0}))::bigint", "seconds since 1970"
    ),
    Function("toYYYYMM", "time", UINT32, "to_char({0}, 'YYYYMM')::bigint", "202611"),
    Function("toYYYYMMDD", "time", UINT32, "to_char({0}, 'YYYYMMDD')::bigint", "20261122"),
]
