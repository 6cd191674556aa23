"""FROM: tables, subqueries, names of WITH, numbers(n), and what is joined to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from sqlglot import exp

from analytics.hogql import allow
from analytics.hogql.allow import place
from analytics.hogql.calls import compare, contains_aggregate, require_bool, wrong
from analytics.hogql.errors import HogQLError, perhaps
from analytics.hogql.joins import MATCHED, check_full, marked, strict
from analytics.hogql.scope import TABLES, Scope, Source
from analytics.hogql.table_functions import table_function
from analytics.hogql.tree import (
    ArrayJoin,
    Call,
    Case,
    Column,
    Derived,
    Expr,
    Join,
    JoinKind,
    Literal,
    Output,
    Query,
    Relation,
    Table,
    Union,
)
from analytics.hogql.types import STRING, UINT8, common

ARRAY_JOIN = "\0array join "  # a source that no query can name

Subqueries = Callable[[exp.Expr, Scope], Query]
Resolve = Callable[[exp.Expr], Expr]


def add_from(node: exp.Select, scope: Scope, subqueries: Subqueries, resolve: Resolve) -> None:
    """Read FROM and its JOINs into the scope."""
    from_ = node.args.get("from_")
    if from_ is None:
        return
    allow.check(from_)
    scope.relation = _add(from_.this, scope, subqueries, resolve)
    for join in node.args.get("joins") or []:
        scope.relation = _join(join, scope.relation, scope, subqueries, resolve)


def _add(node: exp.Expr, scope: Scope, subqueries: Subqueries, resolve: Resolve) -> Relation:
    relation, source = _relation(node, scope, subqueries, resolve)
    if scope.source(source.alias) is not None:
        message = f"Two relations are called `{source.alias}`."
        raise wrong(message, node, "Give one another name.", "duplicate_name")
    scope.sources.append(source)
    return relation


def _join(node: exp.Join, left: Relation, scope: Scope, subqueries: Subqueries, resolve: Resolve) -> Relation:
    allow.check(node)
    if node.args.get("kind") == "ARRAY":
        return _array_join(node, left, scope, resolve)
    how, strictness = _kind(node)
    right = _add(node.this, scope, subqueries, resolve)
    on, using = node.args.get("on"), node.args.get("using")
    if how == "CROSS" or not (on or using):
        if strictness or how not in {"CROSS", "INNER"} or on or using:
            raise wrong(
                "A JOIN needs ON or USING; a CROSS JOIN has neither.", node, "For example ON a.id = b.id."
            )
        return Join(left, right, "CROSS", None)
    closest = "<=" if strictness == "ASOF" else "="
    condition = _using(using, how, scope, node, closest) if using else require_bool(resolve(on or node), node)
    if contains_aggregate(condition):
        raise wrong("An aggregate cannot stand in ON.", node, "Use a subquery.", "aggregate_in_where")
    if strictness:
        return strict(strictness, how, left, right, condition, scope, node)
    if how == "FULL":
        check_full(condition, scope.sources[-1].alias, node)
    if using and how == "FULL":
        right = marked(right, scope.sources[-1])
    return Join(left, right, how, condition)


def _kind(node: exp.Join) -> tuple[JoinKind, str]:
    """INNER, LEFT … and ANY, SEMI, ANTI, ASOF or "". ALL is what a JOIN is anyway, GLOBAL about servers."""
    words = {str(node.args.get(name) or "").upper() for name in ("side", "kind")} - {"", "OUTER", "ALL"}
    sides = words & {"INNER", "LEFT", "RIGHT", "FULL", "CROSS"}
    strictness = "".join(words - sides)
    alone: JoinKind = "LEFT" if strictness in {"SEMI", "ANTI"} else "INNER"
    how = cast(JoinKind, sides.pop() if len(sides) == 1 else alone)
    takes = {
        "": {"INNER", "LEFT", "RIGHT", "FULL", "CROSS"},
        "ANY": {"INNER", "LEFT", "RIGHT"},
        "SEMI": {"LEFT", "RIGHT"},
        "ANTI": {"LEFT", "RIGHT"},
        "ASOF": {"INNER", "LEFT"},
    }
    if sides or how not in takes.get(strictness, set()):
        name = " ".join(str(node.args.get(name) or "").upper() for name in ("side", "kind"))
        raise allow.refusal("clause_not_allowed", f"{name} JOIN".strip(), node)
    return how, strictness


def _array_join(node: exp.Join, left: Relation, scope: Scope, resolve: Resolve) -> ArrayJoin:
    """`[LEFT] ARRAY JOIN a AS x, b`: an array without a name takes the place of its column."""
    side = (node.args.get("side") or "").upper()
    if side not in {"", "LEFT", "INNER"}:
        raise allow.refusal("clause_not_allowed", f"{side} ARRAY JOIN", node)
    alias = f"{ARRAY_JOIN}{len(scope.sources)}"
    arrays: list[tuple[str, Expr]] = []
    hidden: set[str] = set()
    for item in (node.this, *(node.args.get("expressions") or [])):
        value = resolve(item.this if isinstance(item, exp.Alias) else item)
        if not value.type.is_array:
            raise wrong(
                f"ARRAY JOIN takes arrays, not {value.type}.",
                item,
                "Make one, for example with splitByChar.",
                code="type_mismatch",
            )
        if contains_aggregate(value):
            raise wrong(
                "An aggregate cannot stand in ARRAY JOIN.", item, "Use a subquery.", "aggregate_in_where"
            )
        name = item.alias_or_name
        if not name:
            raise wrong("The array needs a name.", item, "Write `array join … as x`.")
        if not isinstance(item, exp.Alias):
            hidden.add(name)
        arrays.append((name, value))
    columns = {name: value.type.item for name, value in arrays}
    # Before the others: a bare name means the element now.
    scope.sources.insert(0, Source(alias, columns, replaces=frozenset(hidden)))
    return ArrayJoin(left, tuple(arrays), alias, side == "LEFT")


def _using(names: list[exp.Expr], how: str, scope: Scope, node: exp.Expr, last: str = "=") -> Expr:
    """The equalities; `last` compares the last of them, right with left. `scope.joined` learns what the names
    mean without a relation: what the right side has (RIGHT), or has where it has a row (FULL)."""
    *_, right = scope.sources
    parts: list[Expr] = []
    for item in names:
        left = next((source for source in scope.sources[:-1] if item.name in source.columns), None)
        if left is None or item.name not in right.columns:
            raise wrong(
                f"There is no column `{item.name}` on both sides.",
                item,
                "Write the condition with ON.",
                code="unknown_column",
            )
        ours = scope.joined.get(item.name, Column(left.alias, item.name, left.columns[item.name]))
        theirs = Column(right.alias, item.name, right.columns[item.name])
        parts.append(compare(last if item is names[-1] else "=", theirs, ours, node))
        if how == "FULL":
            present = compare("=", Column(right.alias, MATCHED, UINT8), Literal(1, UINT8), node)
            both = common([ours.type, theirs.type])
            assert both is not None  # as they can be compared
            scope.joined[item.name] = Case(((present, theirs),), ours, both)
        else:
            scope.joined[item.name] = theirs if how == "RIGHT" else ours
    scope.sources[-1] = replace(right, hidden=tuple(item.name for item in names))
    return parts[0] if len(parts) == 1 else Call("and", tuple(parts), UINT8)


def _relation(
    node: exp.Expr, scope: Scope, subqueries: Subqueries, resolve: Resolve
) -> tuple[Relation, Source]:
    allow.check(node)
    alias, scope = node.alias, replace(scope, around=None)  # what stands in FROM sees nothing around it
    if isinstance(node, exp.Subquery):
        query = _renamed(subqueries(node.this, scope), node)
        return _derived(query, alias or f"subquery{len(scope.sources) or ''}")
    if not isinstance(node, exp.Table):
        raise allow.refusal("clause_not_allowed", type(node).__name__.upper(), node)
    name = ".".join(part.name for part in node.parts)
    if name not in scope.ctes and _alias_columns(node):
        raise allow.refusal("clause_not_allowed", "names for a table's columns", node)
    if isinstance(node.this, exp.Anonymous) and not node.db:
        return table_function(node.this, alias, resolve)
    if name in scope.ctes:
        # A name in WITH sees the names before it, and never itself: recursion is not HogQL.
        inner = replace(scope, ctes={key: cte for key, cte in scope.ctes.items() if key != name})
        query = _renamed(subqueries(scope.ctes[name], inner), scope.ctes[name].parent)
        return _derived(_renamed(query, node), alias or name)
    if name not in TABLES:
        line, column = place(node)
        known = [*TABLES, *scope.ctes]
        hint = perhaps(name, known, f"The tables are {', '.join(known)}.")
        raise HogQLError("unknown_table", f"There is no table `{name[:60]}`.", hint, line=line, column=column)
    source = Source(alias or name, TABLES[name], is_events=name == "events")
    return Table("events" if name == "events" else "usage", source.alias), source


def _alias_columns(node: exp.Expr) -> list[str]:
    alias = node.args.get("alias")
    return [] if alias is None else [item.name for item in alias.args.get("columns") or []]


def _renamed(query: Query, node: exp.Expr | None) -> Query:
    """The query with its columns called as in `AS t(a, b)`, if that is written."""
    names = [] if node is None else _alias_columns(node)
    if node is None or not names:
        return query
    if len(names) != len(query.outputs) or len(set(names)) != len(names):
        raise wrong(f"There are {len(query.outputs)} columns to name.", node, "Give as many different names.")
    if isinstance(query, Union):
        return replace(query, selects=(_renamed(query.selects[0], node), *query.selects[1:]))
    columns = tuple(Output(name, old.expr) for name, old in zip(names, query.columns, strict=True))
    return replace(query, columns=columns)


def _derived(query: Query, alias: str) -> tuple[Relation, Source]:
    return Derived(query, alias), Source(alias, dict(query.outputs), is_events=_has_properties(query))


def _has_properties(query: Query) -> bool:
    """Whether a subquery hands the events' properties on, so that they can be read as in the events."""
    if isinstance(query, Union):
        return all(map(_has_properties, query.selects))
    found = next((output.expr for output in query.columns if output.name == "properties"), None)
    return isinstance(found, Column) and found.name == "properties" and found.type == STRING
