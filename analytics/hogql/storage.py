"""Where things lie in PostgreSQL: properties with a column of their own, and the shape of rollup rows."""

from __future__ import annotations

DETAILS = ("endpoint", "method", "status", "plan")
MEASURES = ("latency_ms", "bytes")
TEXT_PROPERTIES = {"customer_id", "endpoint", "method", "plan"}
NUMBER_PROPERTIES = {"status", "latency_ms", "bytes"}
PROMOTED = TEXT_PROPERTIES | NUMBER_PROPERTIES


def promoted(name: str, prefix: str) -> str:
    """A property with a column of its own: the column, or what did not fit it, read by the fixed type."""
    rest = f"{prefix}rest ->> '{name}'"
    if name in TEXT_PROPERTIES:
        return f"coalesce({prefix}{name}, {rest})"
    return f"coalesce({prefix}{name}::float8, property_number({rest}))"


def read_as(text: str, kind: str) -> str:
    """A property's text, in parentheses, as its type; NULL if it is none."""
    match kind:
        case "Float64":
            return f"property_number{text}"
        case "Bool":
            return f"(CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false END)"
        case "DateTime64(3)":
            return f"(CASE WHEN pg_input_is_valid({text}, 'timestamptz') THEN {text}::timestamptz END)"
    return text


def all_properties(name: str) -> str:
    """All properties as one JSON text, as they were sent."""
    pairs = ", ".join(f"'{column}', {name}.{column}" for column in sorted(PROMOTED))
    return f"(coalesce({name}.rest, '{{}}'::jsonb) || jsonb_strip_nulls(jsonb_build_object({pairs})))::text"


def rollup_columns(detail: bool, bucket: str) -> str:
    """A usage row in the shape that all levels share."""
    details = ", ".join(DETAILS) + ", " if detail else ""
    measures = ", ".join(f"{name}_sum, {name}_count" for name in MEASURES)
    return (
        f"event, customer_id, {details}{bucket}::timestamptz AS bucket, first_at, last_at, calls, {measures}"
    )


def raw_columns(detail: bool) -> str:
    """A raw event in the same shape: a row with one call."""
    columns = ["event", f"{promoted('customer_id', '')} AS customer_id"]
    if detail:
        columns += [f"{promoted(name, '')} AS {name}" for name in DETAILS]
    columns += [f'"timestamp" AS {name}' for name in ("bucket", "first_at", "last_at")]
    columns.append("1::bigint AS calls")
    for name in MEASURES:
        value = promoted(name, "")
        columns.append(f"coalesce({value}, 0)::numeric AS {name}_sum")
        columns.append(f"({value} IS NOT NULL)::integer::bigint AS {name}_count")
    return ", ".join(columns)
