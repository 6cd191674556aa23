"""Where things lie in PostgreSQL: properties with a column of their own, and the shape of rollup rows."""

from __future__ import annotations

DETAILS = ("endpoint", "method", "status", "plan")
MEASURES = ("latency_ms", "bytes")
TEXT_PROPERTIES = {"customer_id", "endpoint", "method", "plan"}
NUMBER_PROPERTIES = {"status", "latency_ms", "bytes"}
_PLAIN_TIME = r"'^\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d{1,6})?(Z|[+-]\d\d:\d\d)?)?$'"
_BRACKET = 123  # what 91 `[` and 123 `{` both are with the bit of 32
PROMOTED = TEXT_PROPERTIES | NUMBER_PROPERTIES


def promoted(name: str, prefix: str) -> str:
    """A property with a column of its own: the column, or what did not fit it, read by the fixed type."""
    rest = f"{prefix}rest ->> '{name}'"
    if name in TEXT_PROPERTIES:
        return f"coalesce({prefix}{name}, {rest})"
    return f"coalesce({prefix}{name}::float8, property_number({rest}))"


def read(rest: str, key: str, kind: str) -> str:
    """The value at a key of jsonb as a property's type; NULL if it is none. As text, an array or object is as
    ClickHouse writes it: jsonb puts spaces in. Its first letter is the cheapest test: 0.15 µs a row, where
    to compare jsonb with jsonb took 0.4.
    """
    text = f"({rest} ->> {key})"
    match kind:
        case "String":
            json = f"hogql_json_string(({rest} -> {key})::json)"
            return f"(CASE WHEN ascii({text}) | 32 = {_BRACKET} THEN {json} ELSE {text} END)"
        case "Float64":
            return f"property_number{text}"
        case "Bool":
            return f"(CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false END)"
        case "DateTime64(3)":
            # PostgreSQL reads 'now' and 'infinity' too, and 01/02/2026 as January: only plain forms are its.
            plain = f"{text} ~ {_PLAIN_TIME} AND pg_input_is_valid({text}, 'timestamptz')"
            other = f"hogql_read_time({text}, 'UTC', false, true)"
            moment = f"(CASE WHEN {plain} THEN {text}::timestamptz ELSE {other} END)"
            return f"date_trunc('milliseconds', {moment}, 'UTC')"
    return text


def all_properties(name: str) -> str:
    """All properties as one JSON text, as they were sent."""
    pairs = ", ".join(f"'{column}', {name}.{column}" for column in sorted(PROMOTED))
    return f"(coalesce({name}.rest, '{{}}'::jsonb) || jsonb_strip_nulls(jsonb_build_object({pairs})))::text"


# The columns of a row that all levels share: what its events have in common, then what is counted of them.
SHARED = ("event", "customer_id", *DETAILS, "bucket")
SUMS = tuple(f"{name}_{what}" for name in MEASURES for what in ("sum", "count"))
COUNTED = ("first_at", "last_at", "calls", *SUMS)
ROLLED = (*SHARED, *COUNTED)


def bucket_column(level: str) -> str:
    """The column of a level's table that says when."""
    return '"timestamp"' if level == "events" else "day" if level.endswith("day") else '"hour"'


def level_column(name: str, level: str, shown: str) -> str:
    """A column of that row, read from a level; `shown` is the moment at which all its rows count, or ""."""
    if name == "bucket" and shown:
        return f"{shown} AS bucket"
    if level == "events":
        return "-1::bigint AS calls" if name == "calls" and shown else raw_column(name)
    return f"{bucket_column(level)}::timestamptz AS bucket" if name == "bucket" else name


def raw_column(name: str) -> str:
    """A column of that row, read from a raw event, which is a row with one call."""
    if name in {"bucket", "first_at", "last_at"}:
        return f'"timestamp" AS {name}'
    if name == "calls":
        return "1::bigint AS calls"
    if name in PROMOTED:
        return f"{promoted(name, '')} AS {name}"
    measure, _, what = name.rpartition("_")
    if what == "sum":
        return f"coalesce({promoted(measure, '')}, 0)::numeric AS {name}"
    return f"({promoted(measure, '')} IS NOT NULL)::integer::bigint AS {name}" if measure else name
