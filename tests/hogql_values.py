"""HogQL expressions over the events at random, typed well enough that most are answered."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Draw = Any  # hypothesis gives no type for it that callers could use

TEXTS = [
    *("event", "distinct_id", "properties.customer_id", "properties.endpoint", "properties.region"),
    *("properties.method", "properties.plan", "'acme'", "''", "'/v1/users'", "'ünï ☃'", "'a%b'", "NULL"),
]
NUMBERS = [
    *("properties.status", "properties.latency_ms", "properties.bytes", "properties.score", "0", "1", "-2"),
    *("2.5", "100", "70000", "length(event)", "toHour(timestamp)", "toUnixTimestamp(timestamp)"),
]
TIMES = ["timestamp", "properties.due", "toStartOfHour(timestamp)", "toDateTime('2026-11-01 00:00:00')"]
DATES = ["toDate(timestamp)", "toStartOfMonth(timestamp)", "toMonday(timestamp)", "toDate('2026-10-31')"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
UNITS = ["minute", "hour", "day", "week", "month", "quarter", "year"]
ARRAYS = [
    "splitByChar('/', ifNull(properties.endpoint, ''))",
    "[1, 2, 3]",
    "range(toHour(timestamp))",
    "[toHour(timestamp), length(event)]",
    "[1.5, properties.latency_ms]",
    "arrayMap(x -> x * 2, [3, 1, 2])",
    "arrayFilter(x -> x % 2 = 0, range(toDayOfWeek(timestamp)))",
]


@st.composite
def text(draw: Draw, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return str(draw(st.sampled_from(TEXTS)))
    inner, other = draw(text(depth - 1)), draw(text(depth - 1))
    count = draw(st.sampled_from([-3, -1, 1, 2, 6]))
    form = draw(
        st.sampled_from(
            [
                "lower({a})",
                "upper({a})",
                "concat({a}, {b})",
                "{a} || {b}",
                "substring({a}, {p})",
                "substring({a}, 1, {p})",
                "left({a}, {n})",
                "replaceAll({a}, 'a', 'bb')",
                "replaceRegexpAll({a}, '[0-9]+', 'N')",
                "splitByChar('/', ifNull({a}, ''))[{n}]",
                "coalesce({a}, {b})",
                "ifNull({a}, 'none')",
                "nullIf({a}, '')",
                "trimBoth({a})",
                "extract({a}, '[a-z]+')",
                "toString({number})",
                "if({condition}, {a}, {b})",
                "multiIf({condition}, 'x', {condition}, {a}, 'z')",
                "formatDateTime({time}, '%Y-%m-%d %H')",
                "reverse({a})",
                "arrayStringConcat(splitByChar('/', ifNull({a}, '')), '-')",
            ]
        )
    )
    return filled(draw, form, depth, a=inner, b=other, n=count, p=abs(count) + 1)


@st.composite
def number(draw: Draw, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return str(draw(st.sampled_from(NUMBERS)))
    inner, other = draw(number(depth - 1)), draw(number(depth - 1))
    unit = draw(st.sampled_from(UNITS))
    form = draw(
        st.sampled_from(
            [
                "({a} + {b})",
                "({a} - {b})",
                "({a} * 3)",
                "({a} / {b})",
                "({a} % 7)",
                "-({a})",
                "abs({a})",
                "round({a})",
                "round({a}, 1)",
                "floor({a} / 10)",
                "greatest({a}, {b})",
                "least({a}, {b})",
                "ifNull({a}, 0)",
                "nullIf({a}, 0)",
                "coalesce({a}, {b}, 1)",
                "if({condition}, {a}, {b})",
                "case when {condition} then {a} else 0 end",
                "length({text})",
                "lengthUTF8({text})",
                "position({text}, 'a')",
                "toDayOfWeek({time})",
                "toHour({time})",
                "toYYYYMM({time})",
                "dateDiff('{unit}', {time}, {time})",
                "toFloat({text})",
                "arraySum({array})",
                "length({array})",
                "{array}[1]",
                "toInt64(round({a}))",
                "countSubstrings({text}, 'e')",
            ]
        )
    )
    return filled(draw, form, depth, a=inner, b=other, unit=unit)


@st.composite
def moment(draw: Draw, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return str(draw(st.sampled_from(TIMES + DATES)))
    inner = draw(moment(depth - 1))
    unit, zone = draw(st.sampled_from(UNITS)), draw(st.sampled_from(ZONES))
    form = draw(
        st.sampled_from(
            [
                "toStartOfDay({a})",
                "toStartOfWeek({a})",
                "toStartOfWeek({a}, 1)",
                "toStartOfMonth({a})",
                "toStartOfQuarter({a})",
                "toStartOfYear({a})",
                "{a} + interval {n} {unit}",
                "{a} - interval {n} {unit}",
                "toDate({a})",
                "toDateTime({a})",
                "toDate(timestamp, '{zone}')",
                "toStartOfDay(toTimeZone(timestamp, '{zone}'))",
                "toStartOfInterval({a}, interval {n} {unit})",
                "if({condition}, timestamp, properties.due)",
                "addMonths({a}, {n})",
            ]
        )
    )
    return filled(draw, form, depth, a=inner, unit=unit, zone=zone, n=draw(st.integers(1, 40)))


@st.composite
def condition(draw: Draw, depth: int = 2) -> str:
    kind = draw(st.sampled_from([text, number, moment]))
    below = max(depth - 1, 0)
    left, right = draw(kind(below)), draw(kind(below))
    op = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
    if depth == 0:
        return f"{left} {op} {right}"
    form = draw(
        st.sampled_from(
            [
                "{l} {op} {r}",
                "{l} {op} {r}",
                "({condition} and {condition})",
                "({condition} or {condition})",
                "not ({condition})",
                "{l} is null",
                "{l} is not null",
                "{text} in ('acme', '', 'GET')",
                "{text} not in ('acme', '')",
                "{number} in (200, 404, 2.5)",
                "{number} not in (1, 200)",
                "{number} between 1 and 300",
                "{text} like '%a%'",
                "{text} not like 'a%'",
                "{text} ilike '%E_'",
                "match(ifNull({text}, ''), '[0-9]')",
                "properties.cached",
                "has({array}, 2)",
                "empty({text})",
                "arrayExists(x -> x > 1, {array})",
                "{text} in (select distinct_id from events)",
            ]
        )
    )
    return filled(draw, form, depth, l=left, r=right, op=op)


def filled(draw: Draw, form: str, depth: int, **parts: Any) -> str:
    """The form with what it names drawn: text, number, time, condition, array."""
    kinds = {"text": text, "number": number, "time": moment, "condition": condition}
    for name, kind in kinds.items():
        while f"{{{name}}}" in form:
            form = form.replace(f"{{{name}}}", draw(kind(max(depth - 1, 0))), 1)
    while "{array}" in form:
        form = form.replace("{array}", draw(st.sampled_from(ARRAYS)), 1)
    for name, value in parts.items():
        form = form.replace(f"{{{name}}}", str(value))
    return form
