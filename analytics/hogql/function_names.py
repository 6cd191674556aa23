"""How functions may be written: other names, and names that are read in any case, as in ClickHouse."""

from __future__ import annotations

# `if` and `multiIf` are read as Case; `now`, `today`, `yesterday` as the query's own moment.
SPECIAL = ["if", "multiIf", "now", "today", "yesterday", "dateTrunc"]

ALIASES = {
    "toInt64": "toInt",
    "substr": "substring",
    "mid": "substring",
    "ltrim": "trimLeft",
    "rtrim": "trimRight",
    "trimBoth": "trim",
    "truncate": "trunc",
    "day": "toDayOfMonth",
    "dayOfMonth": "toDayOfMonth",
    "dayOfWeek": "toDayOfWeek",
    "dayOfYear": "toDayOfYear",
    "minute": "toMinute",
    "second": "toSecond",
    "quarter": "toQuarter",
    "lastDay": "toLastDayOfMonth",
    "last_day": "toLastDayOfMonth",
    "toFloat64": "toFloat",
    "ceiling": "ceil",
    "power": "pow",
    "ln": "log",
    "mod": "modulo",
    "lcase": "lower",
    "ucase": "upper",
    "char_length": "lengthUTF8",
    "year": "toYear",
    "month": "toMonth",
    "hour": "toHour",
    "date": "toDate",
    "date_diff": "dateDiff",
    "date_trunc": "dateTrunc",
    "toStartOfISOWeek": "toMonday",
    "toDayOfWeekISO": "toDayOfWeek",
}
ANY_CASE = {
    *(
        "abs",
        "ceil",
        "ceiling",
        "coalesce",
        "concat",
        "date",
        "dateDiff",
        "date_diff",
        "dateTrunc",
        "date_trunc",
    ),
    *(
        "exp",
        "floor",
        "greatest",
        "hour",
        "if",
        "ifNull",
        "least",
        "length",
        "ln",
        "log",
        "log10",
        "log2",
        "lower",
    ),
    *("mod", "month", "now", "nullIf", "position", "pow", "power", "round", "sqrt", "trim", "upper", "year"),
    *("lcase", "ucase", "char_length", "today", "isNull", "not", "and", "or"),
}
_BY_LOWER = {name.lower(): name for name in ANY_CASE}


def canonical(name: str) -> str:
    """The table's name for what the user wrote: case folded where ClickHouse folds it, aliases followed."""
    name = _BY_LOWER.get(name.lower(), name)
    return ALIASES.get(name, name)
