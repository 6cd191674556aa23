"""Aggregates: ClickHouse's values and types, over many rows, no rows, NULLs, NaN and groups."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from tests.clickhouse import differences

pytestmark = pytest.mark.django_db(transaction=True)

# Rows with a column of each kind; `m`, `f`, `t` and `w` are nullable.
ROWS = (
    "(select number as n, number - 5 as i, if(number % 3 = 0, null, number % 4) as m, number / 4 as d,"
    " if(number % 4 = 1, null, number / 8) as f, number % 2 = 0 as b, number > 6 as c,"
    " toString(number * 7 % 10) as s, if(number % 5 = 2, null, toString(number % 3)) as t,"
    " toDate('2024-02-27') + number as day, toDateTime('2024-01-01 00:00:00') + number * 7 as at,"
    " number * 20 % 250 as u, number % 3 * 1.0 as w, true as yes"
    " from numbers(12) order by number) as rows"
)
FILTERS = ["", " where n > 99", " where n = 4", " where n = 0"]

AGGREGATES = [
    *("count()", "count(*)", "count(m)", "count(s)", "count(1)", "COUNT(n)", "count(null)"),
    *("countIf(b)", "countIf(n > 3)", "countIf(m, n > 3)", "countIf(m > 1)", "countIf(null)", "countIf(yes)"),
    *("sum(n)", "sum(i)", "sum(m)", "sum(d)", "sum(f)", "sum(b)", "sum(u)", "Sum(1)", "sum(-1)", "sum(null)"),
    *("sum(1.5)", "sumIf(n, b)", "sumIf(f, n > 3)", "sumIf(f, m > 1)", "sumIf(n, null)", "sumIf(null, yes)"),
    *("avg(n)", "avg(i)", "avg(m)", "avg(d)", "avg(f)", "avg(b)", "avgIf(n, n > 5)", "AVG(u)"),
    *("avg(day)", "avg(at)", "avgIf(f, n > 5)", "avg(null)"),
    *("min(n)", "min(i)", "min(m)", "min(f)", "min(s)", "min(t)", "min(at)", "min(yes)", "minIf(s, b)"),
    *("max(n)", "max(i)", "max(m)", "max(f)", "max(s)", "max(t)", "max(at)", "max(yes)", "maxIf(t, b)"),
    *("any(n)", "any(m)", "any(t)", "any(at)", "anyIf(n, n > 3)", "any_value(s)", "first_value(m)"),
    *("anyLast(n)", "anyLast(m)", "anyLast(t)", "last_value(s)", "anyLastIf(t, n < 4)", "any(yes)"),
    *(
        "any_respect_nulls(m)",
        "anyLast_respect_nulls(m)",
        "anyRespectNulls(t)",
        "first_value_respect_nulls(m)",
    ),
    *("argMax(s, n)", "argMax(m, n)", "argMax(s, f)", "argMax(n, s)", "argMax(n, at)", "max_by(s, n)"),
    *("argMin(s, n)", "argMin(m, n)", "argMin(s, f)", "argMin(yes, at)", "min_by(s, n)"),
    *("argMaxIf(s, n, n < 5)", "argMinIf(m, i, b)", "argMax(1, null)", "argMax(null, n)"),
    *("uniq(n)", "uniq(t)", "uniq(m, t)", "uniq(s, b)", "uniqExact(n, m)", "uniqCombined(n)", "uniq(null)"),
    *("uniqHLL12(s)", "uniqCombined64(t)", "uniqCombined(12)(n)", "uniqIf(t, b)", "uniqExactIf(m, t, n > 3)"),
    *("count(distinct t)", "count(distinct m, t)", "countDistinct(t)", "countDistinctIf(t, b)", "uniq(f)"),
    *("countIf(distinct t, b)", "count(distinct f)", "uniq(yes)", "uniq(at)", "uniq(day, at)"),
    *("sum(distinct m)", "sumDistinct(m)", "avgDistinct(w)", "sumDistinctIf(w, b)", "sumIfDistinct(w, b)"),
    *("maxDistinct(s)", "min(distinct s)", "uniqDistinct(s)", "stddevPopDistinct(m)", "medianDistinct(m)"),
    *("quantile(0.5)(distinct m)", "quantileExactDistinct(0.5)(m)", "any(distinct n)"),
    *("sumOrNull(n)", "sumOrNull(m)", "avgOrDefault(n)", "avgOrNull(d)", "countOrNull()", "countOrNull(n)"),
    *(
        "sumOrNullIf(n, n > 7)",
        "avgOrDefaultIf(n, n > 99)",
        "uniqOrNull(t)",
        "minOrNull(s)",
        "maxOrDefault(n)",
    ),
    *("quantileOrNull(0.5)(n)", "quantileOrDefault(0.5)(n)", "sumOrDefault(f)", "countOrDefault()"),
    *("sumKahan(d)", "sumKahan(n)", "sumWithOverflow(n)", "sumWithOverflow(d)", "sumCount(n)", "sumCount(f)"),
    *(
        "sumCount(i)",
        "sumCountIf(n, b)",
        "singleValueOrNull(n)",
        "singleValueOrNull(yes)",
        "anyIf(t, n > 50)",
    ),
    *("groupBitAnd(u)", "groupBitOr(u)", "groupBitXor(u)", "groupBitAnd(i)", "groupBitOr(n)", "BIT_AND(n)"),
    *("groupBitXor(m)", "groupBitOrIf(u, b)", "groupBitOr(yes)"),
    *("quantile(0.5)(n)", "quantile(0.9)(d)", "quantile(0.25)(f)", "quantile(n)", "median(f)", "median(u)"),
    *("medianIf(f, n > 3)", "quantileIf(0.9)(n, b)", "quantile(0)(i)", "quantile(1)(i)", "median(yes)"),
    *("quantile(1/4)(n)", "quantile(0.5 + 0.25)(d)", "median(day)", "quantile(0.3)(at)", "median(null)"),
    *(
        "quantiles(0.5, 0.9)(n)",
        "quantiles(0.1)(f)",
        "quantilesIf(0.5, 0.75)(d, n > 4)",
        "quantiles(0.5)(at)",
    ),
    *("quantileExact(0.5)(n)", "quantileExact(0.9)(i)", "quantileExact(0)(f)", "quantileExact(1)(d)"),
    *("quantileExact(s > '5')", "medianExact(n)", "quantileExactIf(0.9)(n, b)", "quantileExact(at)"),
    *("quantilesExact(0.1, 0.5)(n)", "quantilesExact(0.5)(f)", "quantileExact(yes)", "medianExact(day)"),
    *(f"quantileExact{kind}({p})(n)" for kind in ("Low", "High", "") for p in (0, 0.1, 0.25, 0.5, 0.6, 1)),
    *(f"quantileExact{kind}({p})(f)" for kind in ("Low", "High") for p in (0.3, 0.5, 0.75)),
    *("quantilesExactLow(0.5, 0.9)(n)", "quantilesExactHigh(0.5, 0.9)(n)", "medianExactLow(n)"),
    *("quantileExactInclusive(0.3)(n)", "quantilesExactInclusive(0.3, 0.6)(f)"),
    *(f"quantileExactExclusive({p})(n)" for p in (0.01, 0.3, 0.5, 0.99)),
    *("quantilesExactExclusive(0.25, 0.5)(f)", "quantileExactExclusive(0.3)(f)"),
    *(f"{name}({x})" for name in ("stddevPop", "stddevSamp", "varPop", "varSamp") for x in "nidfbm"),
    *(f"{name}({x})" for name in ("skewPop", "skewSamp", "kurtPop", "kurtSamp") for x in "nidfb"),
    *("stddevPopIf(n, n > 4)", "STDDEV_POP(n)", "STD(n)", "stddev(n)", "VAR_SAMP(f)", "stddevPop(null)"),
    *("stddevPopStable(n)", "stddevSampStable(n)", "varPopStable(f)", "varSampStable(f)"),
    *("corr(n, d)", "corr(i, w)", "corr(f, w)", "covarPop(n, w)", "covarSamp(n, w)", "covarSamp(f, m)"),
    *("corrIf(n, w, b)", "COVAR_POP(n, i)", "corr(n, 1)"),
    *(
        "avgWeighted(n, i)",
        "avgWeighted(f, w)",
        "avgWeighted(n, u)",
        "avgWeighted(n, m)",
        "avgWeighted(d, w)",
    ),
    *("entropy(s)", "entropy(t)", "entropy(m, t)", "entropy(n)", "entropyIf(s, b)"),
    *(f"regr_{name}(n, w)" for name in ("slope", "intercept", "r2", "avgx", "avgy", "sxx", "syy", "sxy")),
    *("regr_count(f, w)", "regr_slope(f, m)", "REGR_COUNT(n, n)", "regr_r2(n, 1)", "regr_r2(1, n)"),
    *(
        "groupArray(n)",
        "groupArray(m)",
        "groupArray(t)",
        "groupArray(2)(s)",
        "groupArray(f)",
        "groupArray(at)",
    ),
    *("groupArrayIf(t, b)", "groupArrayIf(3)(n, n > 4)", "groupArray(1 + 1)(day)", "array_agg(yes)"),
    *("groupArray((n, t))", "groupArray(2)((n, s))", "groupArray([n, u])", "groupArray(null)"),
    *("arraySort(groupUniqArray(t))", "arraySort(groupUniqArray(m))", "arraySort(groupUniqArrayIf(s, b))"),
    *("length(groupUniqArray(2)(s))", "arraySort(groupArrayDistinct(s))", "length(groupUniqArray((b, t)))"),
    *(
        "groupArrayLast(2)(n)",
        "groupArrayLast(3)(t)",
        "groupArrayLast(2)((n, t))",
        "groupArrayLastIf(2)(n, b)",
    ),
    *("groupArraySorted(3)(s)", "groupArraySorted(3)(f)", "groupArraySorted(20)(i)"),
    *("groupArrayMovingSum(n)", "groupArrayMovingSum(2)(i)", "groupArrayMovingSum(3)(f)"),
    *("groupArrayMovingAvg(n)", "groupArrayMovingAvg(2)(i)", "groupArrayMovingAvg(3)(f)"),
    *("groupArrayMovingSum(m)", "groupArrayMovingAvg(2)(yes)"),
    *(
        "groupConcat(s)",
        "groupConcat(', ')(t)",
        "groupConcat(',', 3)(n)",
        "groupConcat(n, '-')",
        "groupConcat(i)",
    ),
    *("string_agg(t, ';')", "groupConcatIf('+')(s, b)", "groupConcat(yes)", "groupConcat('|')(f)"),
    *("deltaSum(n)", "deltaSum(i)", "deltaSum(u)", "deltaSum(w)", "deltaSum(f)", "deltaSumIf(w, n > 2)"),
    *("deltaSumTimestamp(w, n)", "deltaSumTimestamp(w, at)", "deltaSumTimestamp(u, n)", "deltaSum(yes)"),
    *("boundingRatio(n, w)", "boundingRatio(d, i)", "boundingRatio(f, w)"),
    *(
        "retention(b, c)",
        "retention(n = 2, n = 1, n = 99)",
        "retention(n > 99, b)",
        "retentionIf(b, c, n < 6)",
    ),
    *("sum(n) filter (where n > 3)", "count() filter (where b)", "uniq(t) filter (where n > 3)"),
    *("quantile(0.5)(n) filter (where n > 3)", "count(distinct t) filter (where n > 3)"),
    *("sum(n) + 1", "round(avg(n), 2)", "sum(n) / count()", "intDiv(sum(n), 4)", "sum(n) % 7", "-sum(i)"),
    *("max(at) - min(at)", "toDate(max(at))", "concat(max(s), min(s))", "if(count() > 3, sum(n), 0)"),
    *("max(s) = '9'", "length(groupArray(n))", "arraySum(groupArray(n))", "groupArray(n)[2]"),
    *("topK(1)(s < '99')", "topK(1)(yes)", "topKIf(1)(yes, b)", "topKWeighted(2)(s, n)", "length(topK(s))"),
    *("max(n) > 3 and min(n) < 5", "countIf(n > 3) / count()", "sum(n * 2) - sum(i)", "avg(n) > 2"),
]


@pytest.mark.parametrize("where", FILTERS)
def test_as_in_clickhouse(project: Project, where: str) -> None:
    texts = [f"select {text} as value from {ROWS}{where}" for text in AGGREGATES]
    assert differences(project, texts) == ""


def test_in_groups(project: Project) -> None:
    """`any` is any of a group's, in ClickHouse even over sorted rows; groupArray keeps their order."""
    texts = [
        f"select n % 3 as g, {text} as value from {ROWS} group by g order by g"
        for text in AGGREGATES
        if "null)" not in text and not text.startswith(("any", "first_value", "last_value"))
    ]
    assert differences(project, texts) == ""


NUMBERS = "(select arrayJoin([%s]) as x) as rows"


@pytest.mark.parametrize("values", ["1.0, nan, 2.5, 0.5", "nan, 3.0, 2.0", "nan, nan", "1.0, inf, 2.0, 3.0"])
def test_nan_and_infinity(project: Project, values: str) -> None:
    """Extremes and quantiles pass over NaN; sums do not."""
    aggregates = [
        *("max(x)", "min(x)", "sum(x)", "avg(x)", "count(x)", "quantile(0.25)(x)", "quantileExact(0.5)(x)"),
        *("stddevPop(x)", "varSamp(x)", "quantiles(0.1, 0.4)(x)", "argMax(x, x)", "argMin(x, x)"),
        *("maxIf(x, x > 0)", "quantileExactLow(0.5)(x)", "uniqExact(x)", "any(x)"),
    ]
    texts = [
        f"select {text} as value from {NUMBERS % values.replace('nan', '0 / 0').replace('inf', '1 / 0')}"
        for text in aggregates
    ]
    assert differences(project, texts) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sum(s)", "type_mismatch"),
        ("sum(day)", "type_mismatch"),
        ("avg(t)", "type_mismatch"),
        ("sum()", "wrong_arguments"),
        ("sum(n, n)", "wrong_arguments"),
        ("count(n, n)", "wrong_arguments"),
        ("uniq()", "wrong_arguments"),
        ("sum(sum(n))", "aggregate_nested"),
        ("countIf(sum(n) > 1)", "aggregate_nested"),
        ("countIf()", "wrong_arguments"),
        ("sumIf(n)", "type_mismatch"),
        ("sumIf(n, d)", "type_mismatch"),
        ("countIf(n)", "type_mismatch"),
        ("countIf(s)", "type_mismatch"),
        ("quantile(1.5)(n)", "wrong_arguments"),
        ("quantile(-0.5)(n)", "wrong_arguments"),
        ("quantile('0.5')(n)", "wrong_arguments"),
        ("quantile(d)(n)", "wrong_arguments"),
        ("quantile(0.1, 0.2)(n)", "wrong_arguments"),
        ("quantile(1 / 0)(n)", "wrong_arguments"),
        ("quantiles(n)", "wrong_arguments"),
        ("quantileExactExclusive(0)(n)", "wrong_arguments"),
        ("sum(0.5)(n)", "wrong_arguments"),
        ("groupArray(0)(n)", "wrong_arguments"),
        ("groupArray(-1)(n)", "wrong_arguments"),
        ("groupArraySorted(n)", "wrong_arguments"),
        ("groupArrayLast(n)", "wrong_arguments"),
        ("topK(0)(n)", "wrong_arguments"),
        ("groupConcat(1)(s)", "wrong_arguments"),
        ("groupConcat(s, n)", "type_mismatch"),
        ("groupBitAnd(d)", "type_mismatch"),
        ("retention(b)", "wrong_arguments"),
        ("sumWithOverflow(u)", "type_mismatch"),
        ("avgWeighted(d, n)", "type_mismatch"),
        ("max([n])", "type_mismatch"),
        ("entropyDistinct(n)", "wrong_arguments"),
        ("quantileTDigest(0.5)(n)", "unknown_function"),
        ("quantileTimingIf(0.5)(n, b)", "unknown_function"),
        ("anyHeavy(n)", "unknown_function"),
        ("sumState(n)", "unknown_function"),
        ("sumForEach([n])", "unknown_function"),
        ("sumIfOrNull(n, b)", "unknown_function"),
        ("sequenceCount('(?1)(?t<9)(?2)')(at, b, c)", "type_mismatch"),
        ("MEDIAN(n)", "unknown_function"),
        ("sumif(n, b)", "unknown_function"),
        ("sumIfIf(n, b, b)", "unknown_function"),
        ("countIf(b) filter (where c)", "clause_not_allowed"),
        ("lower(s) filter (where b)", "clause_not_allowed"),
        ("sum(n) respect nulls", "clause_not_allowed"),
    ],
)
def test_refused(project: Project, text: str, code: str) -> None:
    with pytest.raises(AgentryError) as raised:
        query.run(project, f"select {text} from {ROWS}")
    assert (raised.value.status, raised.value.code) == (400, code)
    assert raised.value.hint or code not in {"unknown_function"}


def test_a_sum_that_does_not_fit_is_refused(project: Project) -> None:
    with pytest.raises(AgentryError) as raised:
        query.run(project, "select sum(9223372036854775807) from numbers(3)")
    assert raised.value.status == 422
