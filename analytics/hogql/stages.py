"""Each SELECT in steps that PostgreSQL takes: rows multiplied by arrayJoin, then groups, then what is made of
groups. An aggregate is printed once, as a column of the inner SELECT; functions of arrays over it, windows
and HAVING stand in the outer one.
"""

from __future__ import annotations

from dataclasses import replace

from analytics.hogql.calls import contains_aggregate
from analytics.hogql.different import counted_in_steps
from analytics.hogql.lambdas import ALIAS as LAMBDA
from analytics.hogql.tree import (
    Aggregate,
    ArrayJoin,
    Call,
    Column,
    Derived,
    Expr,
    Literal,
    Output,
    Property,
    Query,
    Select,
    Union,
    Window,
    children,
)
from analytics.hogql.walk import expressions, into_correlated, map_expr, map_relation, map_select

# Sources that no query can name.
GROUPS = "\0groups"
WINDOWS = "\0windows"
ARRAYS = "\0arrays "


def staged(query: Query) -> Query:
    """The same query, its subqueries too, in those steps."""
    if isinstance(query, Union):
        return replace(query, selects=tuple(staged(part) for part in query.selects))
    select = map_select(query, _inside)
    if select.relation is not None:
        select = replace(select, relation=map_relation(select.relation, lambda leaf: leaf, _inside, staged))
    if select.distinct and select.order_by:
        return _distinct(select)
    return _grouped(select) if select.aggregated else _unfolded(select)


def _inside(expr: Expr) -> Expr:
    return map_expr(expr, _inside, staged)


def _distinct(select: Select) -> Select:
    """PostgreSQL sorts DISTINCT rows by their very columns only: so they are sorted one step later."""
    inner = staged(
        replace(select, order_by=(), limit=None, offset=None, with_ties=False, limit_by=None, fill=None)
    )
    names = {column.expr: column.name for column in reversed(select.columns)}

    def outer(expr: Expr) -> Expr:
        if expr in names:
            return Column(GROUPS, names[expr], expr.type)
        return map_expr(expr, outer, lambda query: query)

    columns = tuple(Output(c.name, Column(GROUPS, c.name, c.expr.type)) for c in select.columns)
    made = map_select(replace(select, columns=(), where=None, group_by=(), having=None, qualify=None), outer)
    return replace(made, columns=columns, relation=Derived(inner, GROUPS), distinct=False, aggregated=False)


def _grouped(select: Select) -> Select:
    keys = tuple(dict.fromkeys(select.group_by))
    aggregates: dict[Expr, str] = {}

    def outer(expr: Expr) -> Expr:
        """Over the groups: a key or an aggregate is a column, the rest is made of them."""
        if expr in keys and not isinstance(expr, Literal):
            return Column(GROUPS, f"k{keys.index(expr)}", expr.type)
        if isinstance(expr, Aggregate):
            name = aggregates.setdefault(expr, f"a{len(aggregates)}")
            return Column(GROUPS, name, expr.type)
        return map_expr(expr, outer, lambda query: into_correlated(query, outer))

    having = None if select.having is None else outer(select.having)
    made = map_select(replace(select, where=None, group_by=(), having=None), outer)
    columns = [Output(f"k{index}", key) for index, key in enumerate(keys)]
    columns += [Output(name, aggregate) for aggregate, name in aggregates.items()]
    inner = Select(tuple(columns), select.relation, select.where, keys, select.sets, aggregated=True)
    relation = Derived(counted_in_steps(_unfolded(inner)), GROUPS, partial=bool(select.sets))
    return _unfolded(replace(made, relation=relation, where=having, aggregated=False))


def _unfolded(select: Select) -> Select:
    """arrayJoin(a) → a relation beside the others, and its column."""
    found: list[Call] = []
    for expr in expressions(select):
        _find(expr, found)
    if not found:
        return _windowed(select)
    relation = select.relation
    columns: dict[Expr, Column] = {}

    def change(expr: Expr) -> Expr:
        return columns[expr] if expr in columns else map_expr(expr, change, lambda query: query)

    early = _before_windows(select, found)
    for call in early:  # inner ones first
        alias = f"{ARRAYS}{len(columns)}"
        relation = ArrayJoin(relation, (("x", change(call.args[0])),), alias)
        columns[call] = Column(alias, "x", call.type)
    made = replace(map_select(select, change), relation=relation)
    return _windowed(made) if len(early) == len(found) else _unfolded(_windows_earlier(made))


def _before_windows(select: Select, found: list[Call]) -> list[Call]:
    """Which of these arrayJoins multiply the rows that windows see: ClickHouse makes the others later, which
    neither WHERE nor a window names."""
    windows = [part for expr in expressions(select) for part in _windows(expr)]
    named: list[Call] = []
    for expr in [*windows, *([] if select.where is None else [select.where])]:
        _find(expr, named)
    return [call for call in found if call in named] if windows else found


def _windows(expr: Expr) -> list[Expr]:
    inner = [part for child in children(expr) for part in _windows(child)]
    return [expr, *inner] if isinstance(expr, Window) else inner


def _windowed(select: Select) -> Select:
    """No window stands where a function of arrays prints a subquery, in QUALIFY, or where LIMIT BY prints a
    window of its own: windows are made one step earlier then.
    """
    keys = [key.expr for key in select.order_by] if select.limit_by else []
    inside = select.qualify is not None or any(_holds_window(expr) for expr in expressions(select))
    if select.aggregated or not (inside or any(_holds_window(key, listed=True) for key in keys)):
        return select
    return _windows_earlier(select)


def _windows_earlier(select: Select) -> Select:
    columns: dict[Expr, str] = {}

    def outer(expr: Expr) -> Expr:
        own = isinstance(expr, Column) and not expr.source.startswith(LAMBDA)
        if own or isinstance(expr, Property | Window):
            return Column(WINDOWS, columns.setdefault(expr, f"w{len(columns)}"), expr.type)
        return map_expr(expr, outer, lambda query: into_correlated(query, outer))

    made = map_select(replace(select, where=None), outer)
    outputs = tuple(Output(name, expr) for expr, name in columns.items())
    inner = Select(outputs, select.relation, select.where)
    return replace(made, relation=Derived(inner, WINDOWS), where=made.qualify, qualify=None)


def _holds_window(expr: Expr, listed: bool = False) -> bool:
    """Whether a window stands inside a function that takes or gives an array."""
    if isinstance(expr, Window):
        return listed
    inside = isinstance(expr, Call) and any(part.type.items for part in (expr, *expr.args))
    return any(_holds_window(child, listed or inside) for child in children(expr))


def _find(expr: Expr, found: list[Call]) -> None:
    for child in children(expr):
        _find(child, found)
    if (
        isinstance(expr, Call)
        and expr.name == "arrayJoin"
        and not contains_aggregate(expr)
        and expr not in found
    ):
        found.append(expr)
