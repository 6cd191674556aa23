"""One value of many: the first, the last, the one where another is least or greatest."""

from __future__ import annotations

from analytics.hogql.aggregate_families.basic import ordered, refuse_over
from analytics.hogql.aggregate_families.row import (
    NAN,
    AggregateFunction,
    Printed,
    as_text,
    may_be_nan,
    same,
)
from analytics.hogql.print_array import from_json, needs_keys, order_keys, to_json
from analytics.hogql.types import Type


def _first(printed: Printed) -> str:
    item, type_ = printed.args[0], printed.call.args[0].type
    if printed.over and not printed.condition and (printed.call.name != "any" or not type_.nullable):
        return f"first_value({item}){printed.over}"
    if printed.call.name == "any" and not printed.order:
        return printed.fill("any_value({0}){filter}")
    chosen = printed.rows() if printed.call.name == "any" else printed.filter
    return from_list(f"(array_agg({to_list(item, type_)}{printed.order}){chosen})[1]", type_)


def _last(printed: Printed) -> str:
    item, type_ = printed.args[0], printed.call.args[0].type
    if printed.over and not printed.condition and (printed.call.name != "anyLast" or not type_.nullable):
        return f"last_value({item}){printed.over}"
    chosen = printed.rows() if printed.call.name == "anyLast" else printed.filter
    return from_list(f"hogql_last(array_agg({to_list(item, type_)}{printed.order}){chosen})", type_)


def to_list(text: str, type_: Type) -> str:
    """A printed value as an element of an array of PostgreSQL's, which has none of arrays of any length."""
    return to_json(text, type_) if type_.is_array else text


def from_list(text: str, type_: Type) -> str:
    return from_json(text, type_) if type_.is_array else text


def _best(printed: Printed) -> str:
    type_ = printed.call.args[0].type
    ties = f", {printed.printer.place}" if printed.order else ""
    values = f"{to_list(printed.args[0], type_)} ORDER BY {_key(printed)}{ties}"
    return from_list(f"(array_agg({values}){printed.rows()})[1]", type_)


def _best_over(printed: Printed) -> str:
    if needs_keys(printed.call.args[1].type):
        refuse_over(printed, printed.call.args[1].type)
    function = "hogql_arg_max" if printed.call.name == "argMax" else "hogql_arg_min"
    key = as_text(printed.args[1], printed.call.args[1].type)
    type_ = printed.call.args[0].type
    values = f"array_agg({to_list(printed.args[0], type_)}){printed.rows()}"
    return from_list(f"{function}({values}, array_agg({key}){printed.rows()})", type_)


def _key(printed: Printed) -> str:
    arg = printed.call.args[1]
    if needs_keys(arg.type):
        direction = "ASC NULLS LAST" if printed.call.name == "argMin" else "DESC NULLS LAST"
        return order_keys(printed.args[1], arg.type, direction)
    key = as_text(printed.args[1], arg.type)
    if printed.call.name == "argMin":
        return f"{key} ASC NULLS LAST"
    return f"{f'nullif({key}, {NAN})' if may_be_nan(arg) else key} DESC NULLS LAST"


ROWS = [
    AggregateFunction(
        "any",
        "any",
        same,
        _first,
        "the first of the values that are not NULL",
        "zero",
        distinct="same",
        aliases=("any_value", "first_value"),
        any_case=("any_value", "first_value"),
        ordered="sorted",
    ),
    AggregateFunction(
        "anyLast",
        "any",
        same,
        _last,
        "the last of the values that are not NULL",
        "zero",
        distinct="same",
        aliases=("last_value",),
        any_case=("last_value",),
        ordered="sorted",
    ),
    AggregateFunction(
        "any_respect_nulls",
        "any",
        same,
        _first,
        "the first of the values, NULL or not",
        "zero",
        aliases=(
            "anyRespectNulls",
            "anyValueRespectNulls",
            "any_value_respect_nulls",
            "first_value_respect_nulls",
            "firstValueRespectNulls",
        ),
        any_case=("any_value_respect_nulls", "first_value_respect_nulls"),
        ordered="sorted",
    ),
    AggregateFunction(
        "anyLast_respect_nulls",
        "any",
        same,
        _last,
        "the last of the values, NULL or not",
        "zero",
        aliases=("anyLastRespectNulls", "last_value_respect_nulls", "lastValueRespectNulls"),
        any_case=("last_value_respect_nulls",),
        ordered="sorted",
    ),
    AggregateFunction(
        "argMax",
        "any any",
        same,
        _best,
        "a where b is greatest",
        "zero",
        over=_best_over,
        distinct="same",
        aliases=("max_by",),
        any_case=("max_by",),
        rewrite=ordered,
        ordered="sorted",
    ),
    AggregateFunction(
        "argMin",
        "any any",
        same,
        _best,
        "a where b is least",
        "zero",
        over=_best_over,
        distinct="same",
        aliases=("min_by",),
        any_case=("min_by",),
        rewrite=ordered,
        ordered="sorted",
    ),
]
