"""The aggregate functions. Each takes an `If` suffix (a condition as last argument)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analytics.hogql.types import FLOAT64, INT64, UINT64, Type, array


@dataclass(frozen=True)
class AggregateFunction:
    """`empty` is what it gives over no rows when its argument cannot be NULL (ClickHouse's default):
    an SQL literal, "zero" for the zero of its type, or "" where NULL is right or nothing is needed.
    """

    name: str
    arguments: int
    returns: Callable[[list[Type]], Type]
    postgres: str
    doc: str
    empty: str = ""
    parameters: int = 0
    kind: str = "any"


def _same(types: list[Type]) -> Type:
    return types[0]


def _array(types: list[Type]) -> Type:
    return array(types[0].required())


def _sum(types: list[Type]) -> Type:
    if types[0].required() == FLOAT64:
        return types[0]
    signed = types[0].name.startswith("Int")
    return (INT64 if signed else UINT64).or_null(types[0].nullable)


def _float(types: list[Type]) -> Type:
    return FLOAT64.or_null(types[0].nullable)


def _count(types: list[Type]) -> Type:
    return UINT64


def _spread(name: str, function: str, doc: str) -> AggregateFunction:
    return AggregateFunction(name, 1, _float, f"{function}({{0}}::float8){{filter}}", doc, NAN, kind="number")


def _pair(name: str, template: str, doc: str) -> AggregateFunction:
    return AggregateFunction(name, 2, _float, template, doc, NAN, kind="number")


NAN = "'NaN'::float8"
_BEST = "(array_agg({0} ORDER BY {1} %s) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL{and}))[1]"

_ROWS = [
    AggregateFunction("count", 1, _count, "count({0}){filter}", "rows, or values that are not NULL"),
    AggregateFunction("sum", 1, _sum, "sum({0}){filter}", "the sum", "zero", kind="number"),
    AggregateFunction(
        "avg",
        1,
        _float,
        "avg({0}::float8){filter}",
        "the mean; NaN over no rows",
        NAN,
        kind="number",
    ),
    AggregateFunction("min", 1, _same, "min({0}){filter}", "the least", "zero"),
    AggregateFunction("max", 1, _same, "max({0}){filter}", "the greatest", "zero"),
    AggregateFunction("any", 1, _same, "any_value({0}){filter}", "one of the values", "zero"),
    AggregateFunction("uniq", 1, _count, "count(DISTINCT {0}){filter}", "different values, exact"),
    AggregateFunction("uniqExact", 1, _count, "count(DISTINCT {0}){filter}", "different values"),
    AggregateFunction(
        "quantile",
        1,
        _float,
        "percentile_cont({p0}) WITHIN GROUP (ORDER BY {0}::float8){filter}",
        "the value below which a share p lies, interpolated",
        NAN,
        parameters=1,
        kind="number",
    ),
    AggregateFunction(
        "median",
        1,
        _float,
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY {0}::float8){filter}",
        "the middle value, interpolated",
        NAN,
        kind="number",
    ),
    AggregateFunction("argMax", 2, _same, _BEST % "DESC", "a where b is greatest", "zero"),
    AggregateFunction("argMin", 2, _same, _BEST % "ASC", "a where b is least", "zero"),
    AggregateFunction(
        "groupArray",
        1,
        _array,
        "coalesce(array_agg({0}) FILTER (WHERE {0} IS NOT NULL{and}){over}, '{{}}')",
        "all values as an array, NULLs left out",
    ),
    AggregateFunction(
        "groupUniqArray",
        1,
        _array,
        "coalesce(array_agg(DISTINCT {0}) FILTER (WHERE {0} IS NOT NULL{and}), '{{}}')",
        "the different values as an array",
    ),
    _spread("stddevPop", "stddev_pop", "standard deviation of all values"),
    _spread("stddevSamp", "stddev_samp", "standard deviation estimated from a sample"),
    _spread("varPop", "var_pop", "variance of all values"),
    _spread("varSamp", "var_samp", "variance estimated from a sample"),
    _pair("corr", "corr({1}::float8, {0}::float8){filter}", "correlation of a and b"),
    _pair("covarPop", "covar_pop({1}::float8, {0}::float8){filter}", "covariance of a and b"),
    _pair("covarSamp", "covar_samp({1}::float8, {0}::float8){filter}", "covariance estimated from a sample"),
    _pair(
        "avgWeighted",
        "(sum(({0} * {1})::float8){filter} / nullif(sum(({1})::float8){filter}, 0))",
        "the mean of a, each weighed by b",
    ),
    AggregateFunction(
        "quantileExact",
        1,
        _same,
        # ClickHouse takes the value at place floor(p * n), from 0, of the n sorted values.
        "(array_agg({0} ORDER BY {0}) FILTER (WHERE {0} IS NOT NULL{and}))"
        "[least(floor({p0} * count({0}){filter}), count({0}){filter} - 1)::integer + 1]",
        "the value below which a share p lies, one of the values",
        "zero",
        parameters=1,
        kind="number",
    ),
]

AGGREGATES: dict[str, AggregateFunction] = {row.name: row for row in _ROWS}
ANY_CASE = {"count", "sum", "avg", "min", "max", "any", "median"}


def find(name: str) -> tuple[AggregateFunction, bool] | None:
    """The aggregate of this name, and whether it has the -If suffix. None: no aggregate."""
    plain, conditional = (name[:-2], True) if name.endswith("If") and len(name) > 2 else (name, False)
    if plain.lower() in ANY_CASE:
        plain = plain.lower()
    row = AGGREGATES.get(plain)
    return None if row is None else (row, conditional)


def names() -> list[str]:
    return [*AGGREGATES, *(f"{name}If" for name in AGGREGATES)]
