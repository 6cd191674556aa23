"""What printed calls are made of: PostgreSQL's types, zeros, and templates of the function tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analytics.hogql.types import Type

if TYPE_CHECKING:
    pass

SQL_TYPES = {
    "String": "text",
    "Float32": "real",
    "Float64": "float8",
    "Bool": "boolean",
    "Date": "date",
    "UUID": "uuid",
    "FixedString": "bytea",
    "JSON": "jsonb",
    "Tuple": "jsonb",
}
ZEROS = {
    "String": "''",
    "Float32": "0::real",
    "Float64": "0::float8",
    "Bool": "false",
    "Date": "'1970-01-01'::date",
    "UUID": "'00000000-0000-0000-0000-000000000000'::uuid",
}
EPOCH = "'1970-01-01 00:00:00+00'::timestamptz"
_PLACE = re.compile(r"\{(p?\d+|\*[^}]*|\d+\|[^}]*|filter|rows|distinct|order)\}|\{\{|\}\}")


def sql_type(type_: Type) -> str:
    """Arrays of plain values are arrays; PostgreSQL has no arrays of arrays or of tuples: these are jsonb."""
    if type_.is_array:
        return "jsonb" if type_.item.items else sql_type(type_.item) + "[]"
    if type_.is_decimal:
        return "numeric"
    return "timestamptz" if type_.is_moment else SQL_TYPES.get(type_.name, "bigint")


def zero(type_: Type) -> str:
    """What ClickHouse gives for a missing value of a type that is not nullable."""
    if type_.is_moment:
        return EPOCH
    if type_.is_array:
        return "'[]'::jsonb" if type_.item.items else f"'{{}}'::{sql_type(type_)}"
    if type_.is_tuple:
        return f"jsonb_build_array({', '.join('NULL' if i.nullable else zero(i) for i in type_.items)})"
    return ZEROS.get(type_.name, "0")


def fill(template: str, args: list[str], places: dict[str, str] | None = None) -> str:
    """Put printed arguments, and what else has a place by its name, into a template of the tables."""

    def part(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        if places is not None and name in places:
            return places[name]
        if name.startswith("*"):
            return (name[2:] if name.startswith("*&") else ", ").join(args)
        index, _, absent = name.partition("|")
        return args[int(index)] if int(index) < len(args) else absent

    return _PLACE.sub(part, template)


def _weighted_sum(args: list[str], condition: str) -> str:
    both = f"{args[1]} > 0" + (f" AND {condition}" if condition else "")
    return f"(sum({args[0]}) FILTER (WHERE {both}))::float8"


def _weighted_avg(args: list[str], condition: str) -> str:
    chosen = f" FILTER (WHERE {condition})" if condition else ""
    return f"((sum({args[0]}){chosen})::float8 / nullif((sum({args[1]}){chosen})::float8, 0))"


def _total(args: list[str], condition: str) -> str:
    """Sums added up as the numerics they are; nothing is rounded before the query's own aggregate."""
    return f"sum({args[0]})"


WEIGHTED = {"weighted_sum": _weighted_sum, "weighted_avg": _weighted_avg, "total": _total}
