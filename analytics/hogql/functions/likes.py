"""LIKE and its relatives, with ClickHouse's escapes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analytics.hogql import regex
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.text import constant_text
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import UINT8

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def _like_as_regex(pattern: str) -> str:
    """LIKE's pattern as RE2's: `\\` before %, _ or \\ makes them themselves, else it is one itself."""
    if re.search(r"(?:^|[^\\])(?:\\\\)*\\$", pattern):
        raise ArgumentError(
            "A LIKE pattern does not end in one backslash.", "Write four for one of the text's."
        )
    parts = re.findall(r"\\[%_\\]|.", pattern, re.DOTALL)
    signs = {"%": ".*", "_": "."}
    return "^" + "".join(signs.get(part) or f"\\x{{{ord(part[-1]):x}}}" for part in parts) + "$"


def _check_like(args: list[Expr]) -> None:
    if isinstance(args[1], Literal) and args[1].value is not None:
        _like_as_regex(constant_text(args[1], "A LIKE pattern"))


def _like(printer: Expressions, call: Call) -> str:
    """LIKE with its escapes said so that PostgreSQL reads them as ClickHouse does; ILIKE by RE2's cases."""
    text, pattern = printer.value(call.args[0]), call.args[1]
    negated, any_case = call.name.startswith("not"), call.name.lower().endswith("ilike")
    if isinstance(pattern, Literal) and isinstance(pattern.value, str):
        if any_case:
            found = printer.parameter(regex.like(_like_as_regex(pattern.value)), "text")
            return f"({text} {'!~' if negated else '~'} {found})"
        escaped = re.sub(r"\\([%_\\])|\\", lambda match: match[0] if match[1] else r"\\", pattern.value)
        return f"({text} {'NOT ' * negated}LIKE {printer.parameter(escaped, 'text')})"
    operator = f"{'NOT ' * negated}{'I' * any_case}LIKE"
    return f"({text} {operator} hogql_like({printer.value(pattern)}))"


ROWS = [
    Function(
        "like",
        "text text",
        UINT8,
        _like,
        "text like a pattern of % and _",
        condition=True,
        rewrite=_check_like,
    ),
    Function("ilike", "text text", UINT8, _like, "like, in any case", condition=True, rewrite=_check_like),
    Function("notLike", "text text", UINT8, _like, "not like", condition=True, rewrite=_check_like),
    Function(
        "notILike", "text text", UINT8, _like, "not like, in any case", condition=True, rewrite=_check_like
    ),
]
