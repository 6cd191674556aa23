"""The table of aggregates, and how their names may be written: aliases, case, and combinators."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.hogql.aggregate_families import (
    basic,
    collections,
    funnels,
    quantiles,
    statistics,
    values,
)
from analytics.hogql.aggregate_families.row import AggregateFunction

AGGREGATES: dict[str, AggregateFunction] = {
    row.name: row
    for rows in (basic.ROWS, values.ROWS, quantiles.ROWS, statistics.ROWS, collections.ROWS, funnels.ROWS)
    for row in rows
}
_EXACT = {name: row.name for row in AGGREGATES.values() for name in (row.name, *row.aliases)}
_ANY_CASE = {name.lower(): row.name for row in AGGREGATES.values() for name in row.any_case}

# Suffixes from the outermost, and what one would write instead of those that are not here.
SUFFIXES = ("Distinct", "OrDefault", "OrNull", "Array", "If")
OTHER_SUFFIXES = {
    "ForEach": "Use arrayJoin with arrayEnumerate.",
    "Map": "Group by the key instead.",
    "Resample": "Group by intDiv(x, step) instead.",
    "ArgMin": "Filter on the least value in a subquery.",
    "ArgMax": "Filter on the greatest value in a subquery.",
    "State": "Nest the query: aggregate over a subquery.",
    "SimpleState": "Nest the query: aggregate over a subquery.",
    "Merge": "Nest the query: aggregate over a subquery.",
}
# Known to ClickHouse, not answered here: an approximation, or no way in PostgreSQL that is exact.
INSTEAD = {
    **dict.fromkeys(
        (
            *("quantileTiming", "quantileTDigest", "quantileBFloat16", "quantileDeterministic"),
            *("quantileGK", "quantileDD", "quantilesTiming", "quantilesTDigest", "medianTiming"),
            *("medianTDigest", "quantileInterpolatedWeighted", "quantileTDigestWeighted"),
        ),
        "Use quantile(p)(x), which is exact here.",
    ),
    "anyHeavy": "Use topK(1)(x).",
    **dict.fromkeys(("approx_top_k", "approx_top_count", "approx_top_sum"), "Use topK(n)(x)."),
    **dict.fromkeys(("sumMap", "minMap", "maxMap", "sumMappedArrays"), "Group by the key instead."),
    "simpleLinearRegression": "Use regr_slope(y, x) and regr_intercept(y, x).",
    "exponentialMovingAverage": "Use avg(x) OVER a window.",
    "groupArraySample": "Use groupArray(n)(x).",
}


@dataclass(frozen=True)
class Named:
    """What a name of an aggregate says: `empty` is Null or Default of -OrNull, -OrDefault; `arrays` that it
    is one of arrays' elements."""

    row: AggregateFunction
    conditional: bool = False
    distinct: bool = False
    empty: str = ""
    arrays: bool = False


def find(name: str) -> Named | None:
    """The aggregate of this name, its combinators taken off. None: no aggregate, or not such a one."""
    plain = _EXACT.get(name) or _ANY_CASE.get(name.lower())
    if plain is not None:
        return Named(AGGREGATES[plain])
    suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
    inner = find(name.removesuffix(suffix)) if suffix else None
    if inner is None:
        return None
    match suffix:
        case "If" if not inner.conditional:
            return replace(inner, conditional=True)
        case "Array" if inner == Named(inner.row):
            return replace(inner, arrays=True)
        case _ if inner.arrays:
            return None
        case "Distinct" if not inner.distinct and not inner.empty:
            return replace(inner, distinct=True)
        # sumIfOrNull tells rows from rows that meet the condition, not alike for each aggregate.
        case "OrNull" | "OrDefault" if not inner.conditional and not inner.empty:
            return replace(inner, empty=suffix.removeprefix("Or"))
    return None


def hint(name: str) -> str:
    """What to write instead of an aggregate that ClickHouse has and Agentry has not; "" for other names."""
    for known, instead in INSTEAD.items():
        if name in {known, f"{known}If"}:
            return instead
    for suffix, instead in OTHER_SUFFIXES.items():
        if name.endswith(suffix) and find(name.removesuffix(suffix)) is not None:
            return instead
    if name.endswith(("OrNull", "OrDefault")) and "If" in name:
        return "Put -If last: sumOrNullIf(x, condition)."
    return ""


def names() -> list[str]:
    """Every name that may be written, suffixes other than -If left out."""
    return [*_EXACT, *(f"{name}If" for name in _EXACT)]
