"""Whole HogQL queries at random: hypothesis over the grammar.

Every one has an order that is total, or rows whose order does not matter, so that answers can be compared.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.hogql_values import ARRAYS, Draw, condition, filled, moment, number, text


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
    return filled(draw, form, 2)


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
    return str(form).replace("{q}", inner)


queries = st.one_of(grouped(), grouped(), listed(), windowed(), joined(), unnested(), nested())
