"""All passes in a row: HogQL text → a statement that PostgreSQL can run, and how it will be answered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.hogql.errors import HogQLError
from analytics.hogql.parse import parse
from analytics.hogql.plan import Facts, Part, plan
from analytics.hogql.print_postgres import Statement, to_postgres
from analytics.hogql.project import tie_to_project
from analytics.hogql.resolve import resolve
from analytics.hogql.scope import Context
from analytics.hogql.types import Type


@dataclass(frozen=True)
class Compiled:
    """`columns` are names and types in order; `parts` how each SELECT over a table is answered."""

    statement: Statement
    columns: tuple[tuple[str, Type], ...]
    parts: list[Part]


def compile_query(text: str, project_id: int, context: Context, facts: Facts, most_rows: int) -> Compiled:
    """Raises HogQLError, which is safe to show."""
    try:
        query = tie_to_project(resolve(parse(text), replace(context)), project_id)
        query, parts = plan(query, facts)
        return Compiled(to_postgres(query, most_rows), query.outputs, parts)
    except RecursionError:
        raise HogQLError(
            "query_too_deep", "This query nests too deeply.", "Give inner parts a name with `WITH … AS`."
        ) from None
