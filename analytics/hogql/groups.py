"""GROUP BY: its keys, and the sets of them that ROLLUP, CUBE and GROUPING SETS make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

from sqlglot import exp

from analytics.hogql import allow
from analytics.hogql.calls import build, compare, contains_aggregate, wrong
from analytics.hogql.limits import by_position
from analytics.hogql.tree import Aggregate, Expr, Literal, Output, Select, children
from analytics.hogql.types import UINT64

Resolve = Callable[[exp.Expr], Expr]
Set = tuple[int, ...]

MAX_CUBE = 6  # keys: 64 sets


def with_groups(select: Select, node: exp.Select, resolve: Resolve) -> Select:
    """The SELECT with its keys. A key that is not in a row's set is NULL there, or the zero of its type."""
    group = node.args.get("group")
    if group is None:
        return select
    allow.check(group)
    if group.args.get("all"):
        shown = tuple(column.expr for column in select.columns)
        return replace(select, group_by=tuple(expr for expr in shown if not contains_aggregate(expr)))
    items, word = _items(group)
    if not word:
        return replace(select, group_by=tuple(_key(item, select.columns, resolve) for item in items))
    found: list[Expr] = []
    parts = [_set(item, select.columns, resolve, found) for item in items]
    if word == "CUBE" and len(parts) > MAX_CUBE:
        raise wrong(
            f"CUBE takes at most {MAX_CUBE} keys.",
            group,
            "Use GROUPING SETS for those you need.",
            code="query_too_large",
        )
    sets = {"ROLLUP": _rollup, "CUBE": _cube}.get(word, iter)(parts)
    if any(isinstance(key, Literal) for key in found):
        raise wrong(f"A key of {word} is no constant.", group, "Leave it out of GROUP BY.")
    having = select.having
    if word != "GROUPING SETS":  # over no rows these give none, not even the total
        some = compare(">", Aggregate("count", (), UINT64), Literal(0, UINT64), group)
        having = some if having is None else build("and", [having, some], group)
    return replace(select, group_by=tuple(found), sets=tuple(sets), having=having)


def _items(group: exp.Group) -> tuple[list[exp.Expr], str]:
    """What is written between the commas, and which word makes sets of it: GROUP BY a WITH ROLLUP,
    GROUP BY ROLLUP(a), GROUP BY GROUPING SETS ((a), ())."""
    for name, word in (("rollup", "ROLLUP"), ("cube", "CUBE")):
        if group.args.get(name):
            return group.expressions, word
    first = group.expressions[0] if len(group.expressions) == 1 else None
    if isinstance(first, exp.Rollup | exp.Cube | exp.GroupingSets):
        allow.check(first)
        word = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE"}.get(type(first), "GROUPING SETS")
        return first.expressions, word
    return group.expressions, ""


def _key(item: exp.Expr, columns: tuple[Output, ...], resolve: Resolve) -> Expr:
    key = by_position(item, columns, resolve)
    if contains_aggregate(key):
        raise wrong(
            "An aggregate cannot stand in GROUP BY.", item, "Use a subquery.", code="aggregate_in_group_by"
        )
    return key


def _set(item: exp.Expr, columns: tuple[Output, ...], resolve: Resolve, found: list[Expr]) -> Set:
    """The places of one set's keys among those found so far, to which its new ones are added."""
    inner = item.expressions if isinstance(item, exp.Tuple) else [item]
    keys = [_key(part, columns, resolve) for part in inner]
    found += [key for key in dict.fromkeys(keys) if key not in found]
    return tuple(found.index(key) for key in keys)


def _rollup(parts: list[Set]) -> Iterator[Set]:
    for count in range(len(parts), -1, -1):
        yield _joined(parts[:count])


def _cube(parts: list[Set]) -> Iterator[Set]:
    for count in range(len(parts), -1, -1):
        yield from map(_joined, combinations(parts, count))


def _joined(parts: tuple[Set, ...] | list[Set]) -> Set:
    return tuple(place for part in parts for place in part)


def misplaced_grouping(expr: Expr, select: Select) -> bool:
    """Whether grouping(…) asks for something that is no key of the sets."""
    if isinstance(expr, Aggregate) and expr.name == "grouping":
        return not select.sets or any(arg not in select.group_by for arg in expr.args)
    return any(misplaced_grouping(child, select) for child in children(expr))
