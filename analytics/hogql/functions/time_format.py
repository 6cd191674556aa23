"""Times as text: formatDateTime with a constant format, toString's forms, names of parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.constants import fold
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.time_zones import in_zone, wall, zone_of
from analytics.hogql.print_call import fill
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import DATETIME, NULL, STRING, Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# What each % code is, of the wall clock {0}: a picture of to_char, or a template.
PICTURES = {
    "a": "Dy",
    "b": "Mon",
    "c": "MM",
    "C": "CC",
    "d": "DD",
    "D": "MM/DD/YY",
    "F": "YYYY-MM-DD",
    "g": "IY",
    "G": "IYYY",
    "h": "HH12",
    "H": "HH24",
    "i": "MI",
    "I": "HH12",
    "j": "DDD",
    "k": "HH24",
    "l": "HH12",
    "m": "MM",
    "M": "FMMonth",
    "p": "AM",
    "Q": "Q",
    "r": "HH12:MI AM",
    "R": "HH24:MI",
    "s": "SS",
    "S": "SS",
    "T": "HH24:MI:SS",
    "u": "ID",
    "V": "IW",
    "W": "FMDay",
    "y": "YY",
    "Y": "YYYY",
}
TEMPLATES = {
    "C": "lpad((extract(year from {0})::integer / 100)::text, 2, '0')",
    "e": "extract(day from {0})::text",
    "f": "to_char({0}, 'US')",
    "w": "extract(dow from {0})::text",
}
TEXTS = {"n": "\n", "t": "\t", "%": "%"}
NAMES = {
    "year": "YYYY",
    "quarter": "Q",
    "month": "FMMonth",
    "dayofyear": "FMDDD",
    "day": "FMDD",
    "week": "FMIW",
    "weekday": "FMDay",
    "hour": "FMHH24",
    "minute": "FMMI",
    "second": "FMSS",
}


def pieces(text: str) -> list[tuple[str, str]]:
    """A format as (code, "") and ("", text) in order. Raises ArgumentError for a code that it has not."""
    found: list[tuple[str, str]] = []
    rest = text
    while rest:
        plain, percent, rest = rest.partition("%")
        if plain:
            found.append(("", plain))
        if not percent:
            break
        code, rest = rest[:1], rest[1:]
        if code in TEXTS:
            found.append(("", TEXTS[code]))
        elif code in PICTURES or code in TEMPLATES or code == "z":
            found.append((code, ""))
        else:
            raise ArgumentError(
                f"The format has no %{code}.", "For example '%Y-%m-%d %H:%i:%S'; docs/hogql.md lists all."
            )
    return found


def _formatted(printer: Expressions, call: Call) -> str:
    arg, form = call.args
    assert isinstance(form, Literal)
    clock = wall(printer, arg)
    parts = [_piece(printer, arg, clock, code, text) for code, text in pieces(str(form.value))]
    return f"({' || '.join(parts)})" if parts else f"left({clock}::text, 0)"


def _piece(printer: Expressions, arg: Expr, clock: str, code: str, text: str) -> str:
    if not code:
        return printer.parameter(text, "text")
    if code in TEMPLATES:
        return fill(TEMPLATES[code], [clock])
    if code != "z":
        return f"to_char({clock}, '{PICTURES[code]}')"
    offset = f"({clock} - ({printer.value(arg)} AT TIME ZONE 'UTC'))"
    sign = f"CASE WHEN {offset} < interval '0' THEN '-' ELSE '+' END"
    return f"({sign} || to_char(greatest({offset}, -{offset}), 'HH24MI'))"


def _format(args: list[Expr]) -> Expr | None:
    arg, form = args[:2]
    if arg.type == NULL:
        return arg
    if not isinstance(form, Literal) or not isinstance(form.value, str):
        raise ArgumentError("The format is a text.", "For example '%Y-%m-%d'.")
    if ("z", "") in pieces(form.value) and not arg.type.is_moment:
        raise ArgumentError("A Date has no offset for %z.", "Convert it with toDateTime.")
    if len(args) > 2:
        arg = in_zone(arg, zone_of(args[2]))
    return Call("formatDateTime", (arg, form), STRING.or_null(arg.type.nullable))


def _from_unix(args: list[Expr]) -> Expr | None:
    """fromUnixTimestamp(n) is toDateTime(n); with a format, that as text."""
    if args[0].type == NULL:
        return args[0]
    moment = fold(Call("toDateTime", (args[0],), DATETIME.or_null(args[0].type.nullable)))
    return moment if len(args) == 1 else _format([moment, *args[1:]])


def _name(args: list[Expr]) -> Expr | None:
    part, arg = args[:2]
    word = str(part.value).lower() if isinstance(part, Literal) else ""
    if word not in NAMES:
        raise ArgumentError("`dateName` takes a part first.", f"One of {', '.join(NAMES)}.")
    if len(args) > 2:
        arg = in_zone(arg, zone_of(args[2]))
    return Call("dateName", (Literal(word, STRING), arg), STRING.or_null(arg.type.nullable))


def _named(printer: Expressions, call: Call) -> str:
    part, arg = call.args
    assert isinstance(part, Literal)
    return f"to_char({wall(printer, arg)}, '{NAMES[str(part.value)]}')"


ROWS = [
    Function(
        "formatDateTime",
        "time const [zone]",
        STRING,
        _formatted,
        f"as text: %{' %'.join(sorted({*PICTURES, *TEMPLATES, *TEXTS, 'z'}))}",
        aliases=("date_format",),
        any_case=("date_format",),
        rewrite=_format,
    ),
    Function(
        "fromUnixTimestamp",
        "int [const] [zone]",
        Type("DateTime"),
        "",
        "the time of seconds since 1970; with a format, as text",
        aliases=("from_unixtime",),
        any_case=("from_unixtime",),
        rewrite=_from_unix,
    ),
    Function(
        "dateName",
        "const time [zone]",
        STRING,
        _named,
        f"a part as text: {', '.join(NAMES)}",
        any_case=("dateName",),
        rewrite=_name,
    ),
]
