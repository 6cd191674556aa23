"""Whether every output of an aggregated SELECT is grouped or aggregated, and windows stand where they may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from analytics.hogql.calls import contains_aggregate, wrong
from analytics.hogql.groups import misplaced_grouping
from analytics.hogql.lambdas import ALIAS
from analytics.hogql.tree import (
    Aggregate,
    Column,
    Expr,
    Join,
    Property,
    Query,
    Relation,
    Scalar,
    Select,
    children,
)
from analytics.hogql.walk import free_columns, into_correlated, map_expr
from analytics.hogql.windows import contains_window


def check_grouping(select: Select, node: exp.Select) -> Select:
    """The same SELECT, marked as aggregated if it is. Raises HogQLError `not_grouped`."""
    _check_windows(select, node)
    used = [output.expr for output in select.columns] + [key.expr for key in select.order_by]
    used += [expr for expr in (select.having, select.qualify) if expr is not None]
    aggregated = bool(select.group_by) or any(contains_aggregate(expr) for expr in used)
    if not aggregated:
        if select.having is not None:
            raise wrong("HAVING needs a GROUP BY or an aggregate.", node.args["having"], "Use WHERE.")
        return select
    used += list(select.limit_by.keys) if select.limit_by else []
    if any(misplaced_grouping(expr, select) for expr in used):
        hint = "For example `group by rollup(event)` with `grouping(event)`."
        raise wrong("grouping() takes keys of ROLLUP, CUBE or GROUPING SETS.", node, hint)
    for expr in used:
        loose = _ungrouped(expr, select.group_by)
        if loose is not None:
            name = loose.name if isinstance(loose, Column) else f"properties.{'.'.join(map(str, loose.path))}"
            raise wrong(
                f"`{name}` is neither grouped nor aggregated.",
                node,
                f"Add it to GROUP BY, or use any({name}).",
                "not_grouped",
            )
    return replace(select, aggregated=True)


def _ungrouped_around(query: Query, keys: tuple[Expr, ...]) -> Column | Property | None:
    """The first column of this SELECT that a correlated subquery reads, and that is no key."""
    around, loose = free_columns(query), []

    def look(expr: Expr) -> Expr:
        if expr in keys:
            return expr
        if expr in around and isinstance(expr, Column | Property):
            loose.append(expr)
        return map_expr(expr, look, lambda inner: into_correlated(inner, look))

    into_correlated(query, look)
    return loose[0] if loose else None


def _check_windows(select: Select, node: exp.Select) -> None:
    """Windows are reckoned last, over the rows that these clauses leave. Raises HogQLError."""
    for word, parts in (
        ("WHERE", [select.where]),
        ("GROUP BY", select.group_by),
        ("HAVING", [select.having]),
        ("ON", _conditions(select.relation)),
    ):
        if any(part is not None and contains_window(part) for part in parts):
            message = f"A window function cannot stand in {word}."
            raise wrong(message, node, "Compute it in a subquery in FROM.", "window_not_allowed")
    shown = [output.expr for output in select.columns] + [key.expr for key in select.order_by]
    shown += [] if select.qualify is None else [select.qualify]
    if any(_aggregates_window(part) for part in shown):
        hint = "Compute the window in a subquery in FROM."
        raise wrong("An aggregate cannot take a window function.", node, hint, "window_not_allowed")


def _aggregates_window(expr: Expr) -> bool:
    inside = any(contains_window(child) for child in children(expr))
    if isinstance(expr, Aggregate) or not inside:
        return inside
    return any(_aggregates_window(child) for child in children(expr))


def _conditions(relation: Relation | None) -> Iterator[Expr | None]:
    if isinstance(relation, Join):
        yield from _conditions(relation.left)
        yield relation.on
        yield from _conditions(relation.right)


def _ungrouped(expr: Expr, keys: tuple[Expr, ...]) -> Column | Property | None:
    """The first column that is neither inside an aggregate nor part of a group key."""
    if expr in keys or isinstance(expr, Aggregate):
        return None
    if isinstance(expr, Column) and expr.source.startswith(ALIAS):
        return None  # a lambda's own parameter
    if isinstance(expr, Column | Property):
        return expr
    if isinstance(expr, Scalar):
        return _ungrouped_around(expr.query, keys)
    return next((loose for child in children(expr) if (loose := _ungrouped(child, keys)) is not None), None)
