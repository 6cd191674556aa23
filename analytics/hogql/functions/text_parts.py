"""Parts of a text, and texts with parts exchanged."""

from __future__ import annotations

from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.text import constant_text
from analytics.hogql.tree import Expr, Literal
from analytics.hogql.types import STRING, array

WORDS = array(STRING)


def _separator(args: list[Expr]) -> None:
    """splitByChar: one byte."""
    text = constant_text(args[0], "The separator")
    if len(text) != 1 or not text.isascii():
        raise ArgumentError("The separator of `splitByChar` is one ASCII character.", "Use splitByString.")


def _separators(args: list[Expr]) -> None:
    if constant_text(args[0], "The separator") == "":
        raise ArgumentError("'' separates bytes, which are no text.", "Use ngrams(text, 1) for characters.")


def _one_character(args: list[Expr]) -> None:
    text = constant_text(args[1], "The separator")
    if len(text.encode()) != 1:
        raise ArgumentError("The separator of `substringIndex` is one ASCII character.", "For example '.'.")


def _one_letter(args: list[Expr]) -> None:
    if len(constant_text(args[1], "The separator")) != 1:
        raise ArgumentError("The separator of `substringIndexUTF8` is one character.", "For example '.'.")


def _replaced_letters(args: list[Expr]) -> None:
    old, new = (constant_text(arg, "What `translate` exchanges") for arg in args[1:])
    if len(new) > len(old) or len(set(old)) < len(old):
        raise ArgumentError("`translate` has one new letter at most for each old one.", "Use replaceAll.")


def _replaced_bytes(args: list[Expr]) -> None:
    if not all(constant_text(arg, "What `translate` exchanges").isascii() for arg in args[1:]):
        raise ArgumentError("`translate` exchanges bytes.", "Use translateUTF8.")
    _replaced_letters(args)


def _length_of_ngrams(args: list[Expr]) -> None:
    length = args[1].value if isinstance(args[1], Literal) else None
    if not isinstance(length, int) or not 1 <= length <= 1000:
        raise ArgumentError("The length of an n-gram is a constant from 1 to 1000.", "For example 3.")


ROWS = [
    Function(
        "substring",
        "text int [int]",
        STRING,
        "hogql_substring_bytes({0}, {1}, {2|2147483647})",
        "bytes from position b (from 1; negative: from the end), c of them",
        aliases=("substr", "mid", "byteSlice"),
        any_case=("substring", "substr", "mid", "byteslice"),
    ),
    Function(
        "substringUTF8",
        "text int [int]",
        STRING,
        "hogql_substring({0}, {1}, {2|2147483647})",
        "characters from position b (from 1; negative: from the end), c of them",
        aliases=("substrUTF8",),
    ),
    Function(
        "left",
        "text int",
        STRING,
        "hogql_left({0}, {1})",
        "the first n bytes; all but -n of them",
        any_case=("left",),
    ),
    Function(
        "right",
        "text int",
        STRING,
        "hogql_right({0}, {1})",
        "the last n bytes; all but -n of them",
        any_case=("right",),
    ),
    Function("leftUTF8", "text int", STRING, "left({0}, hogql_clamped({1}))", "the first n characters"),
    Function("rightUTF8", "text int", STRING, "right({0}, hogql_clamped({1}))", "the last n characters"),
    Function(
        "substringIndex",
        "text text int",
        STRING,
        "hogql_substring_index({0}, {1}, {2})",
        "what stands before the n-th b (negative: behind, counted from the end)",
        aliases=("SUBSTRING_INDEX",),
        any_case=("SUBSTRING_INDEX",),
        rewrite=_one_character,
    ),
    Function(
        "substringIndexUTF8",
        "text text int",
        STRING,
        "hogql_substring_index({0}, {1}, {2})",
        "the same, b any character",
        rewrite=_one_letter,
    ),
    Function(
        "replaceAll",
        "text text text",
        STRING,
        "replace({0}, {1}, {2})",
        "every b in a by c",
        aliases=("replace",),
        any_case=("replace",),
    ),
    Function(
        "replaceOne", "text text text", STRING, "hogql_replace_one({0}, {1}, {2})", "the first b in a by c"
    ),
    Function(
        "translate",
        "text text text",
        STRING,
        "translate({0}, {1}, {2})",
        "each letter of b by that of c; those without one are dropped",
        rewrite=_replaced_bytes,
    ),
    Function(
        "translateUTF8",
        "text text text",
        STRING,
        "translate({0}, {1}, {2})",
        "the same for any characters",
        rewrite=_replaced_letters,
    ),
    Function(
        "splitByChar",
        "text text [int]",
        WORDS,
        "hogql_split({1}, {0}, {2|0})",
        "parts of b between the letters a, n of them at most",
        rewrite=_separator,
    ),
    Function(
        "splitByString",
        "text text [int]",
        WORDS,
        "hogql_split({1}, {0}, {2|0})",
        "parts of b between the texts a, n of them at most",
        rewrite=_separators,
    ),
    Function(
        "splitByWhitespace",
        "text [int]",
        WORDS,
        r"hogql_words({0}, '[ \t\n\r\f\v]+', {1|0})",
        "words between white space",
    ),
    Function(
        "splitByNonAlpha",
        "text [int]",
        WORDS,
        r"hogql_words({0}, '[\u0001-/:-@\u005B-`\u007B-\u007F]+', {1|0})",
        "words between white space and ASCII punctuation",
    ),
    Function(
        "tokens",
        "text",
        WORDS,
        r"hogql_words({0}, '[\u0001-/:-@\u005B-`\u007B-\u007F]+', 0)",
        "words between what is ASCII and no letter or digit",
    ),
    Function(
        "alphaTokens",
        "text [int]",
        WORDS,
        "hogql_words({0}, '[^a-zA-Z]+', {1|0})",
        "runs of ASCII letters",
        aliases=("splitByAlpha",),
    ),
    Function(
        "ngrams",
        "text int",
        WORDS,
        "hogql_ngrams({0}, {1})",
        "all texts of n characters in it",
        rewrite=_length_of_ngrams,
    ),
]
