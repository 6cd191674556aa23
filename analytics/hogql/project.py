"""The pass that ties every table of a query to its project."""

from __future__ import annotations

from dataclasses import replace

from analytics.hogql.tree import Derived, Expr, Query, Table, Union
from analytics.hogql.walk import map_expr, map_select


def tie_to_project(query: Query, project_id: int) -> Query:
    """Put the project into every table reference, wherever it stands. Printers refuse a table without one."""
    if isinstance(query, Union):
        return replace(query, selects=tuple(tie_to_project(part, project_id) for part in query.selects))

    def tie(expr: Expr) -> Expr:
        return map_expr(expr, tie, lambda inner: tie_to_project(inner, project_id))

    relation = query.relation
    if isinstance(relation, Table):
        relation = replace(relation, project_id=project_id)
    elif isinstance(relation, Derived):
        relation = replace(relation, query=tie_to_project(relation.query, project_id))
    return map_select(replace(query, relation=relation), tie)
