"""Text → sqlglot's tree, under caps that hold before any parser runs."""

from __future__ import annotations

import re
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from analytics.hogql.allow import WORDS_AT
from analytics.hogql.dialect import HogQL
from analytics.hogql.errors import HogQLError

MAX_BYTES = 512 * 1024
MAX_TOKENS = 60_000
KEPT, KEPT_LENGTH = 32, 4_096  # texts whose trees are kept, and their characters: 12 MB at most
MAX_DEPTH = 30  # sqlglot overflows the stack at about 40 nested calls

_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
# sqlglot counts from the text's beginning.
_UNENDED = re.compile(r"Missing (\S+) from \d+:(\d+)")
_FIRST = {TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN}
_PREFIXES = {TokenType.DASH, TokenType.NOT, TokenType.PLACEHOLDER}


def parse(text: str) -> exp.Query:
    """The one SELECT (or UNION) that `text` is, to be read only. Raises HogQLError 400 or 413.

    Pages, publications and recipes ask the same texts again and again: parsing one takes as long as all that
    follows it (some 7 ms for the customers page), so the trees of the last ones are kept.
    """
    return _remembered(text) if len(text) <= KEPT_LENGTH else _parse(text)


def _parse(text: str) -> exp.Query:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise HogQLError(
            "query_too_long",
            f"A query has at most {MAX_BYTES // 1024} KB.",
            "Shorten the lists in it.",
            status=413,
        )
    if "\0" in text or any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise HogQLError(
            "syntax_error",
            "A query is plain text, without NUL or lone surrogates.",
            "Take the unreadable characters out.",
        )
    dialect = HogQL()
    try:
        tokens = dialect.tokenize(text)
        _check_first(tokens)
        _check_top(tokens)
        _check_size(tokens)
        statements = dialect.parser().parse(tokens, text)
    except SqlglotError as error:
        raise _syntax_error(error, text) from None
    except RecursionError:
        raise _too_deep(None) from None
    # What follows a trailing semicolon may still be a comment, which makes a statement of its own.
    found = [part for part in statements if part is not None and not isinstance(part, exp.Semicolon)]
    semicolons = [token for token in tokens if token.token_type == TokenType.SEMICOLON]
    if len(found) > 1 or len(semicolons) > 1:
        place = semicolons[0] if len(found) > 1 else semicolons[1]
        raise HogQLError(
            "statement_not_allowed",
            "Send one statement at a time.",
            "Leave out what follows the semicolon.",
            line=place.line,
            column=place.col,
        )
    if not isinstance(found[0], exp.Select | exp.SetOperation | exp.Subquery):
        raise _not_a_query(tokens[0])
    found[0].meta[WORDS_AT] = _places(tokens)
    return found[0]


_remembered = lru_cache(KEPT)(_parse)


def _check_first(tokens: list[Token]) -> None:
    """Before the parser, which knows some statements and calls others a mistake in writing."""
    if not tokens or tokens[0].token_type == TokenType.SEMICOLON:
        raise HogQLError(
            "statement_not_allowed", "The query is empty.", "Start with `select count() from events`."
        )
    if tokens[0].token_type not in _FIRST:
        raise _not_a_query(tokens[0])


def _check_top(tokens: list[Token]) -> None:
    """SELECT TOP 5 …, which the parser takes for a column `top` and a mistake."""
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        is_top = token.text.upper() == "TOP" and after.token_type == TokenType.NUMBER
        if is_top and before.token_type in {TokenType.SELECT, TokenType.DISTINCT}:
            message, column = "HogQL here does not have TOP.", token.col - 2
            raise HogQLError("clause_not_allowed", message, "Use LIMIT.", line=token.line, column=column)


def _not_a_query(token: Token) -> HogQLError:
    return HogQLError(
        "statement_not_allowed",
        "HogQL only reads: a query starts with SELECT or WITH.",
        "For example `select count() from events`.",
        line=token.line,
        column=token.col - len(token.text) + 1,
    )


def _places(tokens: list[Token]) -> dict[str, tuple[int, int]]:
    """Line and column of each word's first use: a clause's own node does not know where it stands."""
    places: dict[str, tuple[int, int]] = {}
    for token in tokens:
        if token.token_type not in {TokenType.STRING, TokenType.NUMBER}:
            places.setdefault(token.text.upper(), (token.line, token.col - len(token.text) + 1))
    return places


def _check_size(tokens: list[Token]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise HogQLError(
            "query_too_long",
            f"A query has at most {MAX_TOKENS:,} words.",
            "Shorten the lists in it.",
            status=413,
        )
    depth = prefixes = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        prefixes = prefixes + 1 if token.token_type in _PREFIXES else 0
        if depth > MAX_DEPTH or prefixes > MAX_DEPTH:
            raise _too_deep(token)


def _too_deep(token: Token | None) -> HogQLError:
    return HogQLError(
        "query_too_deep",
        f"A query nests at most {MAX_DEPTH} levels.",
        "Give inner parts a name with `WITH … AS`.",
        line=token.line if token else None,
        column=token.col if token else None,
    )


def _syntax_error(error: SqlglotError, text: str) -> HogQLError:
    """sqlglot's words name its own classes; what helps is the place and the word that stands there."""
    unended = _UNENDED.fullmatch(str(error.__cause__))
    if unended is not None:
        before = text[: int(unended[2])]
        return HogQLError(
            "syntax_error",
            f"What begins with {unended[1]} here has no end.",
            f"Close it with another {unended[1]}; inside a text it is written \\{unended[1]}.",
            line=before.count("\n") + 1,
            column=len(before) - before.rfind("\n"),
        )
    details = getattr(error, "errors", None) or [{}]
    line, column, word = details[0].get("line"), details[0].get("col"), details[0].get("highlight")
    message = f"This cannot be read as HogQL near `{word}`." if word else "This cannot be read as HogQL."
    start = column - len(word) + 1 if column and word else column
    return HogQLError(
        "syntax_error",
        message,
        "Check commas, quotes and parentheses before that place.",
        line=line,
        column=start,
    )
