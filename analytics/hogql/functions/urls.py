"""Parts of a URL, as ClickHouse cuts them (src/Functions/URL), and IPv4 addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql import regex
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.text import constant_text
from analytics.hogql.regex_parse import RegexError
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import STRING, UINT8, UINT16, UINT32, array

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

# ClickHouse wants that much behind a scheme, whatever it is.
THREE_BYTES = "(?:...|.[^\\u0001-\\u007F]|[^\\u0001-\\u007F].|[^\\u0001-\\u07FF])"
# Parameters stand behind the first ? or #, between those and &.
BEHIND = "substring({0} FROM '[?#].*')"


def _first(pattern: str) -> str:
    """What a pattern's group finds in the text, or ''; NULL in a NULL."""
    return f"(CASE WHEN {{0}} IS NOT NULL THEN coalesce(substring({{0}} FROM '{pattern}'), '') END)"


def _name(args: list[Expr] | tuple[Expr, ...]) -> str:
    """The name of a parameter, as a regular expression of PostgreSQL's."""
    name = constant_text(args[1], "The name of a parameter")
    try:
        return regex.condition("".join(f"\\x{{{ord(letter):x}}}" for letter in name)) if name else ""
    except RegexError:
        raise ArgumentError(
            "The name of a parameter has at most 30 characters.", "Use extract(text, pattern)."
        ) from None


def _check_name(args: list[Expr]) -> None:
    _name(args)


def _parameter(printer: Expressions, call: Call) -> str:
    text = printer.value(call.args[0])
    pattern = printer.parameter(f"[?&#]{_name(call.args)}=([^&#]*)", "text")
    found = f"coalesce(substring({BEHIND.replace('{0}', text)} FROM {pattern}), '')"
    return f"(CASE WHEN {text} IS NOT NULL THEN {found} END)"


def _cut_parameter(printer: Expressions, call: Call) -> str:
    text, name = printer.value(call.args[0]), _name(call.args)
    pattern = printer.parameter(f"([?#]){name}=[^&#]*&?|&{name}=[^&#]*", "text")
    head = f"left({text}, char_length({text}) - char_length(coalesce({BEHIND.replace('{0}', text)}, '')))"
    return f"({head} || regexp_replace(coalesce({BEHIND.replace('{0}', text)}, ''), {pattern}, '\\1'))"


def _parameters(item: str) -> str:
    return (
        f"ARRAY(SELECT {item} FROM regexp_matches(substring({{0}} FROM '[?#](.*)'),"
        " '(?:[^=&#?]*\\?)*([^=&#?]*)(?:(=[^&#]*)(?:[&#]|$)|[&#])', 'g') WITH ORDINALITY"
        " AS t(m, i) ORDER BY t.i)"
    )


def _default_port(args: list[Expr]) -> None:
    if len(args) > 1 and not (isinstance(args[1], Literal) and args[1].type == UINT16):
        raise ArgumentError("The port without one is a constant from 256 to 65535.", "For example 8080.")


def _address(args: list[Expr]) -> None:
    if args[0].type.is_signed or args[0].type.bits > 32:
        raise ArgumentError("An IPv4 address is a UInt32.", "Convert it with toUInt32.")


def _text(name: str, sql: str, doc: str) -> Function:
    return Function(name, "text", STRING, sql, doc)


ROWS = [
    _text("protocol", _first(f"^([a-zA-Z][a-zA-Z0-9+.-]*):{THREE_BYTES}"), "such as https"),
    _text("domain", "hogql_domain({0})", "the host, if it has a dot"),
    _text(
        "domainWithoutWWW",
        "regexp_replace(hogql_domain({0}), '^www\\.(?=.)', '')",
        "the host without a leading www",
    ),
    _text(
        "topLevelDomain",
        "coalesce(substring(hogql_domain({0}) FROM '\\.([^.\\u0001-9][^.]*)$'), left({0}, 0))",
        "such as com",
    ),
    _text("path", "hogql_path({0}, '[^?#]*')", "from the first / of a path up to ? or #"),
    _text("pathFull", "hogql_path({0}, '.*')", "the path and all behind it"),
    _text("queryString", _first("\\?([^#]*)"), "behind the ?, up to #"),
    _text("fragment", _first("#(.*)"), "behind the #"),
    _text(
        "queryStringAndFragment",
        f"(CASE WHEN position('?' IN {{0}}) > 0 THEN {_first('[?](.*)')} ELSE {_first('#.*')} END)",
        "behind the ?, or from # on",
    ),
    _text("cutQueryString", "regexp_replace({0}, '\\?[^#]*', '')", "without ? and what is behind, up to #"),
    _text("cutFragment", "regexp_replace({0}, '#.*', '')", "without # and what is behind"),
    _text(
        "cutQueryStringAndFragment",
        "(CASE WHEN position('?' IN {0}) > 0 THEN regexp_replace({0}, '\\?.*', '')"
        " ELSE regexp_replace({0}, '#.*', '') END)",
        "without ? or # and what is behind",
    ),
    Function(
        "port",
        "text [int]",
        UINT16,
        "hogql_port({0}, {1|0})",
        "the number behind the host, or b, or 0",
        rewrite=_default_port,
    ),
    Function(
        "extractURLParameter",
        "text text",
        STRING,
        _parameter,
        "the value of a parameter, or ''",
        rewrite=_check_name,
    ),
    Function(
        "cutURLParameter", "text text", STRING, _cut_parameter, "without a parameter", rewrite=_check_name
    ),
    Function(
        "extractURLParameters",
        "text",
        array(STRING),
        _parameters("t.m[1] || coalesce(t.m[2], '')"),
        "all parameters as name=value",
    ),
    Function(
        "extractURLParameterNames", "text", array(STRING), _parameters("t.m[1]"), "the parameters' names"
    ),
    Function(
        "isIPv4String", "text", UINT8, "(hogql_is_ipv4({0}))", "four numbers up to 255?", condition=True
    ),
    Function(
        "IPv4StringToNum",
        "text",
        UINT32,
        "(hogql_ipv4({0})::inet - '0.0.0.0'::inet)",
        "an address as a number",
        aliases=("INET_ATON",),
        any_case=("INET_ATON",),
    ),
    Function(
        "IPv4NumToString",
        "int",
        STRING,
        "host('0.0.0.0'::inet + ({0})::bigint)",
        "a number as an address",
        aliases=("INET_NTOA",),
        any_case=("INET_NTOA",),
        rewrite=_address,
    ),
    Function(
        "IPv4StringToNumOrDefault",
        "text",
        UINT32,
        "((CASE WHEN hogql_is_ipv4({0}) THEN {0} WHEN {0} IS NOT NULL THEN '0.0.0.0' END)::inet"
        " - '0.0.0.0'::inet)",
        "an address as a number, or 0",
    ),
    Function(
        "IPv4StringToNumOrNull",
        "text",
        UINT32.or_null(),
        "((CASE WHEN hogql_is_ipv4({0}) THEN {0} END)::inet - '0.0.0.0'::inet)",
        "an address as a number, or NULL",
    ),
]
