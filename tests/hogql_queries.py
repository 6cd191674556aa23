"""Whole HogQL queries at random, typed well enough that most are answered: hypothesis over the grammar.

Every one has an order that is total, or rows whose order does not matter, so that answers can be compared.
"""

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
    return _filled(draw, form, depth, a=inner, b=other, n=count, p=abs(count) + 1)


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
    return _filled(draw, form, depth, a=inner, b=other, unit=unit)


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
    return _filled(draw, form, depth, a=inner, unit=unit, zone=zone, n=draw(st.integers(1, 40)))


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
    return _filled(draw, form, depth, l=left, r=right, op=op)


def _filled(draw: Draw, form: str, depth: int, **parts: Any) -> str:
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


@st.composite
def measure(draw: Draw) -> str:
    """An aggregate whose value does not depend on the order of rows."""
    form = draw(
        st.sampled_from(
            [
                "count()",
                "count({any})",
                "countIf({condition})",
                "sum({number})",
                "sumIf({number}, {condition})",
                "avg({number})",
                "avgIf({number}, {condition})",
                "min({any})",
                "max({any})",
                "minIf({any}, {condition})",
                "maxIf({any}, {condition})",
                "uniq({any})",
                "uniqIf({any}, {condition})",
                "count(distinct {any})",
                "quantile(0.9)({number})",
                "median({number})",
                "quantileExact(0.5)({number})",
                "argMax({text}, (timestamp, {text}).1)",
                "argMin({any}, timestamp)",
                "arraySort(groupUniqArray({any}))",
                "length(groupArray({any}))",
                "sum({number}) / count()",
                "round(100 * countIf({condition}) / count(), 2)",
                "max({time}) - min({time})",
                "countIf({condition}) > countIf({condition})",
                "if(count() > 100, sum({number}), 0)",
            ]
        )
    )
    form = form.replace("{any}", draw(st.one_of(text(1), number(1), moment(1))))
    return _filled(draw, form, 2)


@st.composite
def grouped(draw: Draw) -> str:
    keys = draw(st.lists(st.one_of(text(1), number(1), moment(1), condition(1)), max_size=2, unique=True))
    measures = draw(st.lists(measure(), min_size=1, max_size=3))
    columns = [
        *(f"{key} as k{i}" for i, key in enumerate(keys)),
        *(f"{m} as m{i}" for i, m in enumerate(measures)),
    ]
    where = f" where {draw(condition())}" if draw(st.booleans()) else ""
    query = f"select {', '.join(columns)} from events{where}"
    names = ", ".join(f"k{i}" for i in range(len(keys)))
    if keys:
        query += f" group by {names}"
        if draw(st.booleans()):
            query += draw(
                st.sampled_from(
                    [" having count() > 5", " having count() < 200", f" having {draw(measure())} > 1"]
                )
            )
        if draw(st.booleans()):
            query += f" order by {names}" + draw(st.sampled_from(["", " desc"]))
            query += draw(st.sampled_from(["", " limit 7", " limit 5 offset 2", " limit 1 by k0"]))
    return query


@st.composite
def listed(draw: Draw) -> str:
    """Single events."""
    values = draw(st.lists(st.one_of(text(), number(), moment(), condition()), min_size=1, max_size=4))
    columns = ", ".join(f"{value} as c{i}" for i, value in enumerate(values))
    where = f" where {draw(condition())}" if draw(st.booleans()) else ""
    order = draw(st.sampled_from(["timestamp", "timestamp desc", "c0, timestamp", "c0 desc, timestamp"]))
    return f"select {columns} from events{where} order by {order} limit {draw(st.integers(1, 80))}"


@st.composite
def windowed(draw: Draw) -> str:
    """Windows over one number a day, or over single events."""
    frames = [
        "",
        " rows between 3 preceding and current row",
        " rows between unbounded preceding and unbounded following",
        " rows between 1 following and 2 following",
    ]
    function = draw(
        st.sampled_from(
            [
                *(
                    "sum(n)",
                    "avg(n)",
                    "max(n)",
                    "min(n)",
                    "count()",
                    "row_number()",
                    "rank()",
                    "dense_rank()",
                ),
                *("first_value(n)", "last_value(n)", "uniq(k)", "sum(n * 2)", "count(k)", "any(n)"),
            ]
        )
    )
    columns = f"toDate(timestamp) as d, {draw(text(1))} as k, {draw(measure())} as n0, count() as n"
    inner = f"select {columns} from events group by d, k"
    over = draw(
        st.sampled_from(["order by d, k", "partition by k order by d", "partition by d order by n, k"])
    )
    frame = "" if "rank" in function or "row_number" in function else draw(st.sampled_from(frames))
    return f"select d, k, n, {function} over ({over}{frame}) as w from ({inner}) order by d, k"


@st.composite
def joined(draw: Draw) -> str:
    kind = draw(st.sampled_from(["inner", "left", "left", "right", "full"]))
    key = draw(st.sampled_from(["event", "distinct_id", "toDate(timestamp)", "ifNull(properties.plan, '-')"]))
    left, right = draw(measure()), draw(measure())
    a = f"select {key} as k, {left} as x from events where {draw(condition(1))} group by k"
    b = f"select {key} as k, {right} as y from events where {draw(condition(1))} group by k"
    columns = "a.k as ak, b.k as bk, a.x as x, b.y as y"
    return f"select {columns} from ({a}) a {kind} join ({b}) b on a.k = b.k order by ak, bk"


@st.composite
def unnested(draw: Draw) -> str:
    array, value = draw(st.sampled_from(ARRAYS)), draw(measure())
    if draw(st.booleans()):
        return f"select arrayJoin({array}) as e, {value} as m from events group by e order by e"
    side = draw(st.sampled_from(["", "left "]))
    where = f"where {draw(condition(1))} group by e order by e"
    return f"select e, {value} as m from events {side}array join {array} as e {where}"


@st.composite
def nested(draw: Draw) -> str:
    """A grouped query inside others: aggregates of aggregates, a scalar, a union."""
    inner = draw(grouped())
    form = draw(
        st.sampled_from(
            [
                "select count() as n, min(m0) as low, max(m0) as high from ({q})",
                "select m0, count() as n from ({q}) group by m0 order by m0",
                "select m0 from ({q}) union all select m0 from ({q})",
                "with x as ({q}) select count() as a, (select count() from x) as b from x",
                "select distinct m0 from ({q}) order by m0",
                "select * from ({q})",
            ]
        )
    )
    return form.replace("{q}", inner)


queries = st.one_of(grouped(), grouped(), listed(), windowed(), joined(), unnested(), nested())
