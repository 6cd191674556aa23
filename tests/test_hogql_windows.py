"""Windows: every function with every frame, and aggregates over them, as ClickHouse answers."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from tests.clickhouse import differences

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = (
    "(select number as n, number % 3 as g, intDiv(number, 2) as p, if(number % 3 = 0, null, number) as m,"
    " toString(number * 7 % 10) as s, if(number % 4 = 1, null, toString(number)) as t, number / 4 as d,"
    " toDate('2024-02-27') + number as day, toDateTime('2024-01-01 00:00:00') + number * 43200 as at,"
    " number % 2 = 0 as b from numbers(9)) as rows"
)
FRAMES = [
    *("rows between unbounded preceding and current row", "rows between 2 preceding and 1 preceding"),
    *("rows between 1 preceding and 1 following", "rows between current row and unbounded following"),
    *("rows between 1 following and 2 following", "rows between unbounded preceding and unbounded following"),
    *("rows 2 preceding", "range between unbounded preceding and current row", "range current row", ""),
]
CALLS = [
    *("count()", "count(m)", "sum(n)", "sum(m)", "avg(d)", "avg(m)", "min(s)", "max(t)", "max(m)", "any(m)"),
    *("anyLast(m)", "first_value(n)", "last_value(n)", "first_value(t)", "last_value(t)", "nth_value(n, 2)"),
    *("nth_value(m, 2)", "nth_value(s, 1)", "first_value(m) respect nulls", "last_value(m) respect nulls"),
    *("sumIf(n, b)", "countIf(b)", "avgIf(d, n > 3)", "anyIf(n, b)", "uniq(g)", "uniqExact(t)", "median(n)"),
    *("uniq(g, b)", "count(distinct g)", "quantile(0.9)(d)", "quantileExact(0.5)(n)", "argMax(s, n)"),
    *(
        "argMin(t, n)",
        "groupArray(n)",
        "groupArray(t)",
        "groupArrayIf(2)(n, b)",
        "stddevPop(n)",
        "varSamp(n)",
    ),
    *("arraySort(groupUniqArray(g))", "corr(n, d)", "covarPop(n, d)", "groupConcat(',')(s)", "sumOrNull(m)"),
    *("min(at)", "max(day)", "quantiles(0.5, 0.9)(n)", "lagInFrame(n)", "leadInFrame(n)", "lagInFrame(m, 2)"),
    *("lagInFrame(s, 1, 'none')", "leadInFrame(t, 2, 'none')", "leadInFrame(at)", "lagInFrame(d, 0)"),
    *(
        "rank()",
        "dense_rank()",
        "row_number()",
        "deltaSum(n)",
        "count() filter (where b)",
        "avgWeighted(d, d)",
    ),
]
PLAIN = [
    *("row_number()", "rank()", "dense_rank()", "denseRank()", "percent_rank()", "percentRank()"),
    *("cume_dist()", "ntile(3)", "lag(n)", "lead(n)", "lag(n, 2)", "lead(n, 2, 99)", "lag(m)", "lag(s)"),
    *("lag(at)", "lag(s, 1, 'x')", "lead(t, 3, 'end')", "lag(n, 0)", "ROW_NUMBER()", "LAG(n)", "lead(day)"),
    *("lagInFrame(n)", "leadInFrame(n)", "leadInFrame(n, 2)", "leadInFrame(s, 1, 'end')", "sum(n) / count()"),
]
ORDERS = ["order by n", "order by n desc", "partition by g order by n", "partition by b, g order by n desc"]
TIES = [
    *("rank()", "dense_rank()", "percent_rank()", "cume_dist()", "sum(n)", "count()", "max(n)", "count(m)"),
    *("avg(d)", "uniq(s)", "min(t)"),
]


def test_frames(project: Project) -> None:
    texts = [
        f"select n, {call} over (order by n {frame}) as value from {ROWS} order by n"
        for frame in FRAMES
        for call in CALLS
        if "arraySort" not in call
        and not (call.startswith(("lagIn", "leadIn")) and frame == "range current row")
    ]
    assert differences(project, texts) == ""


def test_functions(project: Project) -> None:
    texts = [
        f"select n, {call} over ({order}) as value from {ROWS} order by n"
        for order in ORDERS
        for call in PLAIN
        if "/" not in call
    ]
    assert differences(project, texts) == ""


def test_rows_that_sort_alike(project: Project) -> None:
    orders = [
        "order by p",
        "order by m",
        "order by m desc",
        "order by m nulls first",
        "order by b, g desc",
        "",
    ]
    texts = [
        f"select n, {call} over ({order}) as value from {ROWS} order by n"
        for order in [*orders, "partition by m", "partition by t order by p", "partition by g % 2 order by p"]
        for call in TIES
        if order or call not in {"percent_rank()", "cume_dist()"}
    ]
    assert differences(project, texts) == ""


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"select n, sum(n) over (order by {key} {direction} range between {frame}) as v from ROWS"
            " order by n"
            for key in ("n", "p", "d", "day", "at")
            for direction in ("", "desc")
            for frame in (
                *(
                    "1 preceding and current row",
                    "1 preceding and 1 following",
                    "2 following and 3 following",
                ),
                *("86400 preceding and current row", "unbounded preceding and 1 following"),
            )
            if key != "day" or "86400" not in frame
        ),
        "select n, sum(n) over (order by p groups between 1 preceding and current row) as v from ROWS"
        " order by n",
        "select n, sum(n) over w as a, avg(n) over w as b from ROWS window w as (partition by g order by n)"
        " order by n",
        "select n, sum(n) over (w rows between 1 preceding and current row) as a from ROWS"
        " window w as (partition by g order by n) order by n",
        "select n, sum(n) over (w order by n) as a, count() over w as c from ROWS"
        " window w as (partition by g) order by n",
        "select g, count() as c, sum(count()) over (order by g) as t, sum(c) over () as u, c / u as share"
        " from ROWS group by g order by g",
        "select g, sum(n) as s, row_number() over (order by s desc) as r from ROWS group by g order by r",
        "select g, max(n) as s, s - lagInFrame(s, 1, s) over (order by g) as r from ROWS group by g"
        " order by g",
        "select g, p, sum(n) as s, sum(s) over (partition by g order by p) as r from ROWS group by g, p"
        " order by g, p",
        "select n from ROWS order by row_number() over (order by n desc)",
        "select n, n / sum(n) over () as share from ROWS order by n",
        "select n, count() over (partition by toStartOfMonth(day)) as c from ROWS order by n",
        "select n from (select n, row_number() over (partition by g order by n desc) as r from ROWS)"
        " where r = 1 order by n",
        "select g, avg(gap) from (select g, n - lagInFrame(n, 1, n) over (partition by g order by n) as gap"
        " from ROWS) group by g order by g",
        "select n, length(groupArray(n) over (order by n)) as l from ROWS order by n",
        "select n, if(row_number() over (order by n) = 1, 'first', 'later') as l from ROWS order by n",
        "select n, round(avg(n) over (order by n rows between 6 preceding and current row), 2) as a from ROWS"
        " order by n",
    ],
)
def test_queries(project: Project, text: str) -> None:
    assert differences(project, [text.replace("ROWS", ROWS)]) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select n from ROWS where row_number() over (order by n) = 1", "window_not_allowed"),
        ("select g from ROWS group by g having row_number() over (order by g) = 1", "window_not_allowed"),
        ("select count() from ROWS group by row_number() over ()", "window_not_allowed"),
        ("select sum(sum(n) over ()) over () from ROWS", "clause_not_allowed"),
        ("select lag(n) over (order by n rows 1 preceding) from ROWS", "clause_not_allowed"),
        ("select sum(n) over missing from ROWS", "unknown_window"),
        ("select sum(n) over w from ROWS window w as (w order by n)", "unknown_window"),
        ("select sum(n) over (order by m range between 1 preceding and current row) from ROWS", ""),
        ("select sum(n) over (order by s range between 1 preceding and current row) from ROWS", ""),
        ("select sum(n) over (order by n, g range between 1 preceding and current row) from ROWS", ""),
        ("select sum(n) over (rows between 1 following and 1 preceding) from ROWS", "wrong_arguments"),
        ("select sum(n) over (rows between 1 preceding and 2 preceding) from ROWS", "wrong_arguments"),
        ("select nth_value(n, 0) over (order by n) from ROWS", "wrong_arguments"),
        ("select lag(n, -1) over (order by n) from ROWS", "wrong_arguments"),
        ("select lag(n, 1, 'x') over (order by n) from ROWS", "type_mismatch"),
        ("select lag(n, n) over (order by n) from ROWS", "wrong_arguments"),
        ("select row_number() from ROWS", "unknown_window"),
        ("select lower(s) over () from ROWS", "clause_not_allowed"),
        ("select sumDistinct(n) over () from ROWS", "clause_not_allowed"),
        ("select sum(n) over (w order by n) from ROWS window w as (order by g)", "clause_not_allowed"),
    ],
)
def test_refused(project: Project, text: str, code: str) -> None:
    with pytest.raises(AgentryError) as raised:
        query.run(project, text.replace("ROWS", ROWS))
    assert raised.value.status == 400
    assert code in {"", raised.value.code}
