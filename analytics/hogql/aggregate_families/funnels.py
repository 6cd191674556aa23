"""How far rows went through steps that follow one another in time."""

from __future__ import annotations

import re

from analytics.hogql.aggregate_families.basic import moment_number
from analytics.hogql.aggregate_families.row import AggregateFunction, Printed
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.tree import Aggregate
from analytics.hogql.types import UINT8, UINT64, Type

MODES = {"strict_order", "strict_increase"}


def _reached(types: list[Type]) -> Type:
    return UINT8


def _met(printed: Printed) -> tuple[list[str], str]:
    """Each condition in SQL, and all of them as the bits of a number."""
    steps = printed.call.args[1:]
    met = [f"coalesce({printed.printer.condition(step, filtering=True)}, false)" for step in steps]
    return met, " | ".join(f"(({one})::integer << {place})" for place, one in enumerate(met))


def _funnel(printed: Printed) -> str:
    time, *steps = printed.call.args
    text = printed.args[0]
    number = f"({moment_number(text, time.type) if time.type.is_time else text})::bigint"
    met, bits = _met(printed)
    span, *modes = printed.parameters
    rows = printed.rows(*([] if "strict_order" in printed.call.parameters else [f"({' OR '.join(met)})"]))
    values = f"array_agg({number}){rows}, array_agg({bits}){rows}"
    return _or_none(
        printed, f"hogql_funnel({span}, {len(steps)}, ARRAY[{', '.join(modes)}]::text[], {values})"
    )


def _or_none(printed: Printed, text: str) -> str:
    """0 where no row meets a condition; NULL without any rows, if NULLs were left out."""
    if not printed.call.type.nullable:
        return text
    return f"(CASE WHEN count(*){printed.rows()} > 0 THEN coalesce({text}, 0) END)"


def _sequence(printed: Printed) -> str:
    """Rows in the order of time as letters, one for each set of conditions, and the pattern over these."""
    met, bits = _met(printed)
    ties = f", {printed.printer.place}" if printed.order else ""
    letters = f"string_agg(chr({FIRST} + ({bits})), '' ORDER BY {printed.args[0]}{ties})"
    rows = printed.rows(f"({' OR '.join(met)})")
    pattern = _pattern(str(printed.call.parameters[0]), len(met))
    found = f"{letters}{rows}, {printed.printer.parameter(pattern, 'text')}"
    if printed.call.name == "sequenceCount":
        return _or_none(printed, f"regexp_count({found})::bigint")
    return _or_none(printed, f"(regexp_count({found}) > 0)::integer::bigint")


def _pattern(text: str, steps: int) -> str:
    """(?1).*(?2) as a regular expression that stops as soon as it can. Raises ArgumentError."""
    parts = []
    for part in _PART.findall(text):
        if part in {".", ".*"}:
            parts.append("." if part == "." else ".*?")
        elif part.startswith("(?") and part[2:-1].isdigit() and 1 <= int(part[2:-1]) <= steps:
            bit = 1 << (int(part[2:-1]) - 1)
            parts.append("[" + "".join(chr(FIRST + n) for n in range(1, 1 << steps) if n & bit) + "]")
        else:
            hint = "Conditions (?1), (?2) … and between them .* or . are; times (?t<=60) are not."
            raise ArgumentError(f"`{part[:20]}` is no part of such a pattern here.", hint)
    if not any(part.startswith("[") for part in parts):
        raise ArgumentError("A pattern has a condition.", "For example '(?1).*(?2)'.")
    return f"(?:{''.join(parts)}){{1,1}}?"


FIRST = 0x100  # letters that mean nothing in a regular expression
MOST_CONDITIONS = 8
_PART = re.compile(r"\(\?[^)]*\)|\.\*|.", re.DOTALL)


def _check_sequence(call: Aggregate) -> Aggregate:
    _check_time(call)
    if len(call.args) > MOST_CONDITIONS + 1:
        raise ArgumentError(
            f"`{call.name}` takes at most {MOST_CONDITIONS} conditions here.", "Leave some out."
        )
    _pattern(str(call.parameters[0]), len(call.args) - 1)
    return call


def _check_time(call: Aggregate) -> None:
    type_ = call.args[0].type
    if type_.precision or type_.is_signed:
        message = f"`{call.name}` counts whole seconds or days, not {type_}."
        raise ArgumentError(message, "Write toDateTime(timestamp).")


def _check(call: Aggregate) -> Aggregate:
    _check_time(call)
    if not set(call.parameters[1:]) <= MODES:
        raise ArgumentError("That is no mode of `windowFunnel` here.", f"One of {', '.join(sorted(MODES))}.")
    if len(call.args) > 31:
        raise ArgumentError("`windowFunnel` takes at most 30 steps.", "Leave some out.")
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
    ),
    *(
        AggregateFunction(
            name,
            "date|moment|int bool bool+",
            lambda types, type_=type_: type_,  # type: ignore[misc]
            _sequence,
            doc,
            "0",
            parameters="text",
            over="",
            rewrite=_check_sequence,
            ordered="always",
        )
        for name, type_, doc in (
            (
                "sequenceMatch",
                UINT8,
                "did rows meet the conditions in this order? `sequenceMatch('(?1).*(?2)')(t, a, b)`",
            ),
            ("sequenceCount", UINT64, "how often they did, without overlaps"),
        )
    ),
]
