"""Where a text is in another, and how alike two are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.text import constant_text
from analytics.hogql.tree import Call, Expr
from analytics.hogql.types import UINT8, UINT64, array

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# The four ways to compare: bytes or characters, the case as it is or folded (ASCII's, or all letters').
SAME = "{}"
ASCII = 'lower({} COLLATE "C")'
LETTERS = "lower({})"
KINDS = {"": SAME, "CaseInsensitive": ASCII, "UTF8": SAME, "CaseInsensitiveUTF8": LETTERS}


def constant_texts(arg: Expr, what: str) -> list[str]:
    """The texts of a literal array, at least one. Raises ArgumentError."""
    items = arg.args if isinstance(arg, Call) and arg.name == "array" else ()
    texts = [constant_text(item, what) for item in items]
    if not texts or len(texts) > 255:
        raise ArgumentError(f"{what} stands in an array of 1 to 255 constants.", "For example ['a', 'b'].")
    return texts


def _folded(template: str, fold: str) -> str:
    return template.replace("{0}", fold.format("{0}")).replace("{1}", fold.format("{1}"))


def _start(args: list[Expr]) -> None:
    """A start is unsigned in ClickHouse."""
    if len(args) > 2 and args[2].type.is_signed:
        raise ArgumentError("The place to start at is never negative.", "Convert it with toUInt64.")


def _located(args: list[Expr]) -> Expr | None:
    """locate(part, text): MySQL's order."""
    _start(args)
    places = (args[1], args[0], *args[2:])
    return Call("position", places, UINT64.or_null(any(arg.type.nullable for arg in args)))


def _token(args: list[Expr]) -> None:
    if re.search(r"[\x01-/:-@\[-`{-\x7f]", constant_text(args[1], "A token")):
        raise ArgumentError("A token has no white space and no punctuation.", "Use position(text, part) > 0.")


def _has_token(printer: Expressions, call: Call) -> str:
    """The token between ends of the text, or ASCII that is no letter or digit. It needs no escapes."""
    text, token = printer.value(call.args[0]), constant_text(call.args[1], "A token")
    edge = r"[\u0001-/:-@\u005B-`\u007B-\u007F]"
    if call.name == "hasTokenCaseInsensitive":
        text, token = ASCII.format(text), re.sub("[A-Z]+", lambda match: match[0].lower(), token)
    pattern = printer.parameter(f"(?:^|{edge}){token}(?:{edge}|$)", "text")
    return f"({text} ~ {pattern})" if token else f"({text} IS NULL)"


def _found_any(printer: Expressions, call: Call) -> str:
    """multiSearchAny: any of the texts."""
    fold = KINDS[call.name.removeprefix("multiSearchAny")]
    text = fold.format(printer.value(call.args[0]))
    parts = [
        fold.format(printer.parameter(part, "text"))
        for part in constant_texts(call.args[1], "What is searched")
    ]
    return "(" + " OR ".join(f"position({part} IN {text}) > 0" for part in parts) + ")"


def _found_where(printer: Expressions, call: Call) -> str:
    """multiSearchAllPositions, …FirstPosition, …FirstIndex: bytes, 0 for nowhere."""
    text = printer.value(call.args[0])
    parts = [printer.parameter(part, "text") for part in constant_texts(call.args[1], "What is searched")]
    places = [f"hogql_position({text}, {part}, 1)" for part in parts]
    if call.name == "multiSearchAllPositions":
        return f"CASE WHEN {text} IS NULL THEN NULL ELSE ARRAY[{', '.join(places)}] END"
    if call.name == "multiSearchFirstPosition":
        found = ", ".join(f"nullif({place}, 0)" for place in places)
        return f"(CASE WHEN {text} IS NOT NULL THEN coalesce(least({found}), 0) END)"
    branches = " ".join(f"WHEN {place} > 0 THEN {index}" for index, place in enumerate(places, 1))
    return f"(CASE WHEN {text} IS NOT NULL THEN CASE {branches} ELSE 0 END END)::bigint"


def _texts(args: list[Expr]) -> None:
    constant_texts(args[1], "What is searched")


def _not_null_texts(args: list[Expr]) -> None:
    """Without this an array would be NULL, which ClickHouse has not."""
    if args[0].type.nullable:
        raise ArgumentError("The text to search may be NULL.", "Use ifNull(text, '').")
    _texts(args)


def _positions(kind: str, fold: str) -> Function:
    sql = "hogql_position_utf8" if kind.endswith("UTF8") else "hogql_position"
    words = f"where b starts in a, from 1; 0: nowhere{', in any case' if 'Case' in kind else ''}"
    return Function(
        f"position{kind}",
        "text text [int]",
        UINT64,
        _folded(f"{sql}({{0}}, {{1}}, {{2|1}})", fold),
        words,
        aliases=("instr",) if kind == "CaseInsensitive" else (),
        any_case={"": ("position",), "CaseInsensitive": ("instr",)}.get(kind, ()),
        rewrite=_start,
    )


def _edges(name: str, kind: str, fold: str) -> Function:
    test = "starts_with({0}, {1})" if name == "startsWith" else "(right({0}, char_length({1})) = {1})"
    words = f"does it {name.removesuffix('sWith')} with b?{' In any case' if 'Case' in kind else ''}"
    return Function(f"{name}{kind}", "text text", UINT8, _folded(test, fold), words, condition=True)


ROWS = [
    *(_positions(kind, fold) for kind, fold in KINDS.items()),
    Function(
        "locate",
        "text text [int]",
        UINT64,
        "",
        "where a starts in b, from 1; 0: nowhere",
        any_case=("locate",),
        rewrite=_located,
    ),
    *(_edges(name, kind, fold) for name in ("startsWith", "endsWith") for kind, fold in KINDS.items()),
    *(
        Function(
            f"countSubstrings{kind}",
            "text text",
            UINT64,
            _folded("hogql_count({0}, {1})", fold),
            "how often b is in a, without overlaps",
            any_case=("countSubstrings",) if not kind else (),
        )
        for kind, fold in KINDS.items()
        if kind != "UTF8"
    ),
    *(
        Function(
            f"multiSearchAny{kind}",
            "text array",
            UINT8,
            _found_any,
            "is any of the texts in it?",
            condition=True,
            rewrite=_texts,
        )
        for kind in KINDS
    ),
    Function(
        "multiSearchAllPositions",
        "text array",
        array(UINT64),
        _found_where,
        "where each of the texts starts; 0: nowhere",
        rewrite=_not_null_texts,
    ),
    Function(
        "multiSearchFirstPosition",
        "text array",
        UINT64,
        _found_where,
        "where the first of the texts starts; 0: nowhere",
        rewrite=_texts,
    ),
    Function(
        "multiSearchFirstIndex",
        "text array",
        UINT64,
        _found_where,
        "which of the texts is in it, from 1; 0: none",
        rewrite=_texts,
    ),
    *(
        Function(
            f"hasToken{kind}",
            "text text",
            UINT8,
            _has_token,
            "is the word in it, between ends and ASCII that is no letter or digit?",
            condition=True,
            any_case=("hasTokenCaseInsensitive",) if kind else (),
            rewrite=_token,
        )
        for kind in ("", "CaseInsensitive")
    ),
]
