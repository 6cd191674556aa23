"""Counts, sums and extremes."""

from __future__ import annotations

from dataclasses import replace

from analytics.hogql.aggregate_families.row import (
    AggregateFunction,
    Printed,
    a_count,
    a_float,
    as_text,
    may_be_nan,
    same,
)
from analytics.hogql.errors import HogQLError
from analytics.hogql.functions.decimals import scale
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.print_array import holds_array, needs_keys, order_keys, to_json
from analytics.hogql.tree import Aggregate
from analytics.hogql.types import FLOAT64, INT64, UINT8, UINT64, Type, tuple_of

# PostgreSQL has no min and max of booleans.
OF_BOOL = {"max": "bool_or({0}){filter}", "min": "bool_and({0}){filter}"}


def _sum_type(types: list[Type]) -> Type:
    if types[0].is_float:
        return FLOAT64
    if types[0].is_decimal:
        return Type(f"Decimal(38, {scale(types[0])})")
    return INT64 if types[0].is_signed else UINT64


def _sum(printed: Printed) -> str:
    """Integers are bigint in SQL: a sum that does not fit is refused there, as 422."""
    if printed.call.args[0].type.is_float:
        return printed.fill("sum({distinct}{0}::float8){filter}")
    if printed.call.args[0].type.is_decimal:
        return printed.fill("sum({distinct}{0}){filter}")
    return printed.fill("(sum({distinct}{0}){filter})::bigint")


def _wrapping(call: Aggregate) -> Aggregate:
    type_ = call.args[0].type
    if type_.bits < 64 and not type_.is_float:
        raise ArgumentError("`sumWithOverflow` of a narrow integer wraps around.", "Use sum(x).")
    return replace(call, name="sum")


def _sum_count(printed: Printed) -> str:
    return f"jsonb_build_array(coalesce({_sum(printed)}, 0), {printed.fill('count({0}){filter}')})"


def _avg(printed: Printed) -> str:
    type_ = printed.call.args[0].type
    if not type_.is_time:
        # ClickHouse's sum of wide integers wraps around: one beyond a bigint is refused.
        is_wide = type_.is_integer and type_.bits == 64
        summed = f"({_sum(printed)})::float8" if is_wide else "sum({distinct}{0}::float8){filter}"
        return printed.fill(f"({summed} / nullif(count({{distinct}}{{0}}){{filter}}, 0))")
    value = moment_number(printed.args[0], type_)
    mean = printed.fill(f"avg({{distinct}}{value}){{filter}}")
    return number_moment(f"round(({mean})::float8)", type_)


def moment_number(text: str, type_: Type) -> str:
    """A printed time as the whole number that ClickHouse holds: days, seconds, or parts of a second."""
    if type_.name == "Date":
        return f"({text} - '1970-01-01'::date)"
    return f"floor(extract(epoch FROM {text}) * {10**type_.precision})"


def number_moment(text: str, type_: Type) -> str:
    if type_.name == "Date":
        return f"('1970-01-01'::date + ({text})::integer)"
    return f"to_timestamp((({text})::numeric / {10**type_.precision})::float8)"


def _extreme(printed: Printed) -> str:
    name, type_ = printed.call.name, printed.call.args[0].type
    if needs_keys(type_):
        refuse_over(printed, type_)
        keys = order_keys(printed.args[0], type_, "DESC NULLS LAST" if name == "max" else "ASC NULLS LAST")
        return f"(array_agg({printed.args[0]} ORDER BY {keys}){printed.rows()})[1]"
    if type_.name == "Bool":
        return printed.fill(OF_BOOL[name])
    text = as_text(printed.args[0], type_)
    if name == "max" and may_be_nan(printed.call.args[0]):
        # NaN is PostgreSQL's greatest; ClickHouse looks at it only where there is nothing else.
        return f"coalesce(max(nullif({text}, 'NaN')){printed.filter}, max({text}){printed.filter})"
    return f"{name}({text}){printed.filter}"


def ordered(call: Aggregate) -> Aggregate:
    type_ = call.args[-1].type
    if holds_array(type_):
        raise ArgumentError(f"`{call.name}` does not order {type_}.", "Use a tuple of its elements.")
    return call


def refuse_over(printed: Printed, type_: Type) -> None:
    """Raises HogQLError for a window."""
    if printed.over:
        message = f"`{printed.call.name}` does not order {type_} over a window."
        raise HogQLError("type_mismatch", message, "Use GROUP BY in a subquery, and join it.")


def _uniq(printed: Printed) -> str:
    what = printed.args[0] if len(printed.args) == 1 else f"({', '.join(printed.args)})"
    text = f"count(DISTINCT {what}){printed.rows()}"
    return f"nullif({text}, 0)" if printed.call.type.nullable else text


def _uniq_over(printed: Printed) -> str:
    typed = zip(printed.args, printed.call.args, strict=True)
    parts = [to_json(text, arg.type) for text, arg in typed]
    what = printed.args[0] if len(parts) == 1 else f"jsonb_build_array({', '.join(parts)})"
    return f"hogql_uniq(array_agg({what}){printed.rows()})"


def _uniq_up_to(printed: Printed) -> str:
    one = _uniq_over(printed) if printed.over else _uniq(printed)
    return f"least({one}, {printed.parameters[0]} + 1)"


def _count(printed: Printed) -> str:
    return f"count({printed.args[0] if printed.args else '*'}){printed.filter}"


ROWS = [
    AggregateFunction(
        "count",
        "[any]",
        a_count,
        _count,
        "rows, or values that are not NULL",
        skips=False,
        any_case=("count",),
    ),
    AggregateFunction(
        "sum", "number|decimal", _sum_type, _sum, "the sum", "zero", distinct="sql", any_case=("sum",)
    ),
    AggregateFunction(
        "sumWithOverflow", "number", same, _sum, "the sum in its argument's type", "zero", rewrite=_wrapping
    ),
    AggregateFunction(
        "sumKahan", "number", a_float, "sum({0}::float8){filter}", "the sum as a float", "0::float8"
    ),
    AggregateFunction(
        "sumCount",
        "number",
        lambda t: tuple_of(_sum_type(t), UINT64),
        _sum_count,
        "(the sum, the count)",
        skips=False,
    ),
    AggregateFunction(
        "avg",
        "number|time",
        lambda t: t[0] if t[0].is_time else FLOAT64,
        _avg,
        "the mean; NaN over no rows",
        "nan",
        distinct="sql",
        any_case=("avg",),
    ),
    AggregateFunction(
        "min",
        "any",
        same,
        _extreme,
        "the least",
        "zero",
        distinct="same",
        any_case=("min",),
        rewrite=ordered,
    ),
    AggregateFunction(
        "max",
        "any",
        same,
        _extreme,
        "the greatest",
        "zero",
        distinct="same",
        any_case=("max",),
        rewrite=ordered,
    ),
    *(
        AggregateFunction(
            name,
            "any+",
            a_count,
            _uniq,
            "different values" + ("" if name == "uniqExact" else ", exact"),
            skips=name.startswith("uniqCombined"),
            parameters="[count]" if name.startswith("uniqCombined") else "",
            over=_uniq_over,
            distinct="same",
        )
        for name in ("uniq", "uniqExact", "uniqCombined", "uniqCombined64", "uniqHLL12", "uniqTheta")
    ),
    AggregateFunction(
        "uniqUpTo",
        "any+",
        a_count,
        _uniq_up_to,
        "different values, n + 1 if there are more than n: `uniqUpTo(n)(x)`",
        parameters="count",
        skips=False,
        distinct="same",
    ),
    AggregateFunction(
        "grouping",
        "any+",
        a_count,
        "GROUPING({*})",
        "which keys a row of ROLLUP, CUBE or GROUPING SETS is not grouped by, as bits",
        skips=False,
        over="",
        any_case=("grouping",),
    ),
    AggregateFunction(
        "singleValueOrNull",
        "any",
        lambda t: t[0].or_null(),
        "CASE WHEN count(DISTINCT {0}){filter} = 1 THEN any_value({0}){filter} END",
        "the value, if there is one only; else NULL",
        over="",
    ),
    *(
        AggregateFunction(
            f"groupBit{name}",
            "int",
            lambda t: UINT8 if t[0].name == "Bool" else t[0],
            f"bit_{name.lower()}({{0}}){{filter}}",
            f"all values joined by bitwise {name.upper()}",
            "ones" if name == "And" else "zero",
            distinct="" if name == "Xor" else "same",
            aliases=(f"BIT_{name.upper()}",),
            any_case=(f"BIT_{name.upper()}",),
        )
        for name in ("And", "Or", "Xor")
    ),
]
