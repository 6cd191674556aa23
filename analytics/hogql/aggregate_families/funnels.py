"""How far rows went through steps that follow one another in time."""

from __future__ import annotations

from analytics.hogql.aggregate_families.basic import moment_number
from analytics.hogql.aggregate_families.row import AggregateFunction, Printed
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.tree import Aggregate
from analytics.hogql.types import UINT8, Type

MODES = {"strict_order", "strict_increase"}


def _reached(types: list[Type]) -> Type:
    return UINT8


def _funnel(printed: Printed) -> str:
    time, *steps = printed.call.args
    text = printed.args[0]
    number = f"({moment_number(text, time.type) if time.type.is_time else text})::bigint"
    met = [f"coalesce({printed.printer.condition(step, filtering=True)}, false)" for step in steps]
    bits = " | ".join(f"(({one})::integer << {place})" for place, one in enumerate(met))
    span, *modes = printed.parameters
    rows = printed.rows(*([] if "strict_order" in printed.call.parameters else [f"({' OR '.join(met)})"]))
    values = f"array_agg({number}){rows}, array_agg({bits}){rows}"
    return f"hogql_funnel({span}, {len(steps)}, ARRAY[{', '.join(modes)}]::text[], {values})"


def _check(call: Aggregate) -> Aggregate:
    time, *steps = call.args
    if time.type.precision or time.type.is_signed:
        raise ArgumentError(
            f"`windowFunnel` counts whole seconds or days, not {time.type}.", "Write toDateTime(timestamp)."
        )
    if not set(call.parameters[1:]) <= MODES:
        raise ArgumentError("That is no mode of `windowFunnel` here.", f"One of {', '.join(sorted(MODES))}.")
    if len(steps) > 30:
        raise ArgumentError("`windowFunnel` takes at most 30 steps.")
    return call


ROWS = [
    AggregateFunction(
        "windowFunnel",
        "date|moment|int bool+",
        _reached,
        _funnel,
        "the last of the conditions that rows met one after another in n seconds: `windowFunnel(n)(t, a, b)`",
        "0",
        parameters="span [text]+",
        rewrite=_check,
    )
]
