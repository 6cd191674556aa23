"""IN: a list of constants, of tuples, or a subquery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from analytics.hogql.calls import aligned, build, comparable, compare, contains_column, wrong
from analytics.hogql.scope import Scope
from analytics.hogql.tree import Call, Expr, In, Literal, Query
from analytics.hogql.types import UINT8, Type

Resolve = Callable[[exp.Expr], Expr]


def membership(
    node: exp.In,
    resolve: Resolve,
    subqueries: Callable[[exp.Expr, Scope], Query],
    scope: Scope,
    negated: bool,
) -> Expr:
    """`x [NOT] IN (…)`. Two-valued: a NULL needle is in nothing. Raises HogQLError."""
    needle, scope = resolve(node.this), replace(scope, around=None)
    query = node.args.get("query")
    if query is not None:
        return _in_query(needle, subqueries(query, scope), node, negated)
    field = node.args.get("field")
    if isinstance(field, exp.Column) and field.name in scope.ctes and not field.table:
        rows = exp.select("*").from_(exp.Table(this=exp.to_identifier(field.name, quoted=True)))
        return _in_query(needle, subqueries(rows, scope), node, negated)
    if field is not None:
        return _in_field(needle, resolve(field), node, negated)
    options = [resolve(option) for option in node.expressions]
    return _in_list(needle, options, node, negated)


def _in_field(needle: Expr, field: Expr, node: exp.In, negated: bool) -> Expr:
    """`x IN tuple(…)`, `x IN name` where the name is a tuple or an array of constants."""
    if isinstance(field, Call) and field.name in {"tuple", "array"}:
        return _in_list(needle, list(field.args), node, negated)
    if isinstance(field, Literal):
        return _in_list(needle, [field], node, negated)
    raise wrong("IN takes a list or a subquery.", node, "Write `has(array, value)`.", "clause_not_allowed")


def _in_list(needle: Expr, options: list[Expr], node: exp.In, negated: bool) -> Expr:
    if any(contains_column(option) for option in options):
        raise wrong("A list after IN holds constants.", node, "Use `=` and OR for other values.")
    if all(isinstance(option, Literal) for option in options) and not needle.type.is_tuple:
        literals = tuple(aligned(option, needle, node) for option in options)
        for option in literals:
            comparable(needle, option, node)
        return In(needle, literals, negated, UINT8)
    equal = [compare("=", needle, option, node) for option in options]
    found = equal[0] if len(equal) == 1 else build("or", equal, node)
    return build("not", [found], node) if negated else found


def _in_query(needle: Expr, inner: Query, node: exp.In, negated: bool) -> Expr:
    columns = [type_ for _, type_ in inner.outputs]
    needles = [needle.type]
    if len(columns) > 1 and needle.type.is_tuple:
        needles = list(needle.type.items)
    if len(columns) != len(needles):
        message = f"The subquery after IN has {len(columns)} columns, not {len(needles)}."
        raise wrong(message, node, "Select as many columns as stand before IN.")
    for mine, theirs in zip(needles, columns, strict=True):
        comparable(_value(mine), _value(theirs), node)
    return In(needle, inner, negated, UINT8)


def _value(type_: Type) -> Expr:
    return Literal(None, type_)
