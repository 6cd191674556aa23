"""ANY, SEMI, ANTI and ASOF JOIN: those that find one row, the closest, or none."""

from __future__ import annotations

from sqlglot import exp

from analytics.hogql.calls import compare, wrong
from analytics.hogql.clauses import LimitBy
from analytics.hogql.scope import Scope, Source
from analytics.hogql.tree import (
    Call,
    Column,
    Compare,
    Derived,
    Expr,
    Join,
    JoinKind,
    Literal,
    OrderKey,
    Output,
    Relation,
    Select,
)
from analytics.hogql.types import UINT8
from analytics.hogql.walk import sources

MATCHED = "\0matched"  # a column that no query can name


def strict(
    strictness: str,
    how: JoinKind,
    left: Relation,
    right: Relation,
    condition: Expr,
    scope: Scope,
    node: exp.Expr,
) -> Join:
    """The join of `left` with `right`, the last of the scope's sources.

    ANY, SEMI, ANTI: one side (of INNER ANY each) keeps one row of each key, LIMIT 1 BY, so that a plain join
    finds one; ANTI keeps the rows that found none, as the other side's MATCHED is 0 there.
    """
    *others, last = scope.sources
    if strictness == "ASOF":
        return Join(left, right, how, condition, _closest(condition, last.alias, node))
    if how != "LEFT" and (len(others) != 1 or left.alias != others[0].alias):  # type: ignore[union-attr]
        message = f"A {how} {strictness} JOIN joins two relations."
        raise wrong(message, node, "Put what is left of it into a subquery.", "clause_not_allowed")
    names = {source.alias for source in others}
    if how != "RIGHT":
        right = _single(right, last, condition, names, node)
    if how != "LEFT":
        left = _single(left, others[0], condition, {last.alias}, node)
    if strictness == "ANTI":
        found = Column((last if how == "LEFT" else others[0]).alias, MATCHED, UINT8)
        scope.filters.append(compare("=", found, Literal(0, UINT8), node))
    return Join(left, right, "INNER" if strictness == "SEMI" else how, condition)


def marked(
    relation: Relation, source: Source, where: Expr | None = None, limit_by: LimitBy | None = None
) -> Derived:
    """The relation with a column MATCHED that is 1; where an outer join finds none of its rows, 0."""
    outputs = [Output(name, Column(source.alias, name, type_)) for name, type_ in source.columns.items()]
    columns = (*outputs, Output(MATCHED, Literal(1, UINT8)))
    return Derived(Select(columns, relation, where, limit_by=limit_by), source.alias)


def _single(relation: Relation, source: Source, condition: Expr, others: set[str], node: exp.Expr) -> Derived:
    """One row of each key, of the rows that meet what the condition asks of this side alone."""
    own: list[Expr] = []
    keys: list[Expr] = []
    for part in _parts(condition):
        if sources(part) == {source.alias}:
            own.append(part)
        elif not sources(part) <= others:
            keys.append(_key(part, source.alias, others, node))
    where = Call("and", tuple(own), UINT8) if len(own) > 1 else own[0] if own else None
    return marked(relation, source, where, LimitBy(1, tuple(keys)) if keys else None)


def _parts(condition: Expr) -> tuple[Expr, ...]:
    return condition.args if isinstance(condition, Call) and condition.name == "and" else (condition,)


def _key(part: Expr, alias: str, others: set[str], node: exp.Expr) -> Expr:
    """The side `alias` of an equality with the other side."""
    if isinstance(part, Compare) and part.op == "=":
        for one, other in ((part.left, part.right), (part.right, part.left)):
            if sources(one) == {alias} and sources(other) <= others:
                return one
    raise wrong(
        "This JOIN takes equalities of both sides in ON.", node, "Use a plain JOIN.", "clause_not_allowed"
    )


def _closest(condition: Expr, alias: str, node: exp.Expr) -> OrderKey:
    """Which rows of the right side come first: by the one comparison that is no equality."""
    parts = _parts(condition)
    orders = [part for part in parts if isinstance(part, Compare) and part.op in {"<", "<=", ">", ">="}]
    equal = [part for part in parts if isinstance(part, Compare) and part.op == "="]
    if len(orders) == 1 and len(equal) == len(parts) - 1:
        order = orders[0]
        if sources(order.left) == {alias} and alias not in sources(order.right):
            return OrderKey(order.left, descending=order.op.startswith("<"))
        if sources(order.right) == {alias} and alias not in sources(order.left):
            return OrderKey(order.right, descending=order.op.startswith(">"))
    raise wrong(
        "An ASOF JOIN takes equalities, and one comparison of left with right.",
        node,
        "For example `on a.key = b.key and a.time >= b.time`.",
        "clause_not_allowed",
    )
