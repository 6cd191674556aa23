"""The pass that ties every table of a query to its project."""

from __future__ import annotations

from dataclasses import replace

from analytics.hogql.tree import Expr, Query, Relation, Table, Union
from analytics.hogql.walk import map_expr, map_relation, map_select


def tie_to_project(query: Query, project_id: int) -> Query:
    """Put the project into every table reference, wherever it stands. Printers refuse a table without one."""
    if isinstance(query, Union):
        return replace(query, selects=tuple(tie_to_project(part, project_id) for part in query.selects))

    def inside(inner: Query) -> Query:
        return tie_to_project(inner, project_id)

    def tie(expr: Expr) -> Expr:
        return map_expr(expr, tie, inside)

    def leaf(relation: Relation) -> Relation:
        return replace(relation, project_id=project_id) if isinstance(relation, Table) else relation

    relation = query.relation
    if relation is not None:
        relation = map_relation(relation, leaf, tie, inside)
    return map_select(replace(query, relation=relation), tie)
