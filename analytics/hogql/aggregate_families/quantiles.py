"""Quantiles. ClickHouse's `quantile` samples above 8,192 values; all are exact here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from analytics.hogql.aggregate_families.basic import moment_number, number_moment
from analytics.hogql.aggregate_families.row import AggregateFunction, Printed, same
from analytics.hogql.functions.decimals import scale
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.print_call import zero
from analytics.hogql.tree import Aggregate
from analytics.hogql.types import FLOAT64, Type, array

MEDIAN = "0.5::float8"


def _shares(printed: Printed) -> list[str]:
    return printed.parameters or [MEDIAN]


def _number(printed: Printed) -> str:
    type_ = printed.call.args[0].type
    if type_.is_decimal:
        return f"({printed.args[0]} * {10 ** scale(type_)})::float8"
    return f"({moment_number(printed.args[0], type_) if type_.is_time else printed.args[0]})::float8"


def _interpolated_type(types: list[Type]) -> Type:
    return types[0] if types[0].is_time or types[0].is_decimal else FLOAT64


def _as_result(text: str, type_: Type) -> str:
    """An interpolated number as what was asked for: a time, a Decimal is cut to its digits."""
    if type_.is_decimal:
        return f"(trunc({text})::numeric / {10 ** scale(type_)})"
    return number_moment(f"floor({text})", type_) if type_.is_time else text


def _interpolated(printed: Printed) -> str:
    type_ = printed.call.args[0].type
    if printed.over or printed.call.distinct:
        values = f"array_agg({printed.distinct}{_number(printed)}){printed.numbers()}"
        found = [f"hogql_quantile({values}, {share})" for share in _shares(printed)]
    else:
        order = f"WITHIN GROUP (ORDER BY {_number(printed)}){printed.numbers()}"
        found = [f"percentile_cont({share}) {order}" for share in _shares(printed)]
    return _one_or_array(printed, [_as_result(text, type_) for text in found], type_)


def _one_or_array(printed: Printed, found: list[str], type_: Type, *, picks: bool = False) -> str:
    if not printed.call.type.is_array:
        return found[0]
    item = printed.call.type.item
    # ClickHouse fills an array of nullable values' quantiles with zeros where it picks, NaN where it reckons.
    empty = "'NaN'" if item.is_float and not (picks and type_.nullable) else zero(item)
    return f"ARRAY[{', '.join(f'coalesce({text}, {empty})' for text in found)}]"


def _exclusive(printed: Printed) -> str:
    values = f"array_agg({printed.distinct}{_number(printed)}){printed.numbers()}"
    found = [f"hogql_quantile_exclusive({values}, {share})" for share in _shares(printed)]
    return _one_or_array(printed, found, FLOAT64)


def _picked(place: str) -> Callable[[Printed], str]:
    """One of the sorted values: `place` is its index from 0, in SQL, of a share {p} and a number {n}."""

    def sql(printed: Printed) -> str:
        value, rows = printed.args[0], printed.numbers()
        values = f"array_agg({printed.distinct}{value}){rows}"
        if printed.over:
            values = f"array_sort({values})"
        else:
            values = f"array_agg({printed.distinct}{value} ORDER BY {value}){rows}"
        size = f"count({printed.distinct}{value}){rows}"
        found = []
        for share in _shares(printed):
            index = place.replace("{p}", share).replace("{n}", size)
            found.append(f"({values})[least({index}, {size} - 1)::integer + 1]")
        type_ = printed.call.args[0].type
        return _one_or_array(printed, found, type_, picks=True)

    return sql


def _weighted(printed: Printed) -> str:
    rows = printed.rows()
    gathered = f"array_agg({printed.args[0]}){rows}, array_agg({printed.args[1]}::numeric){rows}"
    found = [f"hogql_quantile_weighted({gathered}, {share})" for share in _shares(printed)]
    return _one_or_array(printed, found, printed.call.args[0].type, picks=True)


def _whole_weights(call: Aggregate) -> Aggregate:
    if call.args[1].type.is_signed:
        raise ArgumentError(f"Weights are not negative, but {call.args[1].type}.", "Write toUInt64(weight).")
    return call


FLOOR = "floor({p} * {n})"
LOW = "CASE WHEN {p} = 0.5 THEN floor(({n} - 1) / 2) ELSE floor({p} * {n}) END"


def _family(
    name: str,
    takes: str,
    returns: Callable[[list[Type]], Type],
    sql: Callable[[Printed], str],
    doc: str,
    distinct: Literal["sql", ""] = "sql",
    rewrite: Callable[[Aggregate], Aggregate] | None = None,
) -> list[AggregateFunction]:
    """quantileX(p), quantilesX(p, …) and medianX of one kind."""
    kind = name.removeprefix("quantile")
    one = AggregateFunction(
        name,
        takes,
        returns,
        sql,
        doc,
        "nan",
        parameters="[share]",
        distinct=distinct,
        rewrite=rewrite,
        aliases=() if kind in {"ExactInclusive", "ExactExclusive"} else (f"median{kind}",),
    )
    many = AggregateFunction(
        f"quantiles{kind}",
        takes,
        lambda types: array(returns(types)),
        sql,
        f"an array of quantile{kind} for each p",
        parameters="share+",
        skips=False,
        distinct=distinct,
        rewrite=rewrite,
    )
    return [one, many]


ROWS = [
    *_family(
        "quantile",
        "number|decimal|time",
        _interpolated_type,
        _interpolated,
        "the value below which a share p lies, interpolated",
    ),
    *_family(
        "quantileExactInclusive",
        "number",
        lambda t: FLOAT64,
        _interpolated,
        "as quantile",
    ),
    *_family(
        "quantileExactExclusive",
        "number",
        lambda t: FLOAT64,
        _exclusive,
        "as quantile, the least and the greatest value lying inside the range",
    ),
    *_family(
        "quantileExact",
        "number|decimal|time",
        same,
        _picked(FLOOR),
        "the value below which a share p lies, one of the values",
    ),
    *_family(
        "quantileExactHigh",
        "number|decimal|time",
        same,
        _picked(FLOOR),
        "as quantileExact; of two middle values the greater",
    ),
    *_family(
        "quantileExactLow",
        "number|decimal|time",
        same,
        _picked(LOW),
        "as quantileExact; of two middle values the lesser",
    ),
    *_family(
        "quantileExactWeighted",
        "number|time int",
        same,
        _weighted,
        "as quantileExact, each value as often as b says",
        "",
        _whole_weights,
    ),
]
