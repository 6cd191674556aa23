"""Numbers written for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import STRING

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# Name → the factor between units, what stands before a unit, the units.
SCALES = {
    "formatReadableSize": (1024, " ", ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")),
    "formatReadableDecimalSize": (1000, " ", ("B", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")),
    "formatReadableQuantity": (
        1000,
        "",
        (
            *("", " thousand", " million", " billion", " trillion", " quadrillion", " quintillion"),
            *(" sextillion", " septillion", " octillion", " nonillion", " decillion", " undecillion"),
            *(" duodecillion", " tredecillion", " quattuordecillion", " quindecillion", " sexdecillion"),
            *(" septendecillion", " octodecillion", " novemdecillion", " vigintillion"),
        ),
    ),
}


def _scaled(printer: Expressions, call: Call) -> str:
    """Two digits after the point, and the greatest unit that is not greater than the number."""
    factor, gap, units = SCALES[call.name]
    value = f"({printer.number(call.args[0])})::float8"
    edges = printer.parameter([float(factor**power) for power in range(1, len(units))], "float8[]")
    names = printer.parameter([gap + unit for unit in units], "text[]")
    return f"hogql_readable({value}, {edges}, {names})"


DELTA_UNITS = ("years", "months", "days", "hours", "minutes", "seconds")


def _delta(printer: Expressions, call: Call) -> str:
    most = call.args[1].value if len(call.args) > 1 and isinstance(call.args[1], Literal) else "years"
    place = DELTA_UNITS.index(str(most))
    return f"hogql_time_delta(({printer.number(call.args[0])})::float8, {place})"


def _check_unit(args: list[Expr]) -> None:
    if len(args) > 1 and not (isinstance(args[1], Literal) and args[1].value in DELTA_UNITS):
        raise ArgumentError("That is no unit.", f"One of {', '.join(DELTA_UNITS)}.")


def _check_bar(args: list[Expr]) -> None:
    width = args[3].value if len(args) > 3 and isinstance(args[3], Literal) else 80
    if not isinstance(width, int | float) or not 1 <= width <= 1000:
        raise ArgumentError("The width of a bar is a constant from 1 to 1000.", "bar(x, 0, 100, 40)")


ROWS = [
    Function(
        "bar",
        "number number number [number]",
        STRING,
        "hogql_bar({0}::float8, {1}::float8, {2}::float8, {3|80}::float8)",
        "a bar of up to n letters (80) for a in b … c",
        rewrite=_check_bar,
    ),
    Function(
        "formatReadableSize",
        "number",
        STRING,
        _scaled,
        "bytes as B, KiB, MiB …",
        aliases=("format_bytes",),
        any_case=("format_bytes",),
    ),
    Function("formatReadableDecimalSize", "number", STRING, _scaled, "bytes as B, KB, MB …"),
    Function("formatReadableQuantity", "number", STRING, _scaled, "1.50 million"),
    Function(
        "formatReadableTimeDelta",
        "number [const]",
        STRING,
        _delta,
        "seconds as 1 hour, 2 minutes and 3 seconds; the second is the greatest unit",
        rewrite=_check_unit,
    ),
]
