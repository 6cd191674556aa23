"""Bytes written as text, and text escaped; and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.print_call import fill
from analytics.hogql.tree import Call, Expr
from analytics.hogql.types import STRING

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

BASE64 = "translate(encode({0}, 'base64'), chr(10), '')"


def over_bytes(template: str) -> Callable[[Expressions, Call], str]:
    """Prints a template over the first argument's bytes: UTF-8, if it is a text."""

    def printed(printer: Expressions, call: Call) -> str:
        text = printer.value(call.args[0])
        is_bytes = call.args[0].type.name == "FixedString"
        return fill(template, [text if is_bytes else f"convert_to({text}, 'UTF8')"])

    return printed


def _digits(printer: Expressions, call: Call) -> str:
    """hex and bin: bytes as they are; a number's from the highest that is not zero; a float's as they lie."""
    arg, name = call.args[0], call.name
    if arg.type.name in {"String", "FixedString"}:
        as_hex = "upper(encode({0}, 'hex'))"
        template = as_hex if name == "hex" else "(('x' || encode({0}, 'hex'))::varbit)::text"
        return over_bytes(template)(printer, call)
    text, bits = printer.number(arg), 64
    if arg.type.name == "Date":
        text = f"({text} - '1970-01-01'::date)"
    elif arg.type.name == "DateTime":
        text = f"extract(epoch FROM {text})"
    elif arg.type.is_integer:
        bits = arg.type.bits
    return f"hogql_{name}(({text})::numeric, {bits})"


def _has_digits(args: list[Expr]) -> None:
    type_ = args[0].type
    if type_.is_integer or type_.name in {"String", "FixedString", "Bool", "Date", "DateTime", "Nothing"}:
        return
    raise ArgumentError(f"The bytes of {type_} are not shown here.", "Convert it with toString.")


ROWS = [
    Function("hex", "any", STRING, _digits, "bytes as hexadecimal", any_case=("hex",), rewrite=_has_digits),
    Function("bin", "any", STRING, _digits, "bytes as binary", any_case=("bin",), rewrite=_has_digits),
    Function(
        "unhex", "text", STRING, "hogql_unhex({0})", "the text of hexadecimal bytes", any_case=("unhex",)
    ),
    Function(
        "base64Encode",
        "text|bytes",
        STRING,
        over_bytes(BASE64),
        "bytes as base64",
        aliases=("TO_BASE64",),
        any_case=("TO_BASE64",),
    ),
    Function(
        "base64Decode",
        "text",
        STRING,
        "convert_from(decode(hogql_base64({0}, false), 'base64'), 'UTF8')",
        "the text of base64",
        aliases=("FROM_BASE64",),
        any_case=("FROM_BASE64",),
    ),
    Function(
        "tryBase64Decode",
        "text",
        STRING,
        "convert_from(decode(coalesce(hogql_base64({0}, true), left({0}, 0)), 'base64'), 'UTF8')",
        "the text of base64, '' if it is none",
    ),
    Function(
        "base64URLEncode",
        "text|bytes",
        STRING,
        over_bytes(f"rtrim(translate({BASE64}, '+/', '-_'), '=')"),
        "bytes as base64 for URLs",
    ),
    Function("encodeURLComponent", "text", STRING, "hogql_escape_url({0}, '')", "escaped as %20"),
    Function(
        "encodeURLFormComponent",
        "text",
        STRING,
        "replace(hogql_escape_url({0}, ' '), ' ', '+')",
        "escaped as %20, a space as +",
    ),
    Function(
        "decodeURLComponent", "text", STRING, "hogql_unescape_url({0})", "%20 and such as what they stand for"
    ),
    Function(
        "decodeURLFormComponent",
        "text",
        STRING,
        "hogql_unescape_url(replace({0}, '+', ' '))",
        "%20 and such, and +, as what they stand for",
    ),
    Function(
        "encodeXMLComponent",
        "text",
        STRING,
        "replace(replace(replace(replace(replace({0}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),"
        """ '"', '&quot;'), chr(39), '&apos;')""",
        "escaped as &amp;",
    ),
    Function(
        "decodeXMLComponent",
        "text",
        STRING,
        "hogql_unescape_xml({0})",
        "&amp; and such as what they stand for",
    ),
]
