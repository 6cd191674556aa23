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
        "'NaN'::float8",
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
        "'NaN'::float8",
        parameters=1,
        kind="number",
    ),
    AggregateFunction(
        "median",
        1,
        _float,
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY {0}::float8){filter}",
        "the middle value, interpolated",
        "'NaN'::float8",
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
