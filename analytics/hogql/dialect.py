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


def _limit(parser: Any) -> tuple[str, exp.Expr | None]:
    limit = parser._parse_limit()
    return (LIMIT_BY if isinstance(limit, exp.Limit) and limit.expressions else "limit"), limit


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
    FUNCTION_PARSERS = {"CAST": Parser.FUNCTION_PARSERS["CAST"]}
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
        COMMENTS = ["--", ("/*", "*/")]
        HEREDOC_STRINGS: ClassVar[list[Any]] = []
        VAR_SINGLE_TOKENS = {"$"}
        SINGLE_TOKENS = {
            key: value for key, value in ClickHouse.Tokenizer.SINGLE_TOKENS.items() if key not in {"$", "#"}
        }
