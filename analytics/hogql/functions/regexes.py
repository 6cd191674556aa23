"""Regular expressions and LIKE. Patterns are constants: they are read here, and printed for PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.hogql import regex
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.text import constant_text
from analytics.hogql.functions.text_search import constant_texts
from analytics.hogql.regex_parse import RegexError, parse
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import STRING, UINT8, UINT64, array

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

PATTERN = "A regular expression"


def _refused(error: RegexError) -> ArgumentError:
    if isinstance(error, regex.UnlikeError):
        hint = "Say it without alternatives or repetitions that can stop at several places."
    else:
        hint = "See github.com/google/re2/wiki/Syntax; a backslash in a text is written twice."
    return ArgumentError(str(error), hint)


def _fold(call_name: str) -> bool:
    return call_name.endswith("CaseInsensitive")


def _group_of_result(pattern: str) -> int:
    """What extract and extractAll give: the first group, or without one the whole match, 0."""
    return min(parse(pattern)[1], 1)


def search(pattern: str, groups: set[int], *, fold: bool = False) -> regex.Printed:
    return regex.search(pattern, tuple(sorted(groups - {0})), fold)


def not_empty(pattern: str, *, fold: bool = False) -> None:
    """Engines differ over where empty matches are."""
    if regex.may_be_empty(parse(pattern, fold=fold)[0]):
        raise regex.UnlikeError("This regular expression may match nothing at all, anywhere.")


def checked(check: Callable[[list[Expr]], None]) -> Callable[[list[Expr]], None]:
    def rewrite(args: list[Expr]) -> None:
        try:
            check(args)
        except RegexError as error:
            raise _refused(error) from None

    return rewrite


def pattern_of(args: list[Expr] | tuple[Expr, ...], index: int = 1) -> str:
    return constant_text(args[index], PATTERN)


# Conditions


def _check_condition(args: list[Expr]) -> None:
    regex.condition(pattern_of(args))


def _match(printer: Expressions, call: Call) -> str:
    pattern = regex.condition(pattern_of(call.args), _fold(call.name))
    return f"({printer.value(call.args[0])} ~ {printer.parameter(pattern, 'text')})"


def _check_any(args: list[Expr]) -> None:
    for pattern in constant_texts(args[1], PATTERN):
        regex.condition(pattern)


def _match_any(printer: Expressions, call: Call) -> str:
    text = printer.value(call.args[0])
    patterns = [regex.condition(pattern) for pattern in constant_texts(call.args[1], PATTERN)]
    return "(" + " OR ".join(f"{text} ~ {printer.parameter(p, 'text')}" for p in patterns) + ")"


# Parts


def _check_extract(args: list[Expr]) -> None:
    pattern = pattern_of(args)
    search(pattern, {_group_of_result(pattern)})


def _extract(printer: Expressions, call: Call) -> str:
    pattern = pattern_of(call.args)
    return _part(printer, call.args[0], pattern, _group_of_result(pattern))


def _part(printer: Expressions, arg: Expr, pattern: str, group: int) -> str:
    """What a group matched first, '' if nothing did."""
    text, printed = printer.value(arg), search(pattern, {group})
    place = printed.places.get(group, 1)
    found = f"coalesce((regexp_match({text}, {printer.parameter(printed.text, 'text')}))[{place}], '')"
    return f"(CASE WHEN {text} IS NOT NULL THEN {found} END)" if arg.type.nullable else found


def _index(args: list[Expr] | tuple[Expr, ...]) -> int:
    """regexpExtract's third argument."""
    if len(args) < 3:
        return _group_of_result(pattern_of(args))
    index = args[2].value if isinstance(args[2], Literal) else None
    if not isinstance(index, int) or not 0 <= index <= 9:
        raise ArgumentError("The number of a group is a constant from 0 to 9.", "0 is the whole match.")
    return index


def _check_numbered(args: list[Expr]) -> None:
    search(pattern_of(args), {_index(args)})


def _numbered(printer: Expressions, call: Call) -> str:
    return _part(printer, call.args[0], pattern_of(call.args), _index(call.args))


def _all_groups(pattern: str) -> set[int]:
    groups = set(range(1, parse(pattern)[1] + 1))
    if not groups:
        raise RegexError("This regular expression has no groups, which stand in parentheses.")
    return groups


def _check_groups(args: list[Expr]) -> None:
    pattern = pattern_of(args)
    search(pattern, _all_groups(pattern))


def _groups(printer: Expressions, call: Call) -> str:
    pattern = pattern_of(call.args)
    printed = search(pattern, _all_groups(pattern))
    items = ", ".join(f"coalesce(m[{printed.places[number]}], '')" for number in sorted(printed.places))
    found = f"regexp_match({printer.value(call.args[0])}, {printer.parameter(printed.text, 'text')})"
    return f"coalesce((SELECT ARRAY[{items}] FROM {found} AS m WHERE m IS NOT NULL), '{{}}'::text[])"


def _all_matches(printer: Expressions, call: Call) -> str:
    """The groups of each match, or for each group all its matches."""
    pattern = pattern_of(call.args)
    printed = search(pattern, _all_groups(pattern))
    items = [f"coalesce(t.m[{printed.places[number]}], '')" for number in sorted(printed.places)]
    found = f"regexp_matches({printer.value(call.args[0])}, {printer.parameter(printed.text, 'text')}, 'g')"
    if call.name.endswith("Horizontal"):
        columns = [f"coalesce(jsonb_agg({item} ORDER BY t.i), '[]'::jsonb)" for item in items]
        gathered = f"jsonb_build_array({', '.join(columns)})"
    else:
        gathered = f"coalesce(jsonb_agg(jsonb_build_array({', '.join(items)}) ORDER BY t.i), '[]'::jsonb)"
    return f"(SELECT {gathered} FROM {found} WITH ORDINALITY AS t(m, i))"


def _check_all_groups(args: list[Expr]) -> None:
    not_empty(pattern_of(args))
    _check_groups(args)


def _check_all(args: list[Expr]) -> None:
    not_empty(pattern_of(args))
    _check_extract(args)


def _extract_all(printer: Expressions, call: Call) -> str:
    pattern = pattern_of(call.args)
    group = _group_of_result(pattern)
    printed = search(pattern, {group})
    found = f"regexp_matches({printer.value(call.args[0])}, {printer.parameter(printed.text, 'text')}, 'g')"
    item = f"coalesce(t.m[{printed.places.get(group, 1)}], '')"
    return f"ARRAY(SELECT {item} FROM {found} WITH ORDINALITY AS t(m, i) ORDER BY t.i)"


def _checks_count(fold: bool) -> Callable[[list[Expr]], None]:
    def check(args: list[Expr]) -> None:
        not_empty(pattern_of(args), fold=fold)
        search(pattern_of(args), set(), fold=fold)

    return check


def _count(printer: Expressions, call: Call) -> str:
    printed = search(pattern_of(call.args), set(), fold=_fold(call.name))
    return f"regexp_count({printer.value(call.args[0])}, {printer.parameter(printed.text, 'text')})::bigint"


ROWS = [
    Function(
        "match",
        "text text",
        UINT8,
        _match,
        "does it match RE2's regular expression b?",
        condition=True,
        aliases=("REGEXP_MATCHES",),
        any_case=("REGEXP_MATCHES",),
        rewrite=checked(_check_condition),
    ),
    Function(
        "matchCaseInsensitive",
        "text text",
        UINT8,
        _match,
        "`=~*`: match in any case",
        condition=True,
        clickhouse="match({0}, concat('(?i)', {1}))",
        rewrite=checked(_check_condition),
    ),
    Function(
        "multiMatchAny",
        "text array",
        UINT8,
        _match_any,
        "does it match any of the regular expressions?",
        condition=True,
        rewrite=checked(_check_any),
    ),
    Function(
        "extract",
        "text text",
        STRING,
        _extract,
        "what the first group (or all) of a regular expression matches, or ''",
        rewrite=checked(_check_extract),
    ),
    Function(
        "regexpExtract",
        "text text [int]",
        STRING,
        _numbered,
        "what group c (1 unless told) matches, or ''",
        aliases=("REGEXP_EXTRACT", "REGEXP_SUBSTR"),
        any_case=("REGEXP_EXTRACT", "REGEXP_SUBSTR"),
        rewrite=checked(_check_numbered),
    ),
    Function(
        "extractGroups",
        "text text",
        array(STRING),
        _groups,
        "what each group of the first match matches",
        rewrite=checked(_check_groups),
    ),
    Function(
        "extractAllGroupsVertical",
        "text text",
        array(array(STRING)),
        _all_matches,
        "what each group of each match matches, by match",
        aliases=("extractAllGroups",),
        rewrite=checked(_check_all_groups),
    ),
    Function(
        "extractAllGroupsHorizontal",
        "text text",
        array(array(STRING)),
        _all_matches,
        "the same, by group",
        rewrite=checked(_check_all_groups),
    ),
    Function(
        "extractAll",
        "text text",
        array(STRING),
        _extract_all,
        "extract, for every match",
        rewrite=checked(_check_all),
    ),
    Function(
        "countMatches",
        "text text",
        UINT64,
        _count,
        "number of matches",
        rewrite=checked(_checks_count(False)),
    ),
    Function(
        "countMatchesCaseInsensitive",
        "text text",
        UINT64,
        _count,
        "number of matches in any case",
        rewrite=checked(_checks_count(True)),
    ),
]
