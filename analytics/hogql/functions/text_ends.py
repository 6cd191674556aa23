"""What stands at the ends of a text: spaces trimmed off, letters filled up."""

from __future__ import annotations

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.text import constant_text
from analytics.hogql.tree import Expr
from analytics.hogql.types import STRING


def _trimmed(args: list[Expr]) -> None:
    """ClickHouse trims off single bytes."""
    if len(args) > 1 and not constant_text(args[1], "What is trimmed off").isascii():
        raise ArgumentError("What is trimmed off is ASCII here.", "Use replaceRegexpOne.")


ROWS = [
    Function(
        "trimBoth",
        "text [text]",
        STRING,
        "btrim({0}, {1|' '})",
        "without spaces (or the letters b) at both ends",
        aliases=("trim",),
        rewrite=_trimmed,
    ),
    Function(
        "trimLeft",
        "text [text]",
        STRING,
        "ltrim({0}, {1|' '})",
        "without spaces (or the letters b) at the start",
        aliases=("ltrim",),
        rewrite=_trimmed,
    ),
    Function(
        "trimRight",
        "text [text]",
        STRING,
        "rtrim({0}, {1|' '})",
        "without spaces (or the letters b) at the end",
        aliases=("rtrim",),
        rewrite=_trimmed,
    ),
    Function(
        "leftPad",
        "text int [text]",
        STRING,
        "CASE WHEN octet_length({0}) >= {1} THEN hogql_substring_bytes({0}, 1, hogql_within({1}, 1000000))"
        " ELSE hogql_pad({0}, {1}, coalesce(nullif({2|' '}, ''), ' ')) || {0} END",
        "filled up at the start to n bytes",
        aliases=("lpad",),
        any_case=("lpad",),
    ),
    Function(
        "rightPad",
        "text int [text]",
        STRING,
        "CASE WHEN octet_length({0}) >= {1} THEN hogql_substring_bytes({0}, 1, hogql_within({1}, 1000000))"
        " ELSE {0} || hogql_pad({0}, {1}, coalesce(nullif({2|' '}, ''), ' ')) END",
        "filled up at the end to n bytes",
        aliases=("rpad",),
        any_case=("rpad",),
    ),
    Function(
        "leftPadUTF8",
        "text int [text]",
        STRING,
        "lpad({0}, hogql_within({1}, 1000000)::integer, coalesce(nullif({2|' '}, ''), ' '))",
        "filled up at the start to n characters",
    ),
    Function(
        "rightPadUTF8",
        "text int [text]",
        STRING,
        "rpad({0}, hogql_within({1}, 1000000)::integer, coalesce(nullif({2|' '}, ''), ' '))",
        "filled up at the end to n characters",
    ),
]
