"""The words that made-up queries are made of: ordinary, odd and broken ones."""

from __future__ import annotations

COLUMNS = ["event", "distinct_id", "timestamp", "uuid", "properties", "properties.customer_id"]
COLUMNS += ["properties.latency_ms", "properties.status", "properties.bytes", "properties.seats"]
COLUMNS += [
    "properties.beta",
    "properties.started",
    "properties['a-b']",
    "properties.`a b`",
    "properties.$lib",
]
ODD_COLUMNS = ["e.event", "e.properties.plan", "nothing", "project_id", "ctid", "a", "b", "x", "number", "*"]
NUMBERS = ["0", "1", "2", "-1", "7", "0.5", "-2.5", "1e10", "1e300", "255", "256", "65536", "4294967296"]
NUMBERS += ["9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e-300", "1e999", "0x1f"]
TEXTS = ["''", "'a'", "'ours'", "'2026-11-22'", "'2026-11-22 10:11:12'", "'1970-01-01'", "'12.5'", "'é😀'"]
TEXTS += [
    r"'\''",
    r"'a\\b'",
    "'%a_'",
    "'[a-z]+'",
    "'('",
    r"'(a)(b)?\\1'",
    "'Europe/Berlin'",
    "'day'",
    "'UTC'",
]
TEXTS += ["'%Y-%m-%d'", "','", "'" + "x" * 300 + "'", '\'{"a": [1, {"b": 2}]}\'', "'a', 'Array(String)'"]
TEXTS += ["'NaN'", "'inf'", "'9999-12-31'", "'\u202e'", "'http://a.b/c?d=e#f'"]
UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year", "fortnight"]
TIMES = ["timestamp", "now()", "today()", "toDate('2026-02-28')", "toDateTime('2026-03-29 01:30:00')"]
TYPES = [
    "String",
    "Int8",
    "UInt64",
    "Float64",
    "Date",
    "DateTime",
    "Nullable(Int32)",
    "Array(String)",
    "UUID",
]
INFIX = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "and",
    "or",
    "||",
    "like",
    "ilike",
    "not like",
]
INFIX += ["in", "not in", "??", "=~", "!~", "div", "is not", "<=>", "&", "::"]
TABLES = ["events", "events e", "events as a", "events"] * 4
TABLES += ["usage", "numbers(5)", "numbers(3) as x", "pg_user"]
SOUP = [
    *"()[]{},.;:?*+-/%=<>!|&^~@#$'\"`\\",
    "select",
    "from",
    "where",
    "group by",
    "order by",
    "limit",
    "by",
]
SOUP += [
    "union all",
    "with",
    "as",
    "case",
    "when",
    "then",
    "else",
    "end",
    "not",
    "null",
    "interval",
    "over",
    "on",
]
SOUP += [
    "join",
    "left",
    "array join",
    "having",
    "distinct",
    "->",
    "--",
    "/*",
    "*/",
    "\0",
    "\u2028",
    "😀",
    "::",
]
SOUP += ["settings", "format", "final", "prewhere", "window", "rows between", "unbounded preceding", "exists"]
FORMS = ["(|)", "[|]", "if(1, |, 0)", "round(|)", "nullIf(|, 2)", "toString(|)", "- |", "not |", "(select |)"]
FORMS += [
    "arrayMap(x -> |, [1])",
    "case when 1 then | end",
    "least(|, 1)",
    "concat(|, 'a')",
    "(|, 1)",
    "| + 1",
]
