"""How values spread, and how two go together."""

from __future__ import annotations

from dataclasses import replace

from analytics.hogql.aggregate_families.row import NAN, AggregateFunction, Printed, a_count, a_float
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.tree import Aggregate
from analytics.hogql.types import FLOAT32

INFINITY = "'Infinity'::float8"


def _wide(call: Aggregate) -> Aggregate:
    if call.args[0].type.required() == FLOAT32:
        # ClickHouse sums up in 32 bits there: what it gives depends on the order of the rows.
        raise ArgumentError("Moments of Float32 are not exact.", "Use toFloat64.")
    return call


def _spread(
    name: str, function: str, alone: str, doc: str, aliases: tuple[str, ...] = ()
) -> AggregateFunction:
    """`alone` is what one value gives. NaN or an infinity among the values gives 0 in ClickHouse."""

    def sql(printed: Printed) -> str:
        spread = printed.fill(f"{function}({{distinct}}{{0}}::float8){{filter}}")
        rows = printed.fill("count({distinct}{0}){filter}")
        enough = f"WHEN {rows} > 1 THEN 0 WHEN {rows} = 1 THEN {alone}"
        return f"coalesce(nullif({spread}, 'NaN'), CASE {enough} END)"

    empty = INFINITY if name.endswith("Stable") else NAN
    return AggregateFunction(
        name,
        "number",
        a_float,
        sql,
        doc,
        empty,
        distinct="sql",
        aliases=aliases,
        any_case=aliases,
        rewrite=_wide,
    )


def _pair(name: str, sql: str, doc: str, aliases: tuple[str, ...] = ()) -> AggregateFunction:
    any_ = "CASE WHEN regr_count({distinct}{1}::float8, {0}::float8){filter} > 0 THEN 'NaN'::float8 END"
    either = f"coalesce({sql}, {any_})"
    return AggregateFunction(
        name, "number number", a_float, either, doc, NAN, distinct="sql", aliases=aliases, any_case=aliases
    )


def _moments(name: str, less: int, doc: str) -> AggregateFunction:
    """Skewness and kurtosis from power sums, as ClickHouse does it: less 1 for a sample."""
    order = 3 if name.startswith("skew") else 4
    function = "hogql_skew" if order == 3 else "hogql_kurt"

    def sql(printed: Printed) -> str:
        sums = [
            printed.fill(f"sum(power({{0}}::float8, {power})){{filter}}") for power in range(1, order + 1)
        ]
        count = printed.fill("count({0}){filter}")
        return f"{function}({count}, {', '.join(sums)}, {less})"

    return AggregateFunction(name, "number", a_float, sql, doc, NAN, rewrite=_wide)


def _weighted(printed: Printed) -> str:
    """A weight of nothing in all gives NaN, as 0 / 0."""
    rows = printed.rows()
    weights = f"nullif(sum({printed.args[1]}::float8){rows}, 0)"
    total = f"sum({printed.args[0]}::float8 * {printed.args[1]}::float8){rows}"
    return f"coalesce({total} / {weights}, CASE WHEN count(*){rows} > 0 THEN {NAN} END)"


def _can_weigh(call: Aggregate) -> Aggregate:
    value, weight = (arg.type for arg in call.args)
    if value.name == "Float64" and not weight.is_float:
        # ClickHouse 26.9 answers 0 for these types, whatever the values are.
        raise ArgumentError(
            "`avgWeighted` of fractions takes fractions as weights.", "Write toFloat(weight)."
        )
    return call


def _entropy(printed: Printed) -> str:
    what = printed.args[0] if len(printed.args) == 1 else f"({', '.join(printed.args)})::text"
    return f"hogql_entropy(array_agg({what}){printed.rows()})"


def _regression(name: str, doc: str) -> AggregateFunction:
    sql = f"regr_{name}({{0}}::float8, {{1}}::float8){{filter}}"
    row = f"regr_{name}"
    if name == "count":
        return AggregateFunction(row, "number number", a_count, sql, doc, skips=False, any_case=(row,))
    return replace(_pair(row, sql, doc), distinct="", any_case=(row,))


ROWS = [
    _spread("stddevPop", "stddev_pop", "0", "standard deviation of all values", ("STD", "STDDEV_POP")),
    _spread(
        "stddevSamp",
        "stddev_samp",
        NAN,
        "standard deviation estimated from a sample",
        ("STDDEV", "STDDEV_SAMP"),
    ),
    _spread("varPop", "var_pop", "0", "variance of all values", ("VAR_POP",)),
    _spread("varSamp", "var_samp", NAN, "variance estimated from a sample", ("VAR_SAMP",)),
    _spread("stddevPopStable", "stddev_pop", "0", "as stddevPop"),
    _spread("stddevSampStable", "stddev_samp", INFINITY, "as stddevSamp"),
    _spread("varPopStable", "var_pop", "0", "as varPop"),
    _spread("varSampStable", "var_samp", INFINITY, "as varSamp"),
    _moments("skewPop", 0, "skewness of all values"),
    _moments("skewSamp", 1, "skewness estimated from a sample"),
    _moments("kurtPop", 0, "kurtosis of all values"),
    _moments("kurtSamp", 1, "kurtosis estimated from a sample"),
    _pair("corr", "corr({distinct}{1}::float8, {0}::float8){filter}", "correlation of a and b", ("corr",)),
    _pair(
        "covarPop",
        "covar_pop({distinct}{1}::float8, {0}::float8){filter}",
        "covariance of a and b",
        ("COVAR_POP",),
    ),
    _pair(
        "covarSamp",
        "covar_samp({distinct}{1}::float8, {0}::float8){filter}",
        "covariance estimated from a sample",
        ("COVAR_SAMP",),
    ),
    AggregateFunction(
        "avgWeighted",
        "number number",
        a_float,
        _weighted,
        "the mean of a, each weighed by b",
        NAN,
        rewrite=_can_weigh,
    ),
    AggregateFunction(
        "entropy", "any+", a_float, _entropy, "Shannon entropy of the values, in bits", "0::float8"
    ),
    _regression("slope", "slope of the line that fits y (first) over x (second)"),
    _regression("intercept", "where that line crosses x = 0"),
    _regression("r2", "square of the correlation"),
    _regression("count", "pairs without NULL"),
    _regression("avgx", "mean of the second argument"),
    _regression("avgy", "mean of the first argument"),
    _regression("sxx", "sum of squares of x around its mean"),
    _regression("syy", "sum of squares of y around its mean"),
    _regression("sxy", "sum of products of x and y around their means"),
]
