"""Times made of numbers, and of text by a format: makeDate, YYYYMMDDToDate, parseDateTime."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.time_zones import zone_name, zone_of
from analytics.hogql.print_call import EPOCH
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import DATE, DATETIME, NULL, STRING, Type

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# parseDateTime's % codes: the field, and the pattern of its text. A field is a place in hogql_parse_time.
_NUMBER = "([0-9]{1,2})"
CODES = {
    "Y": ("year", "([0-9]{4})"),
    "y": ("short", "([0-9]{2})"),
    "~": ("recent", "([0-9]{2})"),  # the year of %D, always of this century
    "m": ("month", "([0-9]{2})"),
    "c": ("month", _NUMBER),
    "b": ("name", "([A-Za-z]{3})"),
    "d": ("day", "([0-9]{2})"),
    "e": ("day", " ?([0-9]{1,2})"),
    "H": ("hour", "([0-9]{2})"),
    "k": ("hour", " ?([0-9]{1,2})"),
    "h": ("half", "([0-9]{2})"),
    "I": ("half", "([0-9]{2})"),
    "p": ("noon", "([AaPp][Mm])"),
    "i": ("minute", "([0-9]{2})"),
    "s": ("second", "([0-9]{2})"),
    "S": ("second", "([0-9]{2})"),
}
SHORTHANDS = {
    "F": "%Y-%m-%d",
    "T": "%H:%i:%S",
    "D": "%m/%d/%~",
    "R": "%H:%i",
    "n": "\n",
    "t": "\t",
}


def pattern(text: str) -> tuple[str, list[str]]:
    """A regular expression for a format, and the fields of its groups. Raises ArgumentError."""
    text = text.replace("%~", "% ")  # no code of theirs
    for code, longer in SHORTHANDS.items():
        text = text.replace(f"%{code}", longer)
    found: list[str] = []
    parts: list[str] = []
    for piece in re.findall(r"%.?|[^%]+", text, re.DOTALL):
        if not piece.startswith("%"):
            parts.append(re.escape(piece))
        elif piece == "%%":
            parts.append("%")
        elif piece[1:] in CODES:
            field, expression = CODES[piece[1:]]
            found.append(field)
            parts.append(expression)
        else:
            codes = ", ".join(f"%{code}" for code in sorted({*CODES, *SHORTHANDS} - {"~"}))
            raise ArgumentError(f"This format's `{piece}` is not read here.", f"There are {codes}.")
    if len(set(found)) < len(found):
        raise ArgumentError("The format names a part twice.", "Name each part once.")
    return f"^{''.join(parts)}$", found


def _parse(args: list[Expr], name: str) -> Expr | None:
    arg, form = args[:2]
    if arg.type == NULL:
        return arg
    if not isinstance(form, Literal) or not isinstance(form.value, str):
        raise ArgumentError("The format is a text.", "For example '%Y-%m-%d %H:%i:%S'.")
    pattern(form.value)
    zone = zone_of(args[2]) if len(args) > 2 else ""
    sure = name.endswith("OrZero") or (isinstance(arg, Literal) and name == "parseDateTime")
    nullable = arg.type.nullable or not sure
    return Call(name, (arg, form), replace(DATETIME, zone=zone).or_null(nullable))


def _parsed(printer: Expressions, call: Call) -> str:
    text, form = call.args
    assert isinstance(form, Literal)
    expression, fields = pattern(str(form.value))
    found = (
        f"hogql_parse_time({printer.value(text)}, {printer.parameter(expression, 'text')},"
        f" {printer.parameter(fields, 'text[]')}, {zone_name(printer, call.type.zone)})"
    )
    return f"coalesce({found}, {EPOCH})" if call.name.endswith("OrZero") else found


def _parse_row(ending: str, doc: str, *aliases: str) -> Function:
    name = f"parseDateTime{ending}"
    return Function(
        name,
        "text const [zone]",
        DATETIME,
        _parsed,
        f"text by a format such as '%Y-%m-%d %H:%i:%S'; {doc}",
        aliases=aliases,
        any_case=aliases,
        rewrite=lambda args: _parse(args, name),
    )


def _make(args: list[Expr], name: str) -> Expr | None:
    """The call with the digits and zone that its constants name."""
    if any(arg.type == NULL for arg in args):
        return Literal(None, NULL)
    zone = zone_of(args.pop()) if args[-1].type == STRING else ""
    kind = DATETIME
    if name == "makeDateTime64":
        digits = args[7].value if len(args) > 7 and isinstance(args[7], Literal) else 3
        if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 6:
            raise ArgumentError("A DateTime64 has 0 to 6 digits.", "Write the number itself, for example 3.")
        kind = Type(f"DateTime64({digits})")
    nullable = any(arg.type.nullable for arg in args)
    return Call(name, tuple(args[:7]), replace(kind, zone=zone).or_null(nullable))


def _made(printer: Expressions, call: Call) -> str:
    numbers = [f"trunc({printer.number(arg)})::bigint" for arg in call.args]
    fraction = "0::bigint" if len(numbers) < 7 else numbers.pop()
    zone = zone_name(printer, call.type.zone)
    made = f"hogql_make_time({', '.join(numbers)}, {fraction}, {call.type.precision}, {zone})"
    return f"hogql_datetime({made})" if call.type.name == "DateTime" else made


def _digits_row(name: str, doc: str) -> Function:
    """20261122 or 20261122235959 as a time."""
    if name == "YYYYMMDDToDate":
        text = "hogql_day_of(({0} / 10000)::integer, (mod({0} / 100, 100))::integer, mod({0}, 100)::integer)"
        return Function(name, "int", DATE, text, doc, any_case=(name,))

    def rewrite(args: list[Expr]) -> Expr | None:
        zone = zone_of(args[1]) if len(args) > 1 else ""
        return Call(name, (args[0],), replace(DATETIME, zone=zone).or_null(args[0].type.nullable))

    def text_of(printer: Expressions, call: Call) -> str:
        number = printer.number(call.args[0])
        zone = zone_name(printer, call.type.zone)
        parts = [f"{number} / 10000000000"] + [f"mod({number} / {10**n}, 100)" for n in (8, 6, 4, 2, 0)]
        made = ", ".join(f"({part})::bigint" for part in parts)
        return f"hogql_datetime(hogql_make_time({made}, 0::bigint, 0, {zone}))"

    return Function(name, "int [zone]", DATETIME, text_of, doc, any_case=(name,), rewrite=rewrite)


_SIX = "number number number number number number"
ROWS = [
    Function(
        "makeDate",
        "number number [number]",
        DATE,
        lambda printer, call: (
            "hogql_make_date(" + ", ".join(f"trunc({printer.number(arg)})::bigint" for arg in call.args) + ")"
        ),
        "a Date of year, month and day, or of year and day of the year",
        any_case=("makeDate",),
    ),
    Function(
        "makeDateTime",
        f"{_SIX} [zone]",
        DATETIME,
        _made,
        "a DateTime of year … second",
        any_case=("makeDateTime",),
        rewrite=lambda args: _make(args, "makeDateTime"),
    ),
    Function(
        "makeDateTime64",
        f"{_SIX} [number] [int] [zone]",
        Type("DateTime64(3)"),
        _made,
        "a DateTime64 of year … second, fraction and digits",
        any_case=("makeDateTime64",),
        rewrite=lambda args: _make(args, "makeDateTime64"),
    ),
    _digits_row("YYYYMMDDToDate", "20261122 as a Date"),
    _digits_row("YYYYMMDDhhmmssToDateTime", "20261122235959 as a DateTime"),
    _parse_row("", "NULL if it does not fit", "to_unixtime"),
    _parse_row("OrNull", "or NULL", "str_to_date"),
    _parse_row("OrZero", "or 1970-01-01"),
]
