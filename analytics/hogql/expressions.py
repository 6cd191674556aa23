"""The resolver's half for expressions: sqlglot's nodes → typed tree. A node without a handler is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from analytics.hogql import aggregate_calls, allow, calls, casts, membership, names, windows
from analytics.hogql.calls import build, require_bool
from analytics.hogql.functions.time_units import unit_of
from analytics.hogql.moments import BARE_MOMENTS, moment
from analytics.hogql.scope import Around, Scope
from analytics.hogql.tree import (
    Aggregate,
    Case,
    Column,
    Derived,
    Expr,
    Interval,
    Literal,
    Output,
    Query,
    Scalar,
    Select,
)
from analytics.hogql.types import BOOL, FLOAT64, NULL, STRING, UINT8, UINT64, common, interval, smallest
from analytics.hogql.walk import free_columns

OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "plus",
    exp.Sub: "minus",
    exp.Mul: "multiply",
    exp.Div: "divide",
    exp.Mod: "modulo",
    exp.IntDiv: "intDiv",
    exp.DPipe: "concat",
    exp.Like: "like",
    exp.ILike: "ilike",
    exp.RegexpLike: "match",
    exp.RegexpILike: "matchCaseInsensitive",
}
COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}

NOT_FINITE = {"inf", "infinity", "nan"}  # literals, as in ClickHouse

SUBQUERY = "\0subquery"  # a source that no query can name
# Resolves a subquery; given by resolve.py, which knows SELECTs.
Subqueries = Callable[[exp.Expr, Scope], Query]


class Expressions:
    def __init__(self, scope: Scope, subqueries: Subqueries) -> None:
        self.scope = scope
        self.subqueries = subqueries

    def resolve(self, node: exp.Expr) -> Expr:
        """One expression. Raises HogQLError for anything unknown, mistyped or not allowed."""
        allow.check(node)
        self.scope.context.step()
        if type(node) in OPERATORS:
            sides = [self.resolve(node.this), self.resolve(node.expression)]
            found = build(OPERATORS[type(node)], sides, node)
            return _is_not(found, node) if node.args.get("negate") else found
        if type(node) in COMPARISONS:
            left, right = self.resolve(node.this), self.resolve(node.expression)
            return calls.compare(COMPARISONS[type(node)], left, right, node)
        handler = HANDLERS.get(type(node))
        if handler is None:
            raise allow.refusal("clause_not_allowed", type(node).__name__.upper(), node)
        return handler(self, node)

    def literal(self, node: exp.Literal) -> Expr:
        if node.args.get("is_string"):
            return Literal(node.this, STRING)
        text = node.this.replace("_", "")
        if text.isdigit():
            value = int(text)
            if value < 1 << 64:
                return Literal(value, smallest(value))
        number = float(text)
        if number in {float("inf"), float("-inf")}:
            message = f"The number {text[:40]} is too large."
            raise calls.wrong(message, node, "Write a number below 1e308.", "bad_number")
        return Literal(number, FLOAT64)

    def digits(self, node: exp.HexString | exp.BitString) -> Expr:
        """0x1F, 0b101: at most 64 bits."""
        value = int(node.this.replace("_", ""), 16 if isinstance(node, exp.HexString) else 2)
        if value >= 1 << 64 or not node.args.get("is_integer", isinstance(node, exp.BitString)):
            raise calls.wrong("A number has at most 64 bits.", node, "Write it as a text.", code="bad_number")
        return Literal(value, smallest(value))

    def null_safe(self, node: exp.NullSafeEQ | exp.NullSafeNEQ) -> Expr:
        """IS [NOT] DISTINCT FROM and <=>: as comparisons are here anyway."""
        name = "isNotDistinctFrom" if isinstance(node, exp.NullSafeEQ) else "isDistinctFrom"
        return build(name, [self.resolve(node.this), self.resolve(node.expression)], node)

    def negate(self, node: exp.Neg) -> Expr:
        value = self.resolve(node.this)
        if isinstance(node.this, exp.Literal) and isinstance(value, Literal) and isinstance(value.value, int):
            if value.value > 1 << 63:
                return Literal(float(-value.value), FLOAT64)
            return Literal(-value.value, smallest(-value.value))
        if isinstance(value, Interval):
            return Interval(-value.count, value.unit, value.type)
        return build("negate", [value], node)

    def logic(self, node: exp.And | exp.Or) -> Expr:
        """A chain of ANDs (or ORs), flattened by a loop: a thousand of them must not overflow the stack."""
        parts: list[exp.Expr] = []
        rest: exp.Expr = node
        while isinstance(rest, type(node)):
            parts.append(rest.expression)
            rest = rest.this
        parts.append(rest)
        resolved = [require_bool(self.resolve(part), part) for part in reversed(parts)]
        return build("and" if isinstance(node, exp.And) else "or", resolved, node)

    def negation(self, node: exp.Not) -> Expr:
        inner = node.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if isinstance(inner, exp.In):
            return self.membership(inner, negated=True)
        if isinstance(inner, exp.Is):
            return self.null_test(inner, negated=True)
        if isinstance(inner, exp.Like | exp.ILike | exp.RegexpLike | exp.RegexpILike):
            return _is_not(self.resolve(inner), node)
        return build("not", [require_bool(self.resolve(inner), inner)], node)

    def null_test(self, node: exp.Is, negated: bool = False) -> Expr:
        allow.check(node)
        if not isinstance(node.expression, exp.Null):
            raise allow.refusal("clause_not_allowed", "IS other than IS [NOT] NULL", node)
        return build("isNotNull" if negated else "isNull", [self.resolve(node.this)], node)

    def membership(self, node: exp.In, negated: bool = False) -> Expr:
        allow.check(node)
        return membership.membership(node, self.resolve, self.subqueries, self.scope, negated)

    def between(self, node: exp.Between) -> Expr:
        value = self.resolve(node.this)
        low = calls.compare(">=", value, self.resolve(node.args["low"]), node)
        high = calls.compare("<=", value, self.resolve(node.args["high"]), node)
        return build("and", [low, high], node)

    def interval(self, node: exp.Interval) -> Expr:
        unit = node.args.get("unit")
        name = unit_of(unit.name) if unit is not None else None
        if name is None:
            raise calls.wrong("An interval is a number and a unit.", node, "For example `interval 30 day`.")
        amount = node.this
        if isinstance(amount, exp.Literal) and amount.this.lstrip("-").isdigit():
            return Interval(int(amount.this), name, interval(name))
        return build(f"toInterval{name.capitalize()}", [self.resolve(amount)], node)

    def case(self, node: exp.Case) -> Expr:
        """CASE with or without an operand: the operand is compared with each WHEN."""
        operand = None if node.this is None else self.resolve(node.this)
        branches = []
        for branch in node.args["ifs"]:
            condition = self.resolve(branch.this)
            if operand is not None:
                condition = calls.compare("=", operand, condition, branch)
            branches.append((require_bool(condition, branch), self.resolve(branch.args["true"])))
        default = node.args.get("default")
        return self.choice(branches, Literal(None, NULL) if default is None else self.resolve(default), node)

    def ternary(self, node: exp.If) -> Expr:
        condition = require_bool(self.resolve(node.this), node)
        no = node.args.get("false")
        otherwise = Literal(None, NULL) if no is None else self.resolve(no)
        return self.choice([(condition, self.resolve(node.args["true"]))], otherwise, node)

    def choice(self, branches: list[tuple[Expr, Expr]], default: Expr, node: exp.Expr) -> Expr:
        type_ = common([*(value.type for _, value in branches), default.type])
        if type_ is None:
            raise calls.wrong(
                "The branches give different types.", node, "Convert them with toString or toFloat."
            )
        return Case(tuple(branches), default, type_)

    def coalesce(self, node: exp.Coalesce) -> Expr:
        return build("coalesce", [self.resolve(node.this), *map(self.resolve, node.expressions)], node)

    def cast(self, node: exp.Cast | exp.CastToStrType) -> Expr:
        return casts.cast(self.resolve(node.this), casts.target(node), node)

    def scalar(self, node: exp.Subquery) -> Expr:
        query = self._inner(node)
        if isinstance(query, Select) and query.aggregated and not query.group_by and free_columns(query):
            # Over no rows a correlated subquery has no value, not even count() has one.
            some = calls.compare(">", Aggregate("count", (), UINT64), Literal(0, UINT64), node)
            having = some if query.having is None else build("and", [query.having, some], node)
            query = replace(query, having=having)
        if len(query.outputs) != 1:  # several columns are a tuple
            columns = tuple(Column(SUBQUERY, name, type_) for name, type_ in query.outputs)
            row = build("tuple", list(columns), node)
            query = Select((Output("row", row),), Derived(query, SUBQUERY))
        return Scalar(query, query.outputs[0][1].or_null())

    def exists(self, node: exp.Exists) -> Expr:
        """Whether a subquery has rows."""
        return Scalar(self._inner(node.this), UINT8, exists=True)

    def _inner(self, node: exp.Expr) -> Query:
        """A subquery that may name what stands around it."""
        around = Around(frozenset(source.alias for source in self.scope.sources), self.resolve)
        query = self.subqueries(node, replace(self.scope, around=around))
        # ClickHouse joins it by what it reads from around, and a NULL joins with nothing.
        known = [build("isNotNull", [column], node) for column in free_columns(query) if column.type.nullable]
        if isinstance(query, Select) and known:
            parts = [*known, *([] if query.where is None else [query.where])]
            query = replace(query, where=parts[0] if len(parts) == 1 else build("and", parts, node))
        return query

    def array(self, node: exp.Array) -> Expr:
        return build("array", [self.resolve(item) for item in node.expressions], node)

    def tuple(self, node: exp.Tuple) -> Expr:
        return build("tuple", [self.resolve(item) for item in node.expressions], node)

    def variable(self, node: exp.Identifier) -> Expr:
        """A lambda's parameter: sqlglot has taken it out of its Column already."""
        return self.resolve(exp.column(node))

    def column(self, node: exp.Column) -> Expr:
        name = node.name.lower() if len(node.parts) == 1 and not node.this.quoted else ""
        if name in NOT_FINITE and name not in {*self.scope.aliases, *self.scope.columns}:
            return Literal(float(name), FLOAT64)
        if name in BARE_MOMENTS and name not in {*self.scope.aliases, *self.scope.columns}:
            return moment(BARE_MOMENTS[name], [], self.scope)
        return names.column(node, self.scope, self.resolve)

    def bracket(self, node: exp.Bracket) -> Expr:
        return names.bracket(node, self.scope, self.resolve)

    def window(self, node: exp.Window) -> Expr:
        return windows.window(node, self.scope, self.resolve)

    def call(self, node: exp.Anonymous) -> Expr:
        if node.name in windows.NAMES:
            hint = f"Write `{node.name}(…) OVER (ORDER BY …)`."
            raise calls.wrong(f"`{node.name}` goes over a window.", node, hint, "unknown_window")
        return aggregate_calls.call(node, self.scope, self.resolve)


def _is_not(found: Expr, node: exp.Expr) -> Expr:
    """NOT LIKE and !~ keep NULLs: what is turned round is two-valued."""
    return build("not", [build("ifNull", [found, Literal(0, UINT8)], node)], node)


HANDLERS: dict[type[exp.Expr], Callable[..., Expr]] = {
    exp.Literal: Expressions.literal,
    exp.Null: lambda self, node: Literal(None, NULL),
    exp.Boolean: lambda self, node: Literal(bool(node.this), BOOL),
    exp.Paren: lambda self, node: self.resolve(node.this),
    exp.Neg: Expressions.negate,
    exp.And: Expressions.logic,
    exp.Or: Expressions.logic,
    exp.Not: Expressions.negation,
    exp.Is: Expressions.null_test,
    exp.In: Expressions.membership,
    exp.Between: Expressions.between,
    exp.Interval: Expressions.interval,
    exp.Case: Expressions.case,
    exp.If: Expressions.ternary,
    exp.Coalesce: Expressions.coalesce,
    exp.Cast: Expressions.cast,
    exp.CastToStrType: Expressions.cast,
    exp.HexString: Expressions.digits,
    exp.BitString: Expressions.digits,
    exp.NullSafeEQ: Expressions.null_safe,
    exp.NullSafeNEQ: Expressions.null_safe,
    exp.Subquery: Expressions.scalar,
    exp.Exists: Expressions.exists,
    exp.Array: Expressions.array,
    exp.Tuple: Expressions.tuple,
    exp.Identifier: Expressions.variable,
    exp.Column: Expressions.column,
    exp.Dot: Expressions.bracket,
    exp.Bracket: Expressions.bracket,
    exp.Window: Expressions.window,
    exp.Filter: lambda self, node: aggregate_calls.filtered(node, self.resolve),
    exp.RespectNulls: lambda self, node: aggregate_calls.respecting(node, self.scope, self.resolve),
    exp.IgnoreNulls: lambda self, node: aggregate_calls.respecting(node, self.scope, self.resolve),
    exp.Anonymous: Expressions.call,
    exp.ParameterizedAgg: Expressions.call,
}
