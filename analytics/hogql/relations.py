"""FROM: tables, subqueries, names of WITH, numbers(n), and what is joined to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from analytics.hogql import allow
from analytics.hogql.allow import place
from analytics.hogql.calls import compare, contains_aggregate, require_bool, wrong
from analytics.hogql.clauses import LimitBy
from analytics.hogql.errors import HogQLError, perhaps
from analytics.hogql.scope import TABLES, Scope, Source
from analytics.hogql.tree import (
    ArrayJoin,
    Call,
    Case,
    Column,
    Compare,
    Derived,
    Expr,
    Join,
    Literal,
    Numbers,
    Output,
    Query,
    Relation,
    Select,
    Table,
    Union,
)
from analytics.hogql.types import STRING, UINT8, UINT64, common
from analytics.hogql.walk import sources

MATCHED = "\0matched"  # a column that no query can name
ARRAY_JOIN = "\0array join "  # a source that no query can name
MAX_NUMBERS = 1_000_000
KINDS = {"": "INNER", "INNER": "INNER", "CROSS": "CROSS", "LEFT": "LEFT", "RIGHT": "RIGHT", "FULL": "FULL"}

Subqueries = Callable[[exp.Expr, Scope], Query]
Resolve = Callable[[exp.Expr], Expr]


def add_from(node: exp.Select, scope: Scope, subqueries: Subqueries, resolve: Resolve) -> None:
    """Read FROM and its JOINs into the scope."""
    from_ = node.args.get("from_")
    if from_ is None:
        return
    allow.check(from_)
    scope.relation = _add(from_.this, scope, subqueries)
    for join in node.args.get("joins") or []:
        scope.relation = _join(join, scope.relation, scope, subqueries, resolve)


def _add(node: exp.Expr, scope: Scope, subqueries: Subqueries) -> Relation:
    relation, source = _relation(node, scope, subqueries)
    if scope.source(source.alias) is not None:
        message = f"Two relations are called `{source.alias}`."
        raise wrong(message, node, "Give one another name.", "duplicate_name")
    scope.sources.append(source)
    return relation


def _join(node: exp.Join, left: Relation, scope: Scope, subqueries: Subqueries, resolve: Resolve) -> Relation:
    allow.check(node)
    if node.args.get("kind") == "ARRAY":
        return _array_join(node, left, scope, resolve)
    side, kind = (node.args.get("side") or "").upper(), (node.args.get("kind") or "").upper()
    if kind in {"SEMI", "ANTI", "ANY"} and (side == "LEFT" or (not side and kind != "ANY")):
        return _single_match(node, left, kind, scope, subqueries, resolve)
    if kind not in {"", "INNER", "CROSS", "OUTER"} or (side and kind == "CROSS"):
        raise allow.refusal("clause_not_allowed", f"{side} {kind} JOIN".strip(), node)
    how = KINDS[side or kind.removesuffix("OUTER")]
    right = _add(node.this, scope, subqueries)
    on, using = node.args.get("on"), node.args.get("using")
    if how == "CROSS" or not (on or using):
        if how not in {"CROSS", "INNER"} or on or using:
            raise wrong("A JOIN needs ON or USING; a CROSS JOIN has neither.", node)
        return Join(left, right, "CROSS", None)
    condition = _using(using, how, scope, node) if using else require_bool(resolve(on or node), node)
    if contains_aggregate(condition):
        raise wrong("An aggregate cannot stand in ON.", node, "Use a subquery.", "aggregate_in_where")
    if using and how == "FULL":
        right = _marked(right, scope.sources[-1])
    return Join(left, right, how, condition)  # type: ignore[arg-type]


def _single_match(
    node: exp.Join, left: Relation, kind: str, scope: Scope, subqueries: Subqueries, resolve: Resolve
) -> Join:
    """LEFT ANY, LEFT SEMI, LEFT ANTI: each row of the left once, with one match at most.

    The right side keeps one row of each key (LIMIT 1 BY), so that a plain join finds one; ANTI keeps the rows
    that found none, as their MATCHED is 0 there.
    """
    right, source = _relation(node.this, scope, subqueries)
    scope.sources.append(source)
    on, using = node.args.get("on"), node.args.get("using")
    if not (on or using):
        raise wrong("This JOIN needs ON or USING.", node)
    condition = _using(using, "LEFT", scope, node) if using else require_bool(resolve(on or node), node)
    keys = [_key(part, source.alias, node) for part in _parts(condition)]
    single = _marked(right, source, limit_by=LimitBy(1, tuple(keys)))
    if kind == "ANTI":
        found = Column(source.alias, MATCHED, UINT8)
        scope.filters.append(compare("=", found, Literal(0, UINT8), node))
    return Join(left, single, "INNER" if kind == "SEMI" else "LEFT", condition)


def _marked(relation: Relation, source: Source, limit_by: LimitBy | None = None) -> Derived:
    """The relation with a column MATCHED that is 1; where an outer join finds none of its rows, 0."""
    outputs = [Output(name, Column(source.alias, name, type_)) for name, type_ in source.columns.items()]
    columns = (*outputs, Output(MATCHED, Literal(1, UINT8)))
    return Derived(Select(columns, relation, limit_by=limit_by), source.alias)


def _parts(condition: Expr) -> tuple[Expr, ...]:
    return condition.args if isinstance(condition, Call) and condition.name == "and" else (condition,)


def _key(part: Expr, alias: str, node: exp.Expr) -> Expr:
    """The right side of `left = right`."""
    if isinstance(part, Compare) and part.op == "=":
        sides = [side for side in (part.left, part.right) if sources(side) == {alias}]
        if len(sides) == 1:
            return sides[0]
    raise wrong(
        "This JOIN takes equalities of both sides in ON.", node, "Use a plain JOIN.", "clause_not_allowed"
    )


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
            raise wrong(f"ARRAY JOIN takes arrays, not {value.type}.", item, code="type_mismatch")
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


def _using(names: list[exp.Expr], how: str, scope: Scope, node: exp.Expr) -> Expr:
    """The equalities. `scope.joined` learns what the names mean without a relation: what the right side has
    (RIGHT), or what the right side has where it has a row (FULL)."""
    *_, right = scope.sources
    parts: list[Expr] = []
    for item in names:
        left = next((source for source in scope.sources[:-1] if item.name in source.columns), None)
        if left is None or item.name not in right.columns:
            raise wrong(f"There is no column `{item.name}` on both sides.", item, code="unknown_column")
        ours = scope.joined.get(item.name, Column(left.alias, item.name, left.columns[item.name]))
        theirs = Column(right.alias, item.name, right.columns[item.name])
        parts.append(compare("=", ours, theirs, node))
        if how == "FULL":
            present = compare("=", Column(right.alias, MATCHED, UINT8), Literal(1, UINT8), node)
            both = common([ours.type, theirs.type])
            assert both is not None  # as they can be compared
            scope.joined[item.name] = Case(((present, theirs),), ours, both)
        else:
            scope.joined[item.name] = theirs if how == "RIGHT" else ours
    scope.sources[-1] = replace(right, hidden=frozenset(item.name for item in names))
    return parts[0] if len(parts) == 1 else Call("and", tuple(parts), UINT8)


def _relation(node: exp.Expr, scope: Scope, subqueries: Subqueries) -> tuple[Relation, Source]:
    allow.check(node)
    alias = node.alias
    if isinstance(node, exp.Subquery):
        return _derived(subqueries(node.this, scope), alias or f"subquery{len(scope.sources) or ''}")
    if not isinstance(node, exp.Table):
        raise allow.refusal("clause_not_allowed", type(node).__name__.upper(), node)
    name = ".".join(part.name for part in node.parts)
    if isinstance(node.this, exp.Anonymous) and not node.db:
        return _table_function(node.this, alias)
    if name in scope.ctes:
        # A name in WITH sees the names before it, and never itself: recursion is not HogQL.
        inner = replace(scope, ctes={key: cte for key, cte in scope.ctes.items() if key != name})
        return _derived(subqueries(scope.ctes[name], inner), alias or name)
    if name not in TABLES:
        line, column = place(node)
        known = [*TABLES, *scope.ctes]
        hint = perhaps(name, known, f"The tables are {', '.join(known)}.")
        raise HogQLError("unknown_table", f"There is no table `{name[:60]}`.", hint, line=line, column=column)
    source = Source(alias or name, TABLES[name], is_events=name == "events")
    return Table("events" if name == "events" else "usage", source.alias), source


def _derived(query: Query, alias: str) -> tuple[Relation, Source]:
    return Derived(query, alias), Source(alias, dict(query.outputs), is_events=_has_properties(query))


def _has_properties(query: Query) -> bool:
    """Whether a subquery hands the events' properties on, so that they can be read as in the events."""
    if isinstance(query, Union):
        return all(map(_has_properties, query.selects))
    found = next((output.expr for output in query.columns if output.name == "properties"), None)
    return isinstance(found, Column) and found.name == "properties" and found.type == STRING


def _table_function(node: exp.Anonymous, alias: str) -> tuple[Relation, Source]:
    argument = node.expressions[0] if len(node.expressions) == 1 else None
    if node.this != "numbers" or not isinstance(argument, exp.Literal) or not argument.this.isdigit():
        hint = "The one table function is `numbers(n)`."
        raise wrong("There is no such table.", node, hint, "unknown_table")
    if int(argument.this) > MAX_NUMBERS:
        raise wrong(f"numbers(n) gives at most {MAX_NUMBERS:,} rows.", node, code="too_many_rows")
    alias = alias or "numbers"
    return Numbers(int(argument.this), alias), Source(alias, {"number": UINT64})
