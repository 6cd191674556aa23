"""Times cut to buckets, moved and compared."""

from __future__ import annotations

from analytics.hogql.functions.row import Function
from analytics.hogql.types import (
    DATE,
    DATETIME,
    DATETIME64,
    INT64,
    STRING,
    UINT16,
    UINT64,
    interval,
)

_SPANS = [("Five", 5), ("Ten", 10), ("Fifteen", 15)]
ROWS = [
    *(
        Function(
            f"toStartOf{word}Minutes",
            "time",
            DATETIME,
            f"date_bin(make_interval(mins => {minutes}), {{0}}, '1970-01-01 00:00:00+00'::timestamptz)",
            f"to {minutes} minutes",
        )
        for word, minutes in _SPANS
    ),
    Function(
        "toLastDayOfMonth",
        "time",
        DATE,
        "(date_trunc('month', {0}) + '1 month - 1 day'::interval)::date",
        "its last day",
        aliases=("lastDay", "last_day"),
    ),
    Function(
        "toDaysSinceYearZero", "time", UINT64, "(({0})::date - '0001-01-01'::date + 366)::bigint", "days"
    ),
    Function("toMillisecond", "time", UINT16, "(extract(milliseconds from {0})::bigint % 1000)", "0 to 999"),
    Function(
        "toUnixTimestamp64Milli",
        "time",
        INT64,
        "floor(extract(epoch from {0}) * 1000)::bigint",
        "milliseconds since 1970",
    ),
    Function("fromUnixTimestamp", "int", DATETIME, "to_timestamp({0})", "the time of seconds since 1970"),
    Function(
        "fromUnixTimestamp64Milli",
        "int",
        DATETIME64,
        "to_timestamp({0} / 1000.0)",
        "the time of milliseconds",
    ),
    Function("age", "unit time time", INT64, "hogql_age({0}, {1}, {2})", "whole units from b to c"),
    Function("monthName", "time", STRING, "to_char({0}, 'FMMonth')", "January …"),
    # Time: buckets
    Function("toStartOfSecond", "time", DATETIME64, "date_trunc('second', {0})", "to the second"),
    Function("toStartOfMinute", "time", DATETIME, "date_trunc('minute', {0})", "to the minute"),
    Function("toStartOfHour", "time", DATETIME, "date_trunc('hour', {0})", "to the hour"),
    Function("toStartOfDay", "time", DATETIME, "date_trunc('day', {0})::timestamptz", "to midnight"),
    Function("toMonday", "time", DATE, "date_trunc('week', {0})::date", "the Monday of its week"),
    Function(
        "toStartOfWeek",
        "time [int]",
        DATE,
        "hogql_week({0}::date, {1|0})",
        "first day: Sunday, with mode 1 Monday",
    ),
    Function("toStartOfMonth", "time", DATE, "date_trunc('month', {0})::date", "the first of the month"),
    Function(
        "toStartOfQuarter", "time", DATE, "date_trunc('quarter', {0})::date", "the first of the quarter"
    ),
    Function("toStartOfYear", "time", DATE, "date_trunc('year', {0})::date", "the first of January"),
    Function(
        "dateDiff",
        "unit time time",
        INT64,
        "hogql_date_diff({0}, {1}, {2})",
        "boundaries crossed from b to c",
        aliases=("date_diff",),
        any_case=("dateDiff", "date_diff"),
    ),
]
ROWS += [
    Function(
        f"toInterval{unit}",
        "int",
        interval(unit),
        f"make_interval({keyword} => ({{0}})::integer{times})",
        f"n {unit.lower()}s",
    )
    for unit, keyword, times in [
        ("Second", "secs", ""),
        ("Minute", "mins", ""),
        ("Hour", "hours", ""),
        ("Day", "days", ""),
        ("Week", "weeks", ""),
        ("Month", "months", ""),
        ("Quarter", "months", " * 3"),
        ("Year", "years", ""),
    ]
]
