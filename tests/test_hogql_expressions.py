"""Expressions on constants: the same value and type of value as ClickHouse gives (chdb is the oracle)."""

from __future__ import annotations

import json
import math
from typing import Any

import chdb
import pytest

from agentry.accounts.models import Project
from analytics import query
from analytics.answer import json_value

pytestmark = pytest.mark.django_db(transaction=True)

T = "toDateTime('2026-03-29 23:30:45')"
U = "toDateTime('2026-11-22 04:05:06')"
D = "toDate('2024-01-31')"

EXPRESSIONS = [
    *("1 + 2", "1 - 2", "2 * 3.5", "7 / 2", "1 / 0", "-1 / 0", "0 / 0", "intDiv(-7, 2)", "-7 % 3", "7 % -3"),
    *("abs(-2.5)", "floor(-1.5)", "ceil(1.2)", "round(2.5)", "round(3.5)", "round(0.125, 2)", "round(-2.5)"),
    *(
        "sqrt(16)",
        "exp(0)",
        "log(1)",
        "log2(8)",
        "log10(1000)",
        "pow(2, 10)",
        "greatest(1, 3, 2)",
        "least(4, 2)",
    ),
    *("1 = 1", "1 = 2", "1 != 1", "'a' < 'b'", "'B' < 'a'", "2 > 1 and 1 > 2", "not 1 = 2"),
    *("1 in (1, 2)", "3 in (1, 2)", "3 not in (1, 2)", "'a' in ('a', 'b')", "2 between 1 and 3"),
    *(
        "NULL is null",
        "1 is not null",
        "isNull(NULL)",
        "coalesce(NULL, 2)",
        "ifNull(NULL, 'x')",
        "nullIf(1, 1)",
    ),
    *("if(1 = 1, 'a', 'b')", "multiIf(1 = 2, 1, 2 = 2, 2, 3)", "1 = 1 ? 'y' : 'n'", "ifNull(NULL, 5)"),
    *("case when 1 = 2 then 'a' else 'b' end", "case 2 when 1 then 'a' when 2 then 'b' end"),
    *("lower('ÄBC')", "upper('abc')", "length('äb')", "lengthUTF8('äb')", "empty('')", "notEmpty('a')"),
    *(
        "trim('  a ')",
        "concat('a', 'b', 'c')",
        "'a' || 'b'",
        "startsWith('abc', 'ab')",
        "endsWith('abc', 'bc')",
    ),
    *("position('hello', 'l')", "replaceAll('aXbX', 'X', '-')", "'abc' like 'a%'", "'abc' ilike 'A_C'"),
    *("'50%' like '50%%'", "'it''s'", "'a\\'b'", "'a\\\\b'", "splitByChar(',', 'a,b,c')"),
    *("toString(12)", "toString(1.5)", "toFloat64('2.5')", "toInt64('12')", "toInt64(2.9)", "toInt64(-2.9)"),
    *(f"toYear({T})", f"toQuarter({T})", f"toMonth({T})", f"toDayOfMonth({T})", f"toDayOfYear({T})"),
    *(
        f"toDayOfWeek({T})",
        f"toISOWeek({T})",
        f"toISOYear({T})",
        f"toHour({T})",
        f"toMinute({T})",
        f"toSecond({T})",
    ),
    *(f"toUnixTimestamp({T})", f"toYYYYMM({T})", f"toYYYYMMDD({T})", f"toDate({T})", f"toStartOfDay({T})"),
    *(f"toStartOfHour({T})", f"toStartOfMinute({T})", f"toMonday({T})", f"toStartOfWeek({T})"),
    *(f"toStartOfWeek({T}, 1)", f"toStartOfMonth({T})", f"toStartOfQuarter({T})", f"toStartOfYear({T})"),
    *(f"{T} + interval 1 day", f"{T} - interval 2 hour", f"{T} + 30", f"{D} + 1", f"{D} + interval 1 month"),
    *(
        f"{D} - interval 1 year",
        f"{T} - toIntervalMinute(5)",
        f"{D} + interval 1 quarter",
        f"{D} - toDate('2024-01-01')",
    ),
    *(
        f"dateDiff('{unit}', {T}, {U})"
        for unit in ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
    ),
    *(f"dateTrunc('{unit}', {T})" for unit in ("hour", "day", "week", "month", "quarter", "year")),
    *(f"{T} < {U}", f"{D} = '2024-01-31'", f"{T} > '2026-03-29 00:00:00'", "1 = '1'"),
    *(
        f"toString({D})",
        f"toString({T})",
        "(select 5)",
        "3 in (select number from numbers(5))",
    ),
]
EXPRESSIONS += [
    *(
        "true + true",
        "true = 1",
        "not 5",
        "-true",
        "splitByChar(',', '')",
        "splitByString('ab', '')",
        "true != 2",
    ),
    *(
        "substring('hello', 2, 2)",
        "substring('hello', 0, 2)",
        "substring('hello', -3)",
        "substring('hello', -9, 6)",
    ),
    *(
        "substring('äbc', 3)",
        "substringUTF8('äbc', 2, 1)",
        "substringUTF8('hello', -3, 2)",
        "left('hello', 2)",
    ),
    *(
        "left('hello', -2)",
        "right('hello', 2)",
        "right('hello', -2)",
        "right('hello', 9)",
        "leftUTF8('äbc', 2)",
    ),
    *(
        "rightUTF8('äbc', -1)",
        "leftPadUTF8('ab', 5)",
        "rightPadUTF8('ab', 5, 'xy')",
        "leftPadUTF8('abcdef', 3)",
    ),
    *(
        "trimLeft(' a ')",
        "trimRight(' a ')",
        "replaceOne('aXbX', 'X', '-')",
        "positionCaseInsensitive('Hello', 'L')",
    ),
    *("lowerUTF8('ÄB')", "upperUTF8('äb')", "reverseUTF8('äbc')", "notLike('abc', 'a%')", "hex('aé')"),
    *("base64Encode('hello world')", "splitByString('ab', '1ab2ab3')", "positionUTF8('äbc', 'b')"),
    *("sign(-2)", "trunc(-1.5)", "cbrt(27)", "exp2(3)", "exp10(2)", "log1p(0)", "sin(1)", "cos(1)", "tan(1)"),
    *(
        "asin(0.5)",
        "acos(0.5)",
        "atan(1)",
        "degrees(1)",
        "radians(180)",
        "pi()",
        "e()",
        "gcd(12, 18)",
        "lcm(4, 6)",
    ),
    *("isNaN(0 / 0)", "isFinite(1 / 0)", "isInfinite(1 / 0)", "intDivOrZero(1, 0)", "moduloOrZero(5, 0)"),
    *("bitAnd(6, 3)", "bitOr(6, 3)", "bitXor(6, 3)", "xor(1 = 1, 1 = 2)", "toInt64OrZero('x')"),
    *("toInt64OrZero('12.7')", "toInt64OrNull('12')", "toInt64OrNull('1x')", "toFloat64OrZero('1e3')"),
    *(
        "toFloat64OrNull('x')",
        f"toLastDayOfMonth({D})",
        f"toStartOfFiveMinutes({T})",
        f"toStartOfTenMinutes({T})",
    ),
    *(f"toStartOfFifteenMinutes({T})", "toInt64('12')", "fromUnixTimestamp(86400)"),
    *(
        f"monthName({D})",
        f"toDaysSinceYearZero({D})",
        f"addDays({D}, 1)",
        f"addMonths({D}, 1)",
        f"addHours({D}, 1)",
    ),
    *(f"subtractHours({T}, 1)", f"subtractWeeks({D}, 1)", f"addYears({T}, 1)", f"addQuarters({D}, 1)"),
    *(f"{D} + interval 1 hour", f"{D} + toIntervalMinute(90)"),
    *(
        f"age('{unit}', {T}, {U})"
        for unit in ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
    ),
    *(f"age('month', {D}, toDate('2024-03-30'))", f"age('day', {U}, {T})", f"dateDiff('day', {U}, {T})"),
]


def oracle(columns: str) -> list[Any]:
    text = chdb.query(f"SELECT {columns} SETTINGS session_timezone='UTC'", "JSONCompactEachRow").data()
    return list(json.loads(text))


def same(ours: Any, theirs: Any) -> bool:
    ours, theirs = (int(value) if isinstance(value, bool) else value for value in (ours, theirs))
    if isinstance(ours, float) or isinstance(theirs, float):
        return (
            ours is not None and theirs is not None and math.isclose(float(ours), float(theirs), rel_tol=1e-9)
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours.replace("T", " ").removesuffix("Z") == theirs
    return str(ours) == str(theirs)


def test_expressions_as_in_clickhouse(project: Project) -> None:
    columns = ", ".join(f"{expression} as c{index}" for index, expression in enumerate(EXPRESSIONS))
    result = query.run(project, f"select {columns}")
    ours = [
        json_value(value, column.type) for value, column in zip(result.rows[0], result.columns, strict=True)
    ]
    wrong = [
        f"{expression}: {mine!r} here, {theirs!r} in ClickHouse"
        for expression, mine, theirs in zip(EXPRESSIONS, ours, oracle(columns), strict=True)
        if not same(mine, theirs)
    ]
    assert not wrong, "\n".join(wrong)


QUERIES = [
    "select number % 3 as k, number from numbers(10) order by k, number limit 2 by k",
    "select number % 3 as k, number from numbers(10) order by k, number desc limit 1 by k limit 2",
    "select number % 2 as k, count() as n from numbers(7) group by k having n > 3 order by k",
    "select distinct number % 3 as k from numbers(10) order by k desc limit 2 offset 1",
    "with 3 as n, t as (select number as x from numbers(5)) select x + n as y from t where x > 1 order by y",
    "select 1 as a union all select 2 union all select 1",
    "select number from numbers(10) where number in (select number * 2 from numbers(3)) order by number",
    "select toString(number) as t from numbers(12) order by t limit 5",
    "select max(number), min(number), sum(number), avg(number), uniq(number) from numbers(9) where 1 = 2",
    "select sumIf(number, number > 3), countIf(number > 3), avgIf(number, number > 100) from numbers(10)",
    "select quantile(0.25)(number), median(number) from numbers(10)",
    "select argMax(number, number % 4), argMin(number, 10 - number) from numbers(4)",
    "select groupArray(number), groupUniqArray(number % 1) from numbers(4)",
    "select stddevPop(number), stddevSamp(number), varPop(number), varSamp(number) from numbers(6)",
    "select corr(number, number * number), covarPop(number, -number), covarSamp(number, 3) from numbers(6)",
    "select avgWeighted(number, number + 1), stddevPopIf(number, number > 2) from numbers(6)",
    "select quantileExact(0.5)(number), quantileExact(0.9)(number), quantileExactIf(0)(number, number > 3)"
    " from numbers(9)",
    "select varSamp(number), stddevPop(number), corr(number, number) from numbers(1)",
    "select max('b'), min('a'), max(null), sum(null), sum(true), avg(true) from numbers(2)",
    "select max(number > 3), any(true), maxIf(true, number > 100) from numbers(5)",
    "select if(number = 0, null, number) as n from numbers(3) order by n desc",
    "select number as n from numbers(4) order by if(n = 1, null, n)",
    "select a.x, b.x from (select 1 as x) a left join (select 2 as x) b on a.x = b.x",
    "select * from (select 1 as x, 2 as y) a join (select 1 as x, 3 as z) b using (x)",
    "select * from (select 1 as x, 2 as y) a join (select 1 as x, 3 as z) b on a.x = b.x",
    "select * from (select 1 as x) a left join (select 5 as x, 'q' as z, toDate('2020-01-01') as d) b"
    " on a.x = b.x",
    "select a.x, b.y from (select 1 as x) a right join (select 2 as y) b on a.x = b.y",
    "select a.number, b.number from numbers(2) a full join numbers(3) b on a.number + 1 = b.number"
    " order by 1, 2",
    "select number, y from numbers(3) a cross join (select 1 as y) b where number > y",
    "select a.k, b.n from (select if(number = 0, null, number) as k from numbers(2)) a"
    " left join (select null as k, 5 as n union all select 1, 6) b on a.k = b.k order by b.n",
    "select number, row_number() over (order by number desc) as r from numbers(3) order by number",
    "select number, sum(number) over (partition by number % 2 order by number) as s from numbers(5)"
    " order by number",
    "select number, lag(number) over (order by number) as a, lead(number, 1, 9) over (order by number) as b"
    " from numbers(3) order by number",
    "select number, lagInFrame(number) over (order by number) as a, leadInFrame(number) over (order by number"
    " rows between unbounded preceding and unbounded following) as b from numbers(3) order by number",
    "select number, avg(number) over (order by number rows between 1 preceding and 1 following) as a"
    " from numbers(4) order by number",
    "select number % 2 as k, sum(count()) over (order by number % 2) as s from numbers(5) group by k"
    " order by k",
    "select number, rank() over (order by number % 2) as r, dense_rank() over (order by number % 2) as d,"
    " first_value(number) over (order by number) as f, ntile(2) over (order by number) as t"
    " from numbers(4) order by number",
    "select count() over () as c, max(number) over (partition by number % 2) as m from numbers(3) order by m",
]


@pytest.mark.parametrize("text", QUERIES)
def test_queries_as_in_clickhouse(project: Project, text: str) -> None:
    result = query.run(project, text)
    types = [column.type for column in result.columns]
    ours = [
        [json_value(value, type_) for value, type_ in zip(row, types, strict=True)] for row in result.rows
    ]
    lines = chdb.query(text, "JSONCompactEachRow").data().splitlines()
    theirs = [json.loads(line) for line in lines]
    if "order by" not in text:  # ClickHouse runs the parts of a UNION side by side
        ours, theirs = sorted(ours, key=str), sorted(theirs, key=str)
    assert same(ours, theirs), ours


def test_comparisons_are_two_valued(project: Project) -> None:
    """Where HogQL differs from ClickHouse on purpose: a comparison with NULL is false or true, never NULL."""
    expressions = ["NULL = 1", "NULL != 1", "NULL = NULL", "NULL < 1", "not (NULL = 1)", "NULL not in (1)"]
    columns = ", ".join(f"{expression} as c{index}" for index, expression in enumerate(expressions))
    row = query.run(project, f"select {columns}").rows[0]
    assert [int(value) for value in row] == [0, 1, 1, 0, 1, 1]
