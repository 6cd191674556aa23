"""Times written, read and shown, judged by ClickHouse: forms of calls, text as times, formats, refusals."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from analytics.answer import to_csv, to_json
from analytics.hogql.zones import known
from tests.clickhouse import differences
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

# One a line: every other way to write a move, a difference, a format, a conversion.
EXPRESSIONS = """
addDays(toDate('2026-01-31'), 1)
addMonths(toDate('2026-01-31'), 1)
subtractQuarters(toDateTime('2026-01-31 00:00:00'), 1)
addYears(toDate('2024-02-29'), 1)
addHours(toDate('2026-01-31'), 1)
addMilliseconds(toDateTime64('2026-01-31 00:00:00', 3), 1500)
date_add(DAY, 1, toDate('2026-01-31'))
DATE_ADD(toDate('2026-01-31'), INTERVAL 1 DAY)
dateSub(month, 1, toDate('2026-03-31'))
timestampadd(HOUR, 1, toDate('2026-01-31'))
timestamp_sub(HOUR, 1, toDateTime('2026-01-31 00:00:00'))
addDate(toDate('2026-01-02'), INTERVAL 1 DAY)
subDate(toDate('2026-01-02'), INTERVAL 1 MONTH)
toDate('2026-01-31') + toInterval(3, 'day')
toDate('2026-01-31') + INTERVAL materialize(3) DAY
toDate('2026-01-31') + INTERVAL (1 + 2) DAY
toDate('2026-01-31') + INTERVAL '2 week'
toDate('2026-01-31') - -INTERVAL 1 DAY
toDateTime('2026-01-31 00:00:00') + interval 1 day + interval 2 hour
toDateTime('2026-01-31 00:00:00') + INTERVAL 1 MILLISECOND
toDateTime64('2026-01-31 00:00:00.123', 3) + INTERVAL 1 MICROSECOND
1 + toDate('2026-01-31')
toDate('2026-01-31') - toDate('2026-01-30')
toDateTime('2026-01-31 00:00:10') - toDateTime('2026-01-31 00:00:00')
toDateTime64('2026-01-31 00:00:00.123', 3) - toDateTime64('2026-01-31 00:00:00.100', 3)
dateDiff(DAY, toDate('2026-01-31'), toDate('2026-02-01'))
dateDiff('ms', toDate('2026-01-31'), toDateTime64('2026-02-01 00:00:00.5', 3))
date_diff('MM', toDate('2026-01-31'), toDate('2026-02-01'))
timestampdiff(week, toDate('2026-01-31'), toDate('2026-03-01'))
dateDiff('hour', toDateTime('2026-01-31 00:59:00'), toDateTime('2026-01-31 01:00:00'), 'Asia/Kolkata')
dateDiff('hour', toDate('2026-01-31'), toDateTime('2026-01-31 01:00:00'), 'Asia/Kolkata')
dateDiff('day', toDateTime('2026-01-31 20:00:00'), toDateTime('2026-02-01 01:00:00'), 'America/New_York')
timeDiff(toDateTime('2026-01-02 00:00:00'), toDateTime('2026-01-02 00:01:00'))
formatDateTime(toDateTime('2026-01-02 03:04:05'), '%e|%k|%l|%c|%j|%y|%C|%G|%g|%V|%u|%w|%a|%W|%b|%M|%p|%r|%R')
formatDateTime(toDateTime('2026-01-02 13:04:05'), '%T|%D|%F|%n|%t|%%|%Q|%f|%h|%I|%i|%m|%d|%H|%s|%S|%Y|%z')
formatDateTime(toDateTime64('2026-01-02 13:04:05.123', 3), '%f|%S')
formatDateTime(toDateTime('2026-01-02 13:04:05', 'America/St_Johns'), '%e|%k|%l|%h|%I|%p|%r|%z')
formatDateTime(toDateTime('2026-01-02 13:04:05'), '%F %T %z', 'Asia/Kolkata')
formatDateTime(toDate('2026-12-31'), 'it''s %G-%V of äöü, 100%%')
formatDateTime(toDate('2026-12-31'), '')
EXTRACT(YEAR FROM toDateTime('2026-01-04 03:04:05'))
extract(week from toDateTime('2026-01-04 03:04:05'))
extract(epoch from toDateTime('2026-01-04 03:04:05')) + 1
extract('abc123', '[0-9]+')
dateName('weekday', toDate('2026-01-31'))
dateName('week', toDateTime('2026-01-31 01:02:03'), 'Asia/Kolkata')
fromUnixTimestamp(1700000000, '%Y-%m-%d %H:%i:%s', 'Asia/Kolkata')
FROM_UNIXTIME(1700000000)
toTimeZone(toDateTime64('2026-01-31 01:02:03.456', 3), 'Asia/Kolkata')
timeZone()
timezoneOf(toDateTime('2026-01-31 01:02:03', 'Asia/Kolkata'))
toUTCTimestamp(toDateTime('2026-01-31 00:00:00'), 'Europe/Berlin')
fromUTCTimestamp(toDateTime('2026-01-31 00:00:00'), 'Europe/Berlin')
toDateTime('2026-03-29 02:30:00', 'Europe/Berlin')
toUnixTimestamp(toDateTime(materialize('2026-10-25 02:30:00'), 'Europe/Berlin'))
toDate(now(), 'UTC') = today()
today() - yesterday()
curdate() = current_date()
now('Europe/Berlin') = now()
now64(3) >= now64(0)
toDateTime64(1700000000.5, 3)
toDateTime64(toDate('2026-01-01'), 3, 'Europe/Berlin')
toDateTime64(toDateTime('2026-01-01 01:02:03', 'Europe/Berlin'), 6)
toDate(20000)
toDate(materialize(1700000000))
toDate(-1)
toDateTime(-1)
toDateTime(5000000000)
toDateTime(1.9)
toDateTime(materialize(toDate('2026-01-01')), 'Europe/Berlin')
toDateTime('2026-01-01T01:02:03Z')
toDateTime('20260101')
toDate('2026-02-30')
toDate('2026-13-02')
toDateOrDefault('x')
fromDaysSinceYearZero(739999)
fromUnixTimestamp64Milli(1700000000123, 'Europe/Berlin')
fromUnixTimestamp64Micro(1700000000123456)
toUnixTimestamp64Milli(fromUnixTimestamp64Milli(1700000000123))
toUnixTimestamp('2026-01-02 03:04:05', 'Europe/Berlin')
toUnixTimestamp(toDate('2026-01-02'))
date '2026-01-01'
timestamp '2026-01-01 00:00:00'
timestamp('2026-01-01')
CAST('2026-01-31 00:00:00' AS DateTime('Europe/Berlin'))
makeDate(2026, 2, 30)
makeDate(2026, 366)
makeDate(2026, 13, 3)
makeDateTime(2026, 2, 3, 4, 5, 6, 'Europe/Berlin')
makeDateTime(2026, 2, 3, 24, 60, 99)
makeDateTime(2026, 13, 3, 4, 5, 6)
makeDateTime64(2026, 2, 3, 4, 5, 6, 789, 6)
YYYYMMDDToDate(20260230)
YYYYMMDDhhmmssToDateTime(20260203040506, 'Asia/Kolkata')
parseDateTime('2026-01-02', '%Y-%m-%d')
parseDateTimeOrNull('02/Jan/2026:13:14:15', '%d/%b/%Y:%H:%i:%S')
parseDateTimeOrNull('03:04 PM 2026-01-02', '%h:%i %p %Y-%m-%d', 'Asia/Kolkata')
parseDateTimeOrNull('01/02/75', '%D')
parseDateTimeOrNull('2026-02-30', '%Y-%m-%d')
parseDateTimeOrZero('x', '%Y-%m-%d')
parseDateTimeOrNull('(100%)2026', '(100%%)%Y')
toDateTime('2026-01-02 00:00:00', 'Europe/Berlin') = '2026-01-02'
toDateTime('2026-01-02 00:00:00', 'Europe/Berlin') = toDate('2026-01-02')
toDateTime('2026-01-02 00:00:00', 'Europe/Berlin') > materialize(toDate('2026-01-01'))
toDateTime('2026-01-02 00:00:00') in ('2026-01-02 00:00:00', '2026-01-03')
toDateTime('2026-01-02 00:00:00') between '2026-01-01' and '2026-01-03T00:00:00Z'
toDateTime('2026-01-02 03:04:05') = '2026-01-02 03:04:05.5'
toDateTime('2026-01-02 03:04:05') = 1767323045
toDate('2026-01-02') = '20260102'
least(toDateTime('2026-01-01 00:00:00'), toDateTime('2026-01-02 00:00:00', 'Europe/Berlin'))
toHour(NULL)
toDate('2026-01-02') + NULL
"""
QUERIES = [
    "select toStartOfMonth(toDate('2026-01-15') + number * 20) as m, count() from numbers(10) group by m"
    " order by m",
    "select toDate('2026-01-01') + number as d, toStartOfWeek(d, 1), formatDateTime(d, '%a %e')"
    " from numbers(20) order by d",
    "select toTimeZone(toDateTime('2026-03-29 00:00:00') + number * 3600, 'Europe/Berlin') as t, toHour(t),"
    " toStartOfDay(t), toDate(t) from numbers(30) order by number",
    "select arrayMap(x -> toDate('2026-01-01') + x, range(3))",
    "select groupArray(toStartOfHour(toDateTime('2026-01-01 00:30:00', 'Asia/Kolkata') + number * 3600))"
    " from numbers(3)",
]


def test_every_other_function(project: Project) -> None:
    assert not differences(project, [*EXPRESSIONS.strip().splitlines(), *QUERIES])


TEXTS = [
    *(
        "2026-01-02",
        "2026-02-30",
        "2026-13-01",
        "2026-01-02 03:04:05",
        "2026-01-02T03:04:05.678Z",
        "20260102",
    ),
    *("2026-01-02 03:04:05+0530", "2026-01-02 03:04:05 -08:00", "2026-01-02 3:04 PM", "20260102T030405Z"),
    *(
        "1700000000",
        "1700000000123",
        "1700000000.5",
        "17000000",
        "02/01/2026 03:04:05",
        "01/13/2026",
        "abc",
        "",
    ),
    *("2 Jan 2026", "Jan 2, 2026", "Fri, 02 Jan 2026 03:04:05 GMT", "1960-01-01", "2200-01-01 00:00:00"),
    "0",
    *(
        "2026-01-02 24:00:00",
        "2026-01-02 23:59:60",
        "2026-01-02x",
        " 2026-01-02",
        "2026.01.02",
        "2026",
        "20260102",
    ),
]
READERS = [
    *("toDateOrNull", "toDateOrZero", "toDateTimeOrNull", "toDateTimeOrZero", "toDateTime64OrNull"),
    *("parseDateTimeBestEffortOrNull", "parseDateTimeBestEffortUSOrNull", "parseDateTimeBestEffortOrZero"),
    "parseDateTime64BestEffortOrNull",
]


def test_texts_of_every_form(project: Project) -> None:
    texts = [f"{reader}(materialize('{text}'))" for reader in READERS for text in TEXTS]
    assert not differences(project, texts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("toHour(now(), 'Europe/Berln')", "Europe/Berlin"),
        ("toTimeZone(now(), 'Nowhere')", "For example"),
        ("formatDateTime(now(), '%E')", "%Y-%m-%d"),
        ("toHour(today())", "toDateTime"),
        ("toStartOfMonth(today(), 'Europe/Berlin')", "toDateTime"),
        ("dateDiff('eon', now(), now())", "One of"),
        ("dateTrunc('eon', now())", "One of"),
        ("toStartOfInterval(now(), interval 0 day)", "interval 15 minute"),
        ("toStartOfInterval(today(), interval 1 hour)", "toDateTime"),
        ("age('day', now('Europe/Berlin'), now())", "toTimeZone"),
        ("parseDateTimeOrNull('x', '%U')", "%Y"),
        ("now() - today()", ""),
        ("today() + interval 1 millisecond", ""),
        ("toDateTime64('2026-01-01', 9)", "3"),
        ("least(today(), now('Europe/Berlin'))", ""),
    ],
)
def test_refusals(project: Project, text: str, words: str) -> None:
    with pytest.raises(AgentryError) as caught:
        query.run(project, f"select {text}")
    assert caught.value.status == 400
    assert words in caught.value.hint


def test_bad_text_is_null(project: Project) -> None:
    """hogql.md: toDate and toDateTime of text give NULL where ClickHouse throws."""
    columns = "toDate(materialize('x')), toDateTime(materialize('x')), toDateTime64('x', 3), toDate('x')"
    assert query.run(project, f"select {columns}").rows == [(None,) * 4]


def test_a_zone_is_shown(project: Project) -> None:
    """JSON and CSV show a zoned column by its clock, with the offset; others in UTC."""
    store(project.id, [{"timestamp": datetime(2026, 11, 21, 23, 30, tzinfo=UTC)}])
    result = query.run(
        project,
        "select toTimeZone(timestamp, 'Asia/Kolkata') as t, toStartOfDay(t) as d, timestamp from events",
    )
    assert [column.type for column in result.columns][:2] == [
        "DateTime64(3, 'Asia/Kolkata')",
        "DateTime('Asia/Kolkata')",
    ]
    row = to_json(result)["rows"][0]
    assert row == {
        "t": "2026-11-22T05:00:00+05:30",
        "d": "2026-11-22T00:00:00+05:30",
        "timestamp": "2026-11-21T23:30:00Z",
    }
    assert "2026-11-22T05:00:00+05:30" in to_csv(result)


def test_every_zone_is_one_of_postgresql(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        names = {name for (name,) in cursor.fetchall()}
    assert not known() - names - {"localtime", "Factory"}
