"""Values gathered: arrays, the commonest, texts joined, and what depends on their order."""

from __future__ import annotations

from dataclasses import replace

from analytics.hogql.aggregate_families.row import (
    AggregateFunction,
    Printed,
    as_text,
    items,
)
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.functions.table import FUNCTIONS, OF_ARRAYS
from analytics.hogql.print_array import is_json, to_json
from analytics.hogql.tree import Aggregate, Call, Literal
from analytics.hogql.types import FLOAT64, INT64, STRING, UINT8, UINT64, Type, array


def _gather(printed: Printed, distinct: str, order: str = "") -> str:
    """All values as an array that is never NULL."""
    value, type_ = printed.args[0], printed.call.type
    order = order or ("" if distinct else printed.order)
    if is_json(type_):
        value = to_json(value, type_.item)
        return f"coalesce(jsonb_agg({distinct}{value}{order}){printed.rows()}, '[]'::jsonb)"
    return f"coalesce(array_agg({distinct}{value}{order}){printed.rows()}, '{{}}')"


def _cut(text: str, printed: Printed) -> str:
    """The first values only, where a parameter says how many."""
    if not printed.parameters:
        return text
    count = printed.parameters[0]
    if is_json(printed.call.type):
        last = f"jsonb_build_object('n', {count} - 1)"
        return f"jsonb_path_query_array({text}, '$[0 to $n]', {last})"
    return f"({text})[1:{count}]"


def _in_order(printed: Printed) -> str:
    """All values as they come; of -Distinct each where it comes first."""
    values = _gather(printed, "")
    return f"hogql_distinct({values})" if printed.call.distinct else values


def _group_array(printed: Printed) -> str:
    return _cut(_in_order(printed), printed)


def _group_unique(printed: Printed) -> str:
    if printed.over:
        return _cut(f"hogql_distinct({_gather(printed, '')})", printed)
    return _cut(_gather(printed, "DISTINCT "), printed)


def _group_last(printed: Printed) -> str:
    return f"hogql_ring({_in_order(printed)}, {printed.parameters[0]})"


def _group_sorted(printed: Printed) -> str:
    key = as_text(printed.args[0], printed.call.args[0].type)
    return _cut(_gather(printed, printed.distinct, f" ORDER BY {key}"), printed)


def _plain(call: Aggregate) -> Aggregate:
    if call.args[0].type.items or call.args[0].type.name == "UUID":
        raise ArgumentError(f"`{call.name}` does not take {call.args[0].type}.", "Use toString of it.")
    return call


def _top(printed: Printed) -> str:
    count = printed.parameters[0] if printed.parameters else "10"
    weights = "" if len(printed.args) == 1 else f", array_agg({printed.args[1]}){printed.rows()}"
    return f"coalesce(hogql_top({count}, array_agg({printed.args[0]}){printed.rows()}{weights}), '{{}}')"


def _joined(printed: Printed) -> str:
    separator, *most = [*printed.parameters, *([] if printed.parameters else ["''"])]
    if most or printed.call.distinct:
        values = f"array_agg({printed.args[0]}{printed.order}){printed.rows()}"
        values = f"(hogql_distinct({values}))" if printed.call.distinct else f"({values})"
        return f"array_to_string({values}{f'[1:{most[0]}]' if most else ''}, {separator})"
    text = f"{printed.args[0]}, {separator}{printed.order}"
    return f"string_agg({text}){printed.filter}"


def _as_text(call: Aggregate) -> Aggregate:
    """groupConcat(x, ', ') is groupConcat(', ')(x), and joins texts."""
    value, *separator = call.args
    if separator:
        one = separator[0]
        if not isinstance(one, Literal) or not isinstance(one.value, str) or call.parameters:
            raise ArgumentError("`groupConcat` takes a text to put between values.", "groupConcat(', ')(x)")
        call = replace(call, parameters=(one.value,))
    if value.type.name != "String":
        name = "toString" + OF_ARRAYS * bool(value.type.items)
        value = Call(name, (value,), FUNCTIONS[name].result([value.type]))
    return replace(call, args=(value,))


def _moving(printed: Printed) -> str:
    sum_type = "float8" if printed.call.type.item.is_float else "bigint"
    window = printed.parameters[0] if printed.parameters else "NULL"
    number = "float8" if printed.call.args[0].type.is_float else "numeric"
    values = f"array_agg(({printed.args[0]})::{number}{printed.order}){printed.rows()}"
    mean = "true" if printed.call.name.endswith("Avg") else "false"
    return f"coalesce(hogql_moving({values}, {window}::bigint, {mean})::{sum_type}[], '{{}}'::{sum_type}[])"


def _moving_type(types: list[Type]) -> Type:
    if types[0].is_float:
        return array(FLOAT64)
    return array(INT64 if types[0].is_signed else UINT64)


def _delta_type(types: list[Type]) -> Type:
    return UINT8 if types[0].name == "Bool" else types[0]


def _delta(printed: Printed) -> str:
    """The growth from each value to the next, where it grew. Narrow integers wrap around."""
    values = f"array_agg({printed.args[0]}{printed.order}){printed.rows()}"
    if len(printed.args) == 2:
        values = f"hogql_by({values}, array_agg({printed.args[1]}){printed.rows()})"
    type_ = printed.call.type
    if type_.is_float:
        return f"coalesce(hogql_delta(({values})::float8[]), 0)" + ("::real" if type_.bits == 32 else "")
    total = f"coalesce(hogql_delta(({values})::numeric[]), 0)::bigint"
    if type_.bits == 64:
        return total
    half = 1 << (type_.bits - 1) if type_.is_signed else 0
    return f"((({total} + {half}) & {(1 << type_.bits) - 1}) - {half})"


def _retention(printed: Printed) -> str:
    arguments = printed.call.args
    first, *rest = [printed.printer.condition(argument, filtering=True) for argument in arguments]
    ever = [f"coalesce(bool_or({one}){printed.filter}, false)" for one in (first, *rest)]
    found = [ever[0], *(f"({ever[0]} AND {one})" for one in ever[1:])]
    return f"ARRAY[{', '.join(f'({one})::integer::bigint' for one in found)}]"


def _bounding(printed: Printed) -> str:
    x, y = (f"{text}::float8" for text in printed.args)
    rows = printed.rows()
    first = f"(array_agg({y} ORDER BY {x}){rows})[1]"
    last = f"(array_agg({y} ORDER BY {x} DESC){rows})[1]"
    return (
        f"coalesce(({last} - {first}) / nullif(max({x}){rows} - min({x}){rows}, 0),"
        f" CASE WHEN count(*){rows} > 0 THEN 'NaN'::float8 END)"
    )


ROWS = [
    AggregateFunction(
        "groupArray",
        "any",
        items,
        _group_array,
        "all values as an array, NULLs left out; at most n with `groupArray(n)(x)`",
        parameters="[count]",
        skips=False,
        distinct="sql",
        aliases=("array_agg",),
        any_case=("array_agg",),
        ordered="always",
    ),
    AggregateFunction(
        "groupUniqArray",
        "any",
        items,
        _group_unique,
        "the different values as an array; at most n with `groupUniqArray(n)(x)`",
        parameters="[count]",
        skips=False,
        distinct="same",
    ),
    AggregateFunction(
        "groupArrayLast",
        "any",
        items,
        _group_last,
        "the last n values, turned as ClickHouse keeps them",
        parameters="count",
        skips=False,
        distinct="sql",
        ordered="always",
    ),
    AggregateFunction(
        "groupArraySorted",
        "any",
        items,
        _group_sorted,
        "the n least values, sorted",
        parameters="count",
        skips=False,
        distinct="sql",
        over="",
        rewrite=_plain,
    ),
    AggregateFunction(
        "topK",
        "any",
        items,
        _top,
        "the n commonest values, 10 unless said",
        parameters="[count] [count]",
        skips=False,
        rewrite=_plain,
    ),
    AggregateFunction(
        "topKWeighted",
        "any int",
        lambda t: array(t[0]),
        _top,
        "the n values of the greatest weight b",
        parameters="[count] [count]",
        skips=False,
        rewrite=_plain,
    ),
    AggregateFunction(
        "groupConcat",
        "any [const]",
        lambda t: STRING,
        _joined,
        "all values as one text, with what stands between them: `groupConcat(', ')(x)`",
        "zero",
        parameters="[text] [count]",
        distinct="sql",
        aliases=("group_concat", "string_agg"),
        any_case=("group_concat", "string_agg"),
        rewrite=_as_text,
        ordered="always",
    ),
    AggregateFunction(
        "groupArrayMovingSum",
        "number",
        _moving_type,
        _moving,
        "running sums, of the last n values with `(n)(x)`",
        parameters="[count]",
        skips=False,
        ordered="always",
    ),
    AggregateFunction(
        "groupArrayMovingAvg",
        "number",
        lambda t: array(FLOAT64),
        _moving,
        "running sums divided by n, the number of values unless said",
        parameters="[count]",
        skips=False,
        ordered="always",
    ),
    AggregateFunction(
        "deltaSum",
        "number",
        _delta_type,
        _delta,
        "how much the values grew in all, from each to the next",
        skips=False,
        ordered="always",
    ),
    AggregateFunction(
        "deltaSumTimestamp",
        "number number|time",
        _delta_type,
        _delta,
        "the same in the order of b",
        skips=False,
    ),
    AggregateFunction(
        "boundingRatio",
        "number number",
        lambda t: FLOAT64,
        _bounding,
        "slope from the least x (first) to the greatest, of y",
        "'NaN'::float8",
        over="",
    ),
    AggregateFunction(
        "retention",
        "bool bool+",
        lambda t: array(UINT8),
        _retention,
        "whether each condition was ever met, and the first too",
        skips=False,
    ),
]
