"""What regular expressions take apart and put anew: splitByRegexp, replaceRegexpOne and their like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analytics.hogql import regex
from analytics.hogql.functions.regexes import checked, not_empty, pattern_of, search
from analytics.hogql.functions.row import Function
from analytics.hogql.functions.text import constant_text
from analytics.hogql.regex_parse import parse
from analytics.hogql.tree import Call, Expr
from analytics.hogql.types import STRING, array

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

_REFERENCE = re.compile(r"\\(?:([0-9])|(.))", re.DOTALL)


def _check_split(args: list[Expr]) -> None:
    not_empty(pattern_of(args, 0))
    search(pattern_of(args, 0), set())


def _split(printer: Expressions, call: Call) -> str:
    printed = search(pattern_of(call.args, 0), set())
    text = f"coalesce({printer.value(call.args[1])}, '')"
    parts = f"regexp_split_to_array({text}, {printer.parameter(printed.text, 'text')})"
    if len(call.args) < 3:
        return parts
    most = printer.number(call.args[2])
    return f"({parts})[1:hogql_clamped(CASE WHEN {most} > 0 THEN {most} ELSE 2147483647 END)]"


def _new_text(pattern: str, new: str) -> tuple[regex.Printed, str]:
    """The printed pattern, and the new text with \\0 … \\9 as PostgreSQL writes them."""
    used = {int(number) for number, _ in _REFERENCE.findall(new) if number}
    printed = search(pattern, used)
    if any(printed.places[number] > 9 for number in used - {0}):
        raise regex.UnlikeError("This regular expression has too many parts before a group that is used.")

    def reference(match: re.Match[str]) -> str:
        if match[1] is None:
            return r"\\" if match[2] == "\\" else match[2]
        return rf"\{printed.places[int(match[1])]}" if int(match[1]) else r"\&"

    texts = re.split(r"(\\[0-9]|\\.)", new, flags=re.DOTALL)
    return printed, "".join(
        _REFERENCE.sub(reference, text) if index % 2 else text.replace("\\", r"\\")
        for index, text in enumerate(texts)
    )


def _check_replace(args: list[Expr]) -> None:
    _new_text(pattern_of(args), constant_text(args[2], "The new text"))


def _check_replace_all(args: list[Expr]) -> None:
    if not regex.only_once(parse(pattern_of(args))[0]):
        not_empty(pattern_of(args))
    _check_replace(args)


def _replace(printer: Expressions, call: Call) -> str:
    text = printer.value(call.args[0])
    pattern = pattern_of(call.args)
    printed, new = _new_text(pattern, constant_text(call.args[2], "The new text"))
    every = call.name == "replaceRegexpAll" and not regex.only_once(parse(pattern)[0])
    flags = ", 'g'" if every else ""
    found, by = printer.parameter(printed.text, "text"), printer.parameter(new, "text")
    return f"regexp_replace({text}, {found}, {by}{flags})"


ROWS = [
    Function(
        "splitByRegexp",
        "text text [int]",
        array(STRING),
        _split,
        "parts of b between matches of a",
        rewrite=checked(_check_split),
    ),
    Function(
        "replaceRegexpOne",
        "text text text",
        STRING,
        _replace,
        r"the first match of b by c, where \1 is a group",
        rewrite=checked(_check_replace),
    ),
    Function(
        "replaceRegexpAll",
        "text text text",
        STRING,
        _replace,
        "every match of b by c",
        aliases=("REGEXP_REPLACE",),
        any_case=("REGEXP_REPLACE",),
        rewrite=checked(_check_replace_all),
    ),
    Function(
        "regexpQuoteMeta",
        "text",
        STRING,
        r"regexp_replace({0}, '([$()*+.:?\[\\\]^{{|-])', '\\\1', 'g')",
        "with a backslash before signs",
    ),
]
