"""Numbers written for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import Function
from analytics.hogql.tree import Call
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


ROWS = [
    Function("formatReadableSize", "number", STRING, _scaled, "bytes as B, KiB, MiB …"),
    Function("formatReadableDecimalSize", "number", STRING, _scaled, "bytes as B, KB, MB …"),
    Function("formatReadableQuantity", "number", STRING, _scaled, "1.50 million"),
]
