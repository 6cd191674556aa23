"""sqlglot's ClickHouse dialect, mended for HogQL. It parses; it does not judge.

sqlglot knows hundreds of functions and renames them as it reads (toDate, dateDiff, sumIf …), some with a
changed meaning. Here it knows none: every call stays a call by the name that the user wrote, and our own
function table says what it means.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.clickhouse import ClickHouse
from sqlglot.parser import Parser
from sqlglot.parsers.clickhouse import ClickHouseParser
from sqlglot.tokenizer_core import TokenType

# sqlglot has one place for LIMIT; `LIMIT n BY x LIMIT m` needs two. SORT BY is no HogQL: its place is free.
LIMIT_BY = "sort"
# sqlglot has no tokens for these; it never makes these two of ClickHouse's text.
NOT_MATCHING = TokenType.OPERATOR
NOT_MATCHING_ANY_CASE = TokenType.SOUNDS_LIKE

# EXTRACT(unit FROM t)
EXTRACTED = {
    "year": "toYear",
    "quarter": "toQuarter",
    "month": "toMonth",
    "week": "toISOWeek",
    "day": "toDayOfMonth",
    "doy": "toDayOfYear",
    "isodow": "toDayOfWeek",
    "isoyear": "toISOYear",
    "hour": "toHour",
    "minute": "toMinute",
    "second": "toSecond",
    "millisecond": "toMillisecond",
    "epoch": "toUnixTimestamp",
}

FROM_SUNDAY = 2  # the mode of toDayOfWeek in which Sunday is 0


def _limit(parser: Any) -> tuple[str, exp.Expr | None]:
    """LIMIT n, LIMIT n [OFFSET m] BY keys, LIMIT n OFFSET m WITH TIES."""
    limit = parser._parse_limit()
    before = parser._index
    if isinstance(limit, exp.Limit) and not limit.expressions and parser._match(TokenType.OFFSET):
        skipped = parser._parse_term()
        if keys := parser._parse_limit_by():
            limit.set("offset", skipped)
            limit.set("expressions", keys)
        elif parser._match_text_seq("WITH", "TIES"):
            limit.set("offset", skipped)
            limit.set("limit_options", exp.LimitOptions(with_ties=True))
        else:
            parser._retreat(before)
    return (LIMIT_BY if isinstance(limit, exp.Limit) and limit.expressions else "limit"), limit


def _extract(parser: Any) -> exp.Expr:
    """EXTRACT(unit FROM time) is a call of the function of that part; extract(text, pattern) one by name."""
    unit = parser._curr.text.lower() if parser._curr else ""
    if parser._next and parser._next.token_type == TokenType.FROM and unit in EXTRACTED:
        parser._advance(2)
        return exp.Anonymous(this=EXTRACTED[unit], expressions=[parser._parse_bitwise()])
    if parser._next and parser._next.token_type == TokenType.FROM and unit == "dow":
        parser._advance(2)
        return exp.Anonymous(
            this="toDayOfWeek", expressions=[parser._parse_bitwise(), exp.Literal.number(FROM_SUNDAY)]
        )
    return exp.Anonymous(this="extract", expressions=parser._parse_csv(parser._parse_lambda))


def _trim(parser: Any) -> exp.Expr:
    """TRIM(BOTH 'x' FROM text); trim(text) is a call like any other."""
    side = parser._curr.text.lower() if parser._curr else ""
    if side not in {"both", "leading", "trailing"} or parser._next.token_type == TokenType.COMMA:
        return exp.Anonymous(this="trim", expressions=parser._parse_csv(parser._parse_lambda))
    parser._advance()
    letters = parser._parse_bitwise()
    parser._match(TokenType.FROM)
    name = {"both": "trimBoth", "leading": "trimLeft", "trailing": "trimRight"}[side]
    return exp.Anonymous(this=name, expressions=[parser._parse_bitwise(), letters])


def _substring(parser: Any) -> exp.Expr:
    """SUBSTRING(text FROM 2 FOR 3), or with commas."""
    parts = parser._parse_csv(parser._parse_lambda)
    for token in (TokenType.FROM, TokenType.FOR):
        if parser._match(token):
            parts.append(parser._parse_bitwise())
    return exp.Anonymous(this="substring", expressions=parts)


def _position(parser: Any) -> exp.Expr:
    """POSITION(part IN text), or position(text, part)."""
    first = parser._parse_bitwise()
    if parser._match(TokenType.IN):
        return exp.Anonymous(this="position", expressions=[parser._parse_bitwise(), first])
    rest = parser._parse_csv(parser._parse_lambda) if parser._match(TokenType.COMMA) else []
    return exp.Anonymous(this="position", expressions=[first, *rest])


def _not_matching(node: type[exp.Expr]) -> Any:
    return lambda parser, this: exp.Not(this=node(this=this, expression=parser._parse_bitwise()))


class HogQLParser(ClickHouseParser):
    QUERY_MODIFIER_PARSERS: ClassVar[dict[Any, Any]] = {
        **{
            key: value
            for key, value in ClickHouseParser.QUERY_MODIFIER_PARSERS.items()
            if key != TokenType.SORT_BY
        },
        TokenType.LIMIT: _limit,
    }
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    ARRAY_CONSTRUCTORS: ClassVar[dict[str, Any]] = {}  # list[1] is an element of `list`, not an array
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        "CAST": Parser.FUNCTION_PARSERS["CAST"],
        "EXTRACT": _extract,
        "POSITION": _position,
        "SUBSTRING": _substring,
        "TRIM": _trim,
    }
    RANGE_PARSERS: ClassVar[dict[Any, Any]] = {
        **ClickHouseParser.RANGE_PARSERS,
        NOT_MATCHING: _not_matching(exp.RegexpLike),
        NOT_MATCHING_ANY_CASE: _not_matching(exp.RegexpILike),
    }
    NO_PAREN_FUNCTION_PARSERS = {"CASE": Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}

    def _parse_function(
        self,
        functions: dict[str, Any] | None = None,
        anonymous: bool = False,
        optional_parens: bool = True,
        any_token: bool = False,
    ) -> exp.Expr | None:
        """A call, and the second parentheses of a parametric aggregate: quantile(0.9)(x)."""
        call = Parser._parse_function(self, functions, anonymous, optional_parens, any_token)
        if isinstance(call, exp.Anonymous) and self._match(TokenType.L_PAREN):
            arguments = self._parse_csv(self._parse_lambda)
            self._match_r_paren()
            meta = dict(call.meta)
            call = exp.ParameterizedAgg(this=call.this, expressions=arguments, params=call.expressions)
            call.meta.update(meta)
            return self._parse_window(call)
        return call

    def _parse_join(self, *args: Any, **options: Any) -> exp.Join | None:
        """[LEFT] ARRAY JOIN takes expressions, where sqlglot looks for tables."""
        before = self._index
        _, side, kind = self._parse_join_parts()
        if kind and kind.text.upper() == "ARRAY" and self._match(TokenType.JOIN):
            arrays = self._parse_csv(self._parse_array)
            if not arrays:
                self.raise_error("ARRAY JOIN without an array")
            side_ = side.text if side else None
            return exp.Join(this=arrays[0], expressions=arrays[1:], kind="ARRAY", side=side_)
        self._retreat(before)
        return super()._parse_join(*args, **options)

    def _parse_array(self) -> exp.Expr | None:
        """`array`, `array AS name`, `array name`."""
        array = self._parse_bitwise()
        if array is not None and self._match(TokenType.ALIAS):
            return exp.Alias(this=array, alias=self._parse_id_var(any_token=True))
        if array is not None and self._match_set((TokenType.VAR, TokenType.IDENTIFIER), advance=False):
            return exp.Alias(this=array, alias=self._parse_id_var())
        return array

    def _parse_into(self) -> exp.Into | None:
        """INTO OUTFILE 'path' too, so that it is refused by its name."""
        into = super()._parse_into()
        if into is not None:
            self._parse_string()
        return into


class HogQL(ClickHouse):
    INDEX_OFFSET = 0  # leave a[1] as it was written
    Parser = HogQLParser

    class Tokenizer(ClickHouse.Tokenizer):
        # `#` starts no comment in HogQL; `$` belongs to names ($lib), not to heredocs.
        COMMENTS = ["--", "//", ("/*", "*/")]
        HEREDOC_STRINGS: ClassVar[list[Any]] = []
        KEYWORDS: ClassVar[dict[str, Any]] = {
            **ClickHouse.Tokenizer.KEYWORDS,
            "=~": TokenType.RLIKE,
            "=~*": TokenType.IRLIKE,
            "!~": NOT_MATCHING,
            "!~*": NOT_MATCHING_ANY_CASE,
        }
        VAR_SINGLE_TOKENS = {"$"}
        SINGLE_TOKENS = {
            key: value for key, value in ClickHouse.Tokenizer.SINGLE_TOKENS.items() if key not in {"$", "#"}
        }
