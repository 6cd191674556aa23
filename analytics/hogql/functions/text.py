"""Text: its length, its case, what is put around it. Bytes count, unless a name ends in UTF8."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import INT32, NULL, STRING, UINT8, UINT64

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

_FIELD = re.compile(r"\{\{|\}\}|\{([0-9]*)\}|[{}]")


def constant_text(arg: Expr, what: str) -> str:
    """The text of a literal. Raises ArgumentError."""
    if not isinstance(arg, Literal) or not isinstance(arg.value, str):
        raise ArgumentError(f"{what} is a constant text.", "Write the text itself there.")
    return arg.value


def as_text(arg: Expr) -> Expr:
    """The value as toString gives it."""
    if arg.type.name in {"String", "Nothing"}:
        return arg
    if arg.type.items:
        raise ArgumentError(f"A text is wanted here, not {arg.type}.", "Use arrayStringConcat.")
    return Call("toString", (arg,), STRING.or_null(arg.type.nullable))


def _joined(name: str, *, strict: bool) -> Callable[[list[Expr]], Expr | None]:
    """Arguments that are not text are read as toString gives them."""

    def rewrite(args: list[Expr]) -> Expr | None:
        if name == "format":
            _fields(constant_text(args[0], "The pattern of `format`"), len(args) - 1)
        texts = tuple(as_text(arg) for arg in args)
        nullable = strict and any(arg.type.nullable for arg in args)
        type_ = NULL if strict and any(arg.type == NULL for arg in args) else STRING.or_null(nullable)
        return Literal(None, NULL) if type_ == NULL else Call(name, texts, type_)

    return rewrite


def _fields(pattern: str, values: int) -> list[str | int]:
    """The pattern of `format` as texts and numbers of values. Raises ArgumentError."""
    parts: list[str | int] = []
    place, following, kinds = 0, 0, set()
    for match in _FIELD.finditer(pattern):
        parts.append(pattern[place : match.start()])
        place = match.end()
        if match[0] in {"{{", "}}"}:
            parts.append(match[0][0])
            continue
        kinds.add("broken" if match[1] is None else "numbered" if match[1] else "following")
        parts.append(int(match[1]) if match[1] else following)
        following += 1
    if len(kinds) > 1 or "broken" in kinds:
        raise ArgumentError(
            "This pattern of `format` cannot be read.", "Write {} {}, or {0} {1}; {{ for a {."
        )
    if any(isinstance(part, int) and part >= values for part in parts):
        raise ArgumentError("The pattern of `format` names more values than there are.", "Give more values.")
    return [*parts, pattern[place:]]


def _format(printer: Expressions, call: Call) -> str:
    pattern, *values = call.args
    texts = [printer.value(value) for value in values]
    fields = _fields(constant_text(pattern, "The pattern of `format`"), len(values))
    parts = [
        texts[part] if isinstance(part, int) else printer.parameter(part, "text")
        for part in fields
        if part != ""
    ]
    unused = [f"left({text}, 0)" for i, text in enumerate(texts) if i not in fields]  # NULL if it is
    return f"({' || '.join([*parts, *unused])})"


def _join(printer: Expressions, call: Call) -> str:
    """NULL anywhere is NULL, unlike in PostgreSQL's concat_ws."""
    separator, *texts = [printer.value(arg) for arg in call.args]
    if not texts:
        return f"left({separator}, 0)"
    if len(texts) == 1:
        return f"({texts[0]} || left({separator}, 0))"
    return "(" + f" || {separator} || ".join(texts) + ")"


def _last_letter(args: list[Expr]) -> None:
    letter = constant_text(args[1], "The last letter")
    if len(letter) != 1 or not letter.isascii():
        raise ArgumentError("The last letter is one ASCII character.", "For example '/'.")


def _letters(args: list[Expr]) -> Expr | None:
    """char(72, 105): the constants of ASCII."""
    codes = [arg.value if isinstance(arg, Literal) else None for arg in args]
    if not all(isinstance(code, int) and 0 < code < 128 for code in codes):
        raise ArgumentError("`char` takes constants from 1 to 127 here.", "Write the text itself.")
    return Literal("".join(chr(code) for code in codes if isinstance(code, int)), STRING)


ROWS = [
    Function(
        "length",
        "text|bytes",
        UINT64,
        "octet_length({0})::bigint",
        "number of bytes",
        aliases=("octet_length", "cardinality"),
        any_case=("length", "octet_length", "cardinality"),
    ),
    Function(
        "lengthUTF8",
        "text",
        UINT64,
        "char_length({0})::bigint",
        "number of characters",
        aliases=("char_length", "character_length"),
        any_case=("char_length", "character_length"),
    ),
    Function("empty", "text", UINT8, "({0} = '')", "is it ''?", condition=True),
    Function("notEmpty", "text", UINT8, "({0} <> '')", "is it not ''?", condition=True),
    Function(
        "lower",
        "text",
        STRING,
        'lower({0} COLLATE "C")',
        "ASCII letters small",
        aliases=("lcase",),
        any_case=("lower", "lcase"),
    ),
    Function(
        "upper",
        "text",
        STRING,
        'upper({0} COLLATE "C")',
        "ASCII letters capital",
        aliases=("ucase",),
        any_case=("upper", "ucase"),
    ),
    Function("lowerUTF8", "text", STRING, "hogql_lower({0})", "all letters small"),
    Function("upperUTF8", "text", STRING, "hogql_upper({0})", "all letters capital"),
    Function(
        "initcap",
        "text",
        STRING,
        'initcap({0} COLLATE "C")',
        "first letter of each word capital, the others small (ASCII)",
        any_case=("initcap",),
    ),
    Function(
        "reverse",
        "text",
        STRING,
        "reverse(hogql_ascii({0}))",
        "from the last byte to the first",
        any_case=("reverse",),
    ),
    Function("reverseUTF8", "text", STRING, "reverse({0})", "from the last character to the first"),
    Function(
        "repeat",
        "text int",
        STRING,
        "repeat({0}, hogql_within(greatest({1}, 0), 1000000 / greatest(octet_length({0}), 1))::integer)",
        "n times over, up to 1 MB",
        any_case=("repeat",),
    ),
    Function(
        "space",
        "int",
        STRING,
        "repeat(' ', hogql_within(greatest({0}, 0), 1000000)::integer)",
        "n spaces",
        any_case=("space",),
    ),
    Function(
        "concat",
        "any+",
        STRING,
        "concat({*})",
        "texts joined; NULL is read as ''",
        strict=False,
        any_case=("concat",),
        rewrite=_joined("concat", strict=False),
    ),
    Function(
        "concatWithSeparator",
        "text any+",
        STRING,
        _join,
        "texts joined by a",
        aliases=("concat_ws",),
        any_case=("concat_ws",),
        rewrite=_joined("concatWithSeparator", strict=True),
    ),
    Function(
        "format",
        "text any+",
        STRING,
        _format,
        "a pattern such as '{} of {}' filled with the values",
        rewrite=_joined("format", strict=True),
    ),
    Function(
        "appendTrailingCharIfAbsent",
        "text text",
        STRING,
        "CASE WHEN {0} = '' OR right({0}, 1) = {1} THEN {0} ELSE {0} || {1} END",
        "with the letter b at its end; '' stays ''",
        rewrite=_last_letter,
    ),
    Function(
        "ascii",
        "text",
        INT32,
        "CASE WHEN {0} = '' THEN 0 ELSE get_byte(convert_to(left({0}, 1), 'UTF8'), 0) END",
        "the first byte's number",
        any_case=("ascii",),
    ),
    Function(
        "char",
        "int+",
        STRING,
        "",
        "the letters of these numbers (constants of ASCII)",
        any_case=("char",),
        rewrite=_letters,
    ),
    Function("isValidUTF8", "text", UINT8, "({0} = {0})", "1: a text here always is", condition=True),
    Function(
        "isASCII", "text", UINT8, "(octet_length({0}) = char_length({0}))", "only ASCII?", condition=True
    ),
    Function("toValidUTF8", "text", STRING, "{0}", "the text: it is valid here"),
    *(
        Function(f"normalizeUTF8{form}", "text", STRING, f"normalize({{0}}, {form})", f"in Unicode's {form}")
        for form in ("NFC", "NFD", "NFKC", "NFKD")
    ),
    Function("firstLine", "text", STRING, "split_part({0}, chr(10), 1)", "up to the first line's end"),
]
