"""Conditions, and choices between values."""

from __future__ import annotations

from analytics.hogql.functions.row import Function, first, same
from analytics.hogql.types import UINT8

ROWS = [
    # Logic
    Function("and", "bool+", UINT8, "({*& AND })", "all true", condition=True, any_case=("and",)),
    Function("or", "bool+", UINT8, "({*& OR })", "any true", condition=True, any_case=("or",)),
    Function("not", "bool", UINT8, "(NOT {0})", "true becomes false", condition=True, any_case=("not",)),
    Function(
        "isNull",
        "any",
        UINT8,
        "({0} IS NULL)",
        "is it NULL?",
        strict=False,
        condition=True,
        any_case=("isNull",),
    ),
    Function("isNotNull", "any", UINT8, "({0} IS NOT NULL)", "is it not NULL?", strict=False, condition=True),
    Function("like", "text text", UINT8, "({0} LIKE {1})", "text like a pattern of % and _", condition=True),
    Function("ilike", "text text", UINT8, "({0} ILIKE {1})", "like, in any case", condition=True),
    # Conditionals
    Function(
        "coalesce",
        "any+",
        same,
        "coalesce({*})",
        "the first that is not NULL",
        strict=False,
        any_case=("coalesce",),
    ),
    Function(
        "ifNull",
        "any any",
        same,
        "coalesce({0}, {1})",
        "the second if the first is NULL",
        strict=False,
        any_case=("ifNull",),
    ),
    Function(
        "nullIf",
        "any any",
        lambda t: t[0].or_null(),
        "nullif({0}, {1})",
        "NULL if both are equal",
        strict=False,
        any_case=("nullIf",),
    ),
    Function("assumeNotNull", "any", first, "{0}", "the same, said not to be NULL", strict=False),
    Function(
        "toNullable", "any", lambda t: t[0].or_null(), "{0}", "the same, said to be nullable", strict=False
    ),
]
