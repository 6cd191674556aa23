"""What may be written in a query: the words that the editor offers, made from the compiler's own tables."""

from __future__ import annotations

from functools import cache
from typing import Any

from agentry.accounts.models import Project
from analytics.engines import postgres_names, postgres_properties
from analytics.hogql.aggregates import AGGREGATES
from analytics.hogql.functions.table import FAMILIES, SPECIAL
from analytics.hogql.scope import FIXED_TYPES, TABLES

PROPERTIES = 500  # of a project; whoever has more, types them
EVENTS = 200
KEYWORDS = [
    "select", "distinct", "from", "where", "group", "by", "having", "order", "by", "limit", "offset",
    "with", "as", "and", "or", "not", "in", "between", "like", "ilike", "is", "null", "case", "when",
    "then", "else", "end", "asc", "desc", "interval", "union", "all", "join", "left", "inner", "on",
    "using", "array", "over", "partition", "rows", "range", "qualify", "exists",
]  # fmt: skip


def words_of(project: Project) -> dict[str, Any]:
    """`functions`: [name, arguments, what it gives, 1 for an aggregate]; `columns`: {table: {name: type}};
    `properties`: {name: type}; `events`: names; `keywords`."""
    return {
        "functions": functions(),
        "columns": {table: {name: str(type_) for name, type_ in of.items()} for table, of in TABLES.items()},
        "properties": properties_of(project),
        "events": events_of(project),
        "keywords": KEYWORDS,
    }


@cache
def functions() -> list[list[Any]]:
    found = [[row.name, row.takes, row.doc, 1] for row in AGGREGATES.values()]
    for rows in FAMILIES.values():
        # A name with a space in it is the compiler's own, for another kind of argument.
        found += [[row.name, row.takes, row.doc, 0] for row in rows if " " not in row.name]
    known = {name for name, *_ in found}
    found += [[name, "", "", 0] for name in dict.fromkeys(SPECIAL.values()) if name not in known]
    return sorted(found, key=lambda row: str(row[0]).lower())


def properties_of(project: Project) -> dict[str, str]:
    """Name → type: those that every project has, then the project's own."""
    recorded = postgres_properties.listed(project.id, "", PROPERTIES)
    return FIXED_TYPES | {row.name: row.type for row in recorded if row.name not in FIXED_TYPES}


def events_of(project: Project) -> list[str]:
    return postgres_names.event_names(project.id, EVENTS)
