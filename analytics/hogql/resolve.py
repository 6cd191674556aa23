"""SELECTs: names, types, and what may stand where. sqlglot's tree → `tree.Query`."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from analytics.hogql import allow
from analytics.hogql.calls import contains_aggregate, require_bool, wrong
from analytics.hogql.clauses import LimitBy
from analytics.hogql.dialect import HogQL
from analytics.hogql.expressions import Expressions
from analytics.hogql.fills import with_fill
from analytics.hogql.grouping import check_grouping
from analytics.hogql.groups import with_groups
from analytics.hogql.limits import by_rank, order_by, with_limits
from analytics.hogql.names import output_name
from analytics.hogql.relations import add_from
from analytics.hogql.scope import TABLES, Context, Scope
from analytics.hogql.stars import is_star, star
from analytics.hogql.tree import (
    Call,
    Expr,
    Output,
    Query,
    Select,
    Union,
)
from analytics.hogql.types import UINT8, common

MAX_NAME = 128
MAX_COLUMNS = 1_000


def resolve(node: exp.Query, context: Context) -> Query:
    """The whole query, typed. Raises HogQLError with a place for everything that is not HogQL."""
    return _query(node, Scope(context, {}, {}))


def _query(node: exp.Expr, outer: Scope) -> Query:
    while isinstance(node, exp.Subquery):
        allow.check(node)
        node = node.this
    if isinstance(node, exp.Union | exp.Intersect | exp.Except):
        return _set_operation(node, outer)
    if not isinstance(node, exp.Select):
        raise allow.refusal("statement_not_allowed", type(node).__name__.upper(), node)
    return _select(node, outer)


def _set_operation(node: exp.SetOperation, outer: Scope) -> Query:
    """UNION, INTERSECT, EXCEPT. ORDER BY and LIMIT behind them are the last SELECT's, as in ClickHouse."""
    allow.check(node)
    kind = type(node).__name__.upper()
    if node.args.get("distinct") is None:
        raise wrong(
            f"Say {kind} ALL or {kind} DISTINCT.",
            node,
            "UNION ALL keeps equal rows, UNION DISTINCT one of them.",
            code="clause_not_allowed",
        )
    scope = Scope(outer.context, dict(outer.ctes), dict(outer.constants))
    _add_with(node, scope)
    left, right = _query(node.this, scope), _query(node.expression, scope)
    if len(left.outputs) != len(right.outputs):
        raise wrong(
            f"The SELECTs of a {kind} have different numbers of columns.",
            node,
            "Select as many in each; NULL can stand for one.",
        )
    for (name, first), (_, second) in zip(left.outputs, right.outputs, strict=True):
        if common([first, second]) is None:
            raise wrong(
                f"The column `{name}` of the {kind} is {first} here and {second} there.",
                node,
                "Convert one of them, for example with toString.",
            )
    return Union((left, right), bool(node.args["distinct"]), kind)  # type: ignore[arg-type]


def _select(node: exp.Select, outer: Scope) -> Select:
    allow.check(node)
    outer.context.step(20)
    distinct = node.args.get("distinct")
    if distinct is not None:
        allow.check(distinct)
    if not node.expressions:
        raise wrong(
            "SELECT names no columns.", node, "For example `select count() from events`.", "syntax_error"
        )
    scope = Scope(outer.context, dict(outer.ctes), dict(outer.constants), around=outer.around)
    _add_with(node, scope)
    scope.windows = {window.name: window for window in node.args.get("windows") or []}
    expressions = Expressions(scope, _query)
    for item in node.expressions:
        if isinstance(item, exp.Alias):
            scope.aliases[item.alias] = item.this
    add_from(node, scope, _query, expressions.resolve)
    columns = _outputs(node, scope, expressions)
    where = _both(_clause(node, "where", expressions), scope.filters)
    if where is not None and contains_aggregate(where):
        raise wrong(
            "An aggregate cannot stand in WHERE.", node.args["where"], "Use HAVING.", "aggregate_in_where"
        )
    select = Select(
        columns=columns,
        relation=scope.relation,
        where=where,
        having=_clause(node, "having", expressions),
        qualify=_clause(node, "qualify", expressions),
        order_by=order_by(node, columns, expressions.resolve),
        distinct=distinct is not None and not distinct.args.get("on"),
    )
    if select.distinct and any(key.expr not in [c.expr for c in columns] for key in select.order_by):
        hint = "Add it to the columns, or group instead of DISTINCT."
        raise wrong(
            "With DISTINCT, ORDER BY takes only selected columns.", node, hint, "order_by_not_selected"
        )
    select = with_groups(by_rank(select), node, expressions.resolve)
    select = with_limits(select, node, expressions.resolve)
    select = with_fill(select, node, expressions.resolve)
    if distinct is not None and (on := distinct.args.get("on")) is not None:
        # DISTINCT ON (a, b) is LIMIT 1 BY a, b, as in ClickHouse.
        keys = tuple(expressions.resolve(item) for item in on.expressions)
        select = replace(select, limit_by=LimitBy(1, keys))
    return check_grouping(select, node)


def _add_with(node: exp.Expr, scope: Scope) -> None:
    with_ = node.args.get("with_")
    if with_ is None:
        return
    allow.check(with_)
    for cte in with_.expressions:
        allow.check(cte)
        name = cte.alias
        if name in TABLES:
            raise wrong(
                f"`{name}` is a table's name; WITH needs another.",
                cte,
                "Give it another name.",
                code="reserved_name",
            )
        if cte.args.get("scalar"):
            scope.constants[name] = cte.this
        else:
            scope.ctes[name] = cte.this


def _outputs(node: exp.Select, scope: Scope, expressions: Expressions) -> tuple[Output, ...]:
    outputs: list[Output] = []
    for item in node.expressions:
        if is_star(item):
            outputs += star(item, scope, expressions.resolve, {output.name for output in outputs})
        elif isinstance(item, exp.Alias):
            allow.check(item)
            if item.alias == "project_id":
                raise wrong("`project_id` is reserved.", item, "Take another name.", "reserved_name")
            # Inside its own definition an alias means the column: toDate(timestamp) as timestamp.
            scope.resolving.append(item.alias)
            outputs.append(Output(item.alias[:MAX_NAME], expressions.resolve(item.this)))
            scope.resolving.pop()
        else:
            name = output_name(item, _text(item))[:MAX_NAME]
            taken = any(output.name == name for output in outputs)
            if taken and isinstance(item, exp.Column) and item.table:
                name = f"{item.table}.{name}"  # the second `x` of a join is called b.x, as in ClickHouse
            outputs.append(Output(name, expressions.resolve(item)))
    _check_names(outputs, node)
    _check_values(outputs, node)
    return tuple(outputs)


def _check_values(outputs: list[Output], node: exp.Select) -> None:
    if len(outputs) > MAX_COLUMNS:
        raise wrong(
            f"A SELECT has at most {MAX_COLUMNS:,} columns.",
            node,
            "Name only the columns you need.",
            code="too_many_columns",
        )
    if any(output.expr.type.is_interval for output in outputs):
        raise wrong("An interval is no value of its own.", node, "Add it to a time.", "type_mismatch")


def _check_names(outputs: list[Output], node: exp.Select) -> None:
    """Rows are objects: of two columns with one name, one would be lost without a word."""
    names = [output.name for output in outputs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise wrong(
            f"Two columns are called `{twice}`.", node, "Give one another name with AS.", "duplicate_column"
        )


def _text(node: exp.Expr) -> str:
    return node.sql(dialect=HogQL, comments=False)


def _clause(node: exp.Select, name: str, expressions: Expressions) -> Expr | None:
    clause = node.args.get(name)
    if clause is None:
        return None
    allow.check(clause)
    return require_bool(expressions.resolve(clause.this), clause)


def _both(where: Expr | None, filters: list[Expr]) -> Expr | None:
    parts = [*filters, *([where] if where is not None else [])]
    return Call("and", tuple(parts), UINT8) if len(parts) > 1 else parts[0] if parts else None
