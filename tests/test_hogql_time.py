"""Times, judged by ClickHouse: parts, buckets, differences and moves, in every awkward zone."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from tests.clickhouse import differences

pytestmark = pytest.mark.django_db(transaction=True)

# Seconds around what clocks do: winter, summer, both changes in Berlin, New York, Lord Howe, Havana, Cairo,
# year ends, leap days, the first and the last day.
SECONDS = [
    *(0, 86_399, 951_782_400, 1_709_164_800, 1_735_689_599, 1_767_225_600, 1_767_229_323),
    *(1_774_745_999, 1_774_746_000, 1_792_888_200, 1_792_891_800, 1_772_953_200, 1_793_511_000),
    *(
        1_759_590_900,
        1_759_591_800,
        1_775_314_800,
        1_775_316_600,
        1_772_946_000,
        1_793_505_000,
        1_777_031_999,
    ),
]
DATES = [
    *("1970-01-01", "1999-12-31", "2000-02-29", "2024-12-29", "2024-12-30", "2024-12-31", "2025-01-01"),
    *("2025-12-28", "2025-12-29", "2026-01-01", "2026-01-04", "2026-01-05", "2026-03-31", "2027-01-03"),
]
ZONES = [
    *("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"),
    *("America/Havana", "Africa/Cairo", "America/St_Johns", "Pacific/Apia", "Europe/London", "UTC"),
]
IN_ZONES = [f"toDateTime({second}, '{zone}')" for zone in ZONES for second in SECONDS]
MOMENTS = [f"toDateTime({second})" for second in SECONDS]
PRECISE = [
    "toDateTime64('2026-03-29 23:30:45.678', 3)",
    "toDateTime64('2026-03-29 23:30:45.678', 3, 'Asia/Kolkata')",
]
DAYS = [f"toDate('{date}')" for date in DATES]

OF_DAYS = [
    *(
        "toYear",
        "toQuarter",
        "toMonth",
        "toDayOfMonth",
        "toDayOfYear",
        "toDayOfWeek",
        "toISOWeek",
        "toISOYear",
    ),
    *("toYYYYMM", "toYYYYMMDD", "toYYYYMMDDhhmmss", "toDaysInMonth", "toDaysSinceYearZero", "monthName"),
    *("toWeek", "toYearWeek", "toMonday", "toStartOfWeek", "toLastDayOfWeek", "toStartOfMonth"),
    *("toLastDayOfMonth", "toStartOfQuarter", "toStartOfYear", "toStartOfISOYear", "toStartOfDay"),
    *(
        f"toRelative{unit}Num"
        for unit in ("Year", "Quarter", "Month", "Week", "Day", "Hour", "Minute", "Second")
    ),
    *("toYearNumSinceEpoch", "toMonthNumSinceEpoch"),
]
OF_MOMENTS = [
    *("toHour", "toMinute", "toSecond", "toMillisecond", "toStartOfMinute", "toStartOfHour", "timeSlot"),
    *("toStartOfFiveMinutes", "toStartOfTenMinutes", "toStartOfFifteenMinutes"),
    *("timezoneOf", "timezoneOffset"),
]
# A clock shows some moments twice; the judge cannot tell them apart by their text.
SHORT = OF_MOMENTS[4:10]


def in_one(function: str, values: list[str]) -> str:
    """One query for many values: each a column."""
    return "select " + ", ".join(f"{function}({value}) as c{i}" for i, value in enumerate(values))


def test_parts_and_buckets(project: Project) -> None:
    texts = [in_one(name, [*DAYS, *MOMENTS, *PRECISE]) for name in OF_DAYS]
    texts += [in_one(name, [*MOMENTS, *PRECISE]) for name in OF_MOMENTS]
    assert not differences(project, texts)


def test_parts_and_buckets_in_zones(project: Project) -> None:
    rest = [name for name in [*OF_DAYS, *OF_MOMENTS] if name not in SHORT]
    later = [value for value in IN_ZONES if "e(0," not in value and "86399" not in value]
    texts = [in_one(name, later) for name in rest]
    texts += [in_one("toUnixTimestamp", [f"{name}({value})" for value in later]) for name in SHORT]
    assert not differences(project, texts)


def test_a_zone_as_an_argument(project: Project) -> None:
    texts = [
        f"{name}(toDateTime(1767229323){', 1' * ('Week' in name and 'ISO' not in name)}, '{zone}')"
        for name in [*OF_DAYS, *OF_MOMENTS[:-2]]
        if "SinceEpoch" not in name
        and "Relative" not in name
        and "Num" not in name
        and name not in ("toDaysInMonth", "monthName")
        for zone in ("Europe/Berlin", "Asia/Kathmandu", "UTC")
    ]
    assert not differences(project, texts)


def test_weeks_by_mode(project: Project) -> None:
    texts = [
        "select " + ", ".join(f"{name}({day}, {mode})" for day in DAYS for mode in range(10))
        for name in ("toWeek", "toYearWeek", "toStartOfWeek", "toLastDayOfWeek", "toDayOfWeek")
    ]
    assert not differences(project, texts)


UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"]


def test_date_trunc(project: Project) -> None:
    values = [*MOMENTS[5:9], "toDateTime(1767229323, 'Asia/Kolkata')"]
    texts = [f"dateTrunc('{unit}', {value})" for unit in UNITS[1:] for value in values]
    texts += [f"date_trunc('{unit.upper()}', toDateTime(1767229323), 'Asia/Kolkata')" for unit in UNITS[1:]]
    texts += [f"DATE_TRUNC('{unit}', toDate('2026-03-29'))" for unit in UNITS[3:]]
    assert not differences(project, texts)


def test_differences_of_times(project: Project) -> None:
    values = [
        *DAYS[3:6],
        *MOMENTS[4:8],
        *PRECISE,
        *IN_ZONES[6:10],
        "toDateTime(1792888200, 'Asia/Kathmandu')",
    ]
    pairs = [f"{a}, {b}" for a in values for b in values]
    one_zone = [
        f"{a}, {b}" for zone in (values[:8], IN_ZONES[6:12], IN_ZONES[44:50]) for a in zone for b in zone
    ]
    texts = [
        "select " + ", ".join(f"{name}('{unit}', {both})" for both in chosen)
        for name, chosen in (("dateDiff", pairs), ("age", one_zone))
        for unit in [*UNITS, "millisecond"]
    ]
    assert not differences(project, texts)


STEPS = [f"interval {n} {unit}" for unit in UNITS for n in (1, 13, -2)]


def test_moves(project: Project) -> None:
    """Months clamp, a Date moved by hours is a DateTime, days of a zone keep the clock."""
    later = [value for value in IN_ZONES[3:90:5] if "e(0," not in value and "86399" not in value]
    values = [DAYS[2], DAYS[5], MOMENTS[3], MOMENTS[5], *PRECISE, *later]
    texts = [
        "select " + ", ".join(f"toUnixTimestamp({value} {sign} {step})" for step in STEPS)
        for value in values
        for sign in "+-"
    ]
    texts += [f"materialize({value}) + {step}" for value in values[:6] for step in STEPS]
    texts += [f"{value} {text}" for value in values[:6] for text in ("+ 5", "- 5", "+ 1.5")]
    assert not differences(project, texts)


def test_intervals_of_any_width(project: Project) -> None:
    times = [
        *("toDateTime('2026-01-31 13:02:03')", "toDateTime64('2026-01-31 13:02:03.456', 3)"),
        *("toDateTime('2026-03-29 13:02:03', 'Europe/Berlin')", "toDateTime(1792912323, 'Asia/Kathmandu')"),
    ]
    texts = [
        "select " + ", ".join(f"toStartOfInterval({time}, interval {n} {unit})" for n in (1, 2, 3, 7, 11, 90))
        for time in times
        for unit in UNITS
    ]
    texts += [
        f"toStartOfInterval({times[0]}, interval {n} {unit}, toDateTime('2025-01-30 03:04:05'))"
        for unit in UNITS
        for n in (1, 2, 7)
    ]
    texts += [f"toStartOfInterval({day}, interval 2 {unit})" for unit in UNITS[3:] for day in DAYS]
    assert not differences(project, texts)
