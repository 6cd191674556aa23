"""Which nodes of sqlglot's tree, with which of their arguments, are HogQL. All else is refused.

The parser reads far more than HogQL has, and drops some of it without a word when it prints; so nothing
passes that is not listed here.
"""

from __future__ import annotations

from sqlglot import exp

from analytics.hogql.dialect import LIMIT_BY
from analytics.hogql.errors import HogQLError

ALLOWED: dict[type[exp.Expr], set[str]] = {
    exp.Select: {
        *("with_", "expressions", "distinct", "from_", "joins", "where", "group", "having", "qualify"),
        *("order", "limit", "offset", LIMIT_BY, "windows"),
    },
    exp.Join: {"this", "side", "kind", "on", "using", "expressions", "global_"},
    exp.Array: {"expressions"},
    exp.Lambda: {"this", "expressions"},
    exp.Window: {"this", "partition_by", "order", "spec", "over", "alias"},
    exp.RespectNulls: {"this"},
    exp.IgnoreNulls: {"this"},
    exp.WindowSpec: {"kind", "start", "start_side", "end", "end_side"},
    exp.Union: {"with_", "this", "expression", "distinct", "order", "limit", "offset"},
    exp.Subquery: {"this", "alias"},
    exp.With: {"expressions"},
    exp.CTE: {"this", "alias", "scalar"},
    exp.From: {"this"},
    exp.Table: {"this", "db", "catalog", "alias"},
    exp.TableAlias: {"this", "columns"},
    exp.Alias: {"this", "alias"},
    exp.Where: {"this"},
    exp.Having: {"this"},
    exp.Group: {"expressions", "all", "rollup", "cube"},
    exp.Rollup: {"expressions"},
    exp.Cube: {"expressions"},
    exp.GroupingSets: {"expressions"},
    exp.Qualify: {"this"},
    exp.Order: {"expressions"},
    exp.Ordered: {"this", "desc", "nulls_first", "with_fill"},
    exp.WithFill: {"from_", "to", "step"},
    exp.Limit: {"expression", "expressions", "offset", "limit_options"},
    exp.LimitOptions: {"rows", "with_ties"},
    exp.Fetch: {"direction", "count", "limit_options"},
    exp.Offset: {"expression"},
    exp.Distinct: {"expressions", "on"},
    exp.Star: {"except_", "replace"},
    exp.Exists: {"this"},
    exp.Intersect: {"with_", "this", "expression", "distinct"},
    exp.Except: {"with_", "this", "expression", "distinct"},
    exp.Column: {"this", "table", "db", "catalog"},
    exp.Dot: {"this", "expression"},
    exp.Identifier: {"this", "quoted"},
    exp.Literal: {"this", "is_string"},
    exp.Null: set(),
    exp.Boolean: {"this"},
    exp.Paren: {"this"},
    exp.Anonymous: {"this", "expressions"},
    exp.ParameterizedAgg: {"this", "expressions", "params"},
    exp.Filter: {"this", "expression"},
    exp.Bracket: {"this", "expressions"},
    exp.Tuple: {"expressions"},
    exp.Interval: {"this", "unit"},
    exp.Var: {"this"},
    exp.Case: {"this", "ifs", "default"},
    exp.If: {"this", "true", "false"},
    exp.In: {"this", "expressions", "query", "field", "is_global"},
    exp.Between: {"this", "low", "high"},
    exp.Is: {"this", "expression"},
    exp.Like: {"this", "expression", "negate"},
    exp.ILike: {"this", "expression", "negate"},
    exp.RegexpLike: {"this", "expression", "negate"},
    exp.RegexpILike: {"this", "expression", "negate"},
    exp.Not: {"this"},
    exp.And: {"this", "expression"},
    exp.Or: {"this", "expression"},
    exp.EQ: {"this", "expression"},
    exp.NEQ: {"this", "expression"},
    exp.LT: {"this", "expression"},
    exp.LTE: {"this", "expression"},
    exp.GT: {"this", "expression"},
    exp.GTE: {"this", "expression"},
    exp.Add: {"this", "expression"},
    exp.Sub: {"this", "expression"},
    exp.Mul: {"this", "expression"},
    exp.Div: {"this", "expression", "typed", "safe"},
    exp.Mod: {"this", "expression"},
    exp.IntDiv: {"this", "expression"},
    exp.DPipe: {"this", "expression", "safe"},
    exp.Neg: {"this"},
    exp.Cast: {"this", "to"},
    exp.CastToStrType: {"this", "to"},
    exp.HexString: {"this", "is_integer"},
    exp.BitString: {"this"},
    exp.NullSafeEQ: {"this", "expression"},
    exp.NullSafeNEQ: {"this", "expression"},
    exp.Coalesce: {"this", "expressions"},
}
LONE_LAMBDA = "a lambda outside of a function such as arrayMap"
WORDS_AT = "words"  # in the tree's root: where each of its words stands first
# What a node is called in a refusal, where its class name would not help.
WORDS = {
    "laterals": "LATERAL",
    "match": "MATCH_RECOGNIZE",
    "pivots": "PIVOT",
    "prewhere": "PREWHERE",
    "windows": "WINDOW",
    "into": "INTO",
    "locks": "FOR UPDATE",
    "sample": "SAMPLE",
    "settings": "SETTINGS",
    "format": "FORMAT",
    "totals": "WITH TOTALS",
    "all": "GROUP BY ALL",
    "recursive": "WITH RECURSIVE",
    "on": "DISTINCT ON",
    "interpolate": "INTERPOLATE",
    "percent": "a LIMIT in percent",
    "except_": "EXCEPT",
    "replace": "REPLACE",
    "Placeholder": "an unresolved {placeholder}",
    "SimilarTo": "SIMILAR TO",
    "AtTimeZone": "AT TIME ZONE",
    "WithinGroup": "WITHIN GROUP",
    "this": "ORDER BY inside a call",
    "JSONExtract": LONE_LAMBDA,
    "Lambda": LONE_LAMBDA,
    "VarMap": "an unresolved {placeholder}",
    "Final": "FINAL",
    "Into": "INTO",
    "Parameter": "a parameter",
    "SessionParameter": "a setting",
}


def check(node: exp.Expr) -> None:
    """Refuse `node` if its class, or an argument that is set, is not allowed. Children are not looked at."""
    allowed = ALLOWED.get(type(node))
    if allowed is None:
        name = type(node).__name__
        raise refusal("clause_not_allowed", WORDS.get(name, name.upper()), node)
    for argument, value in node.args.items():
        if value and argument not in allowed:
            raise refusal("clause_not_allowed", WORDS.get(argument, argument.upper().strip("_")), node)


HINTS = {
    "PREWHERE": "Use WHERE.",
    "WITH TOTALS": "Use WITH ROLLUP: the total is a row of the answer then.",
    "FINAL": "Leave it out: no event is stored twice.",
    "SAMPLE": "Leave it out: answers are exact.",
    "SETTINGS": "Leave it out.",
    "FORMAT": "Leave it out: the answer is JSON, a publication gives CSV too.",
    "TOP": "Use LIMIT.",
    "an unresolved {placeholder}": "Put the value itself there.",
    LONE_LAMBDA: "Write for example `arrayMap(x -> x + 1, array)`.",
    "SIMILAR TO": "Use LIKE, or match(text, pattern).",
    "AT TIME ZONE": "Use toTimeZone(time, 'Europe/Berlin').",
    "WITH TIES": "Use rank() OVER (…) in a subquery, and filter on it.",
    "QUALIFY": "Filter on the window's alias outside of a subquery.",
    "ORDER BY inside a call": "Sort the rows in a subquery, or what is gathered: arraySort(groupArray(x)).",
    "WITHIN GROUP": "Use quantile(p)(x).",
    "COLLATE": "Text sorts by its bytes; `order by lowerUTF8(x)` leaves case out.",
    "APPLY": "Write the function around each column.",
    "INTERPOLATE": "Leave it out, and make the values with a window function in a SELECT around it.",
    "VALUES": "Join rows with UNION ALL, or write arrayJoin([(1, 'a'), (2, 'b')]).",
    "ESCAPE": "Put a backslash before % and _.",
    "WITH RECURSIVE": "Use numbers(n) for a series.",
    "CONCAT": "Join texts with `||` or concat(a, b).",
}


def refusal(code: str, word: str, node: exp.Expr) -> HogQLError:
    words = node.root().meta.get(WORDS_AT, {})
    line, column = words.get("{" if "{" in word else word.split()[0]) or place(node)
    otherwise = "docs/hogql.md says what it has; a subquery in FROM can often do the same."
    return HogQLError(
        code,
        f"HogQL here does not have {word}.",
        HINTS.get(word, otherwise),
        line=line,
        column=column,
    )


def place(node: exp.Expr) -> tuple[int | None, int | None]:
    """Line and column (1-based) where a node starts, from the first of its parts that knows."""
    for part in node.walk():
        if "line" in part.meta:
            width = part.meta["end"] - part.meta["start"]
            return part.meta["line"], part.meta["col"] - width
    return None, None
