"""Typed expressions → PostgreSQL text. Literals become parameters; no text of the user's gets through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from analytics.hogql import print_aggregate
from analytics.hogql.errors import HogQLError
from analytics.hogql.functions.table import FUNCTIONS
from analytics.hogql.print_array import converted, order_keys
from analytics.hogql.print_call import fill, sql_type
from analytics.hogql.tree import (
    Aggregate,
    Call,
    Case,
    Column,
    Compare,
    Expr,
    In,
    Interval,
    Lambda,
    Literal,
    OrderKey,
    Property,
    Query,
    Scalar,
    Window,
)
from analytics.hogql.tuples import elements
from analytics.hogql.types import BOOL, NULL, UINT8, UINT64, Type, common

MAX_BIGINT = (1 << 63) - 1
# Their SQL is not NULL for every NULL argument: least() leaves it out, a CASE takes its ELSE.
GUARDED = {
    *("positionUTF8", "positionCaseInsensitive", "positionCaseInsensitiveUTF8"),
    *("toDate", "toDateTime", "toDateTime64", "replaceRegexpOne", "toDateOrNull"),
    *("max2", "min2", "hypot", "roundToExp2", "bitShiftLeft", "bitShiftRight", "repeat", "space"),
    *("substringIndex", "substringIndexUTF8", "factorial"),
    *("substring", "substringUTF8", "left", "right", "leftUTF8", "rightUTF8", "replaceOne", "hasToken"),
    *("JSONExtractString", "JSONExtractInt", "JSONExtractUInt", "JSONExtractFloat", "JSONExtractBool"),
    *("JSONExtractRaw", "JSONHas", "JSONLength", "JSONType", "toUUIDOrZero", "toDateOrZero"),
    *("toDateTimeOrZero", "toDateTime64OrZero", "parseDateTimeBestEffortOrZero", "arrayElement"),
    *("parseDateTime64BestEffortOrZero", "parseDateTimeBestEffortUSOrZero", "position", "formatDateTime"),
    *("formatReadableTimeDelta", "parseDateTimeOrZero", "parseDateTimeInJodaSyntaxOrZero"),
    *("parseDateTime64BestEffortUSOrZero", "toMonday", "toStartOfWeek", "toLastDayOfWeek", "dateTrunc"),
    *("toStartOfMonth", "toLastDayOfMonth", "toStartOfQuarter", "toStartOfYear", "toStartOfISOYear"),
    *("toStartOfInterval", "factorial", "fromDaysSinceYearZero"),
}
MAX_SQL = 1 << 20  # characters: a template may print an argument twice, and thirty of them nest


def is_condition(expr: Expr) -> bool:
    """Whether its SQL is a boolean that stands for UInt8."""
    if isinstance(expr, Scalar):
        return expr.exists
    return isinstance(expr, Compare | In) or (
        isinstance(expr, Call) and expr.name in FUNCTIONS and FUNCTIONS[expr.name].condition
    )


def may_be_nan(expr: Expr) -> bool:
    """Whether a float may be no number: what is computed can, what is stored or counted cannot."""
    if isinstance(expr, Literal):
        return isinstance(expr.value, float) and expr.value != expr.value
    return expr.type.is_float and not isinstance(expr, Property)


class Expressions:
    """Prints expressions. `column` prints a column or property of a relation, `query` a subquery."""

    def __init__(self, column: Callable[[Column | Property], str], query: Callable[[Query], str]) -> None:
        self.column = column
        self.query = query
        self.joining = (
            False  # inside ON: columns are what they were before the join, comparisons three-valued
        )
        self.lambdas: list[tuple[str, list[str]]] = []  # around: their aliases, and their parameters in SQL
        self.place = ""  # what sorts the rows of this SELECT as its subquery gave them; "": nothing does
        self.parameters: dict[str, Any] = {}
        self._names: dict[tuple[str, type, Any], str] = {}

    def parameter(self, value: Any, cast: str) -> str:
        """A bind parameter. Equal values share one, so that GROUP BY sees the same expression as SELECT."""
        key = (cast, type(value), tuple(value) if isinstance(value, list) else value)
        name = self._names.setdefault(key, f"p{len(self._names)}")
        self.parameters[name] = value
        return f"%({name})s::{cast}"

    def value(self, expr: Expr) -> str:
        """The expression as a value: a condition is 1 or 0."""
        text = self.print(expr)
        if len(text) > MAX_SQL:
            raise HogQLError("query_too_large", "This expression is too large.", "Write it with a subquery.")
        return f"({text})::integer" if is_condition(expr) and expr.type.required() == UINT8 else text

    def number(self, expr: Expr) -> str:
        """The expression as a number: true is 1."""
        text = self.value(expr)
        return f"({text})::integer" if expr.type.required() == BOOL else text

    def whole(self, expr: Expr) -> str:
        """The expression as a bigint. An unsigned one of 64 bits may be a numeric; one beyond is refused."""
        text = self.number(expr)
        is_small = isinstance(expr, Literal) and isinstance(expr.value, int) and expr.value < 1 << 63
        return text if is_small or expr.type.required() != UINT64 else f"({text})::bigint"

    def as_type(self, expr: Expr, type_: Type) -> str:
        """The expression as a value of a wider type than its own."""
        if type_.name == "Bool" and expr.type.name not in {"Bool", "Nothing"}:
            return self.condition(expr)
        return converted(self.value(expr), expr.type, type_)

    def condition(self, expr: Expr, *, filtering: bool = False) -> str:
        """The expression as a boolean. `filtering`: NULL and false do the same there, as in WHERE."""
        if is_condition(expr):
            return self.print(expr, filtering=filtering)
        text = self.print(expr)
        return text if expr.type.required() == BOOL else f"({text} <> 0)"

    def print(self, expr: Expr, *, filtering: bool = False) -> str:
        match expr:
            case Literal():
                return self._literal(expr)
            case Interval():
                return self.parameter(expr.count, "bigint")
            case Column() | Property():
                return self._variable(expr) or self.column(expr)
            case Compare():
                return self._compare(expr, filtering)
            case In():
                return self._in(expr, filtering)
            case Case():
                return self._case(expr)
            case Aggregate():
                return print_aggregate.aggregate(self, expr)
            case Window():
                return print_aggregate.window(self, expr)
            case Scalar():
                return f"{'EXISTS ' * expr.exists}({self.query(expr.query)})"
            case Call(name="and" | "or", args=args):
                parts = [self.condition(arg, filtering=filtering) for arg in args]
                return "(" + f" {expr.name.upper()} ".join(parts) + ")"
            case Call():
                return self._call(expr)
            case Lambda():
                raise AssertionError("a lambda is printed by the function that takes it")

    def _variable(self, expr: Column | Property) -> str:
        """A lambda's parameter; "" for any other column."""
        found = next((items for alias, items in reversed(self.lambdas) if alias == expr.source), None)
        return found[int(expr.name[1:])] if found is not None and isinstance(expr, Column) else ""

    def _literal(self, literal: Literal) -> str:
        value = literal.value
        if value is None:
            return "NULL" if literal.type == NULL else f"NULL::{sql_type(literal.type)}"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int) and not -MAX_BIGINT - 1 <= value <= MAX_BIGINT:
            return self.parameter(value, "numeric")
        if isinstance(value, datetime | date):
            return self.parameter(value, sql_type(literal.type))
        return self.parameter(value, sql_type(literal.type))

    def _compare(self, compare: Compare, filtering: bool) -> str:
        left, right = compare.left, compare.right
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Literal) and one.value is None:
                test = {"=": "IS NULL", "!=": "IS NOT NULL"}.get(compare.op)
                return f"({self.value(other)} {test})" if test else "false"
        mixed = left.type.required() != right.type.required()  # true = 1
        text = [self.number(side) if mixed else self.value(side) for side in (left, right)]
        if mixed and left.type.is_array and (both := common([left.type, right.type])) is not None:
            text = [self.as_type(side, both) for side in (left, right)]
        if compare.op in {"<", "<=", ">", ">="}:
            collate = ' COLLATE "C"' if left.type.name == "String" else ""
            plain = f"{text[0]} {compare.op} {text[1]}{collate}"
        else:
            plain = f"{text[0]} {'=' if compare.op == '=' else '<>'} {text[1]}"
        nullable = left.type.nullable + right.type.nullable
        if may_be_nan(left) or may_be_nan(right):
            return self._compare_floats(compare, text)
        if compare.op == "!=" and nullable and not self.joining:
            return f"({text[0]} IS DISTINCT FROM {text[1]})"
        if compare.op == "=" and nullable == 2 and not self.joining:
            return f"({text[0]} IS NOT DISTINCT FROM {text[1]})"
        return f"({plain})" if filtering or not nullable else f"coalesce({plain}, false)"

    def _compare_floats(self, compare: Compare, text: list[str]) -> str:
        """What is no number equals nothing, is less or greater than nothing; PostgreSQL sorts it last."""
        left, right = (f"nullif({side}, 'NaN'::float8)" for side in text)
        if compare.op not in {"=", "!="}:
            return f"coalesce({left} {compare.op} {right}, false)"
        same = f"coalesce({left} = {right}, false)"
        if compare.left.type.nullable and compare.right.type.nullable and not self.joining:
            same = f"({same} OR ({text[0]} IS NULL AND {text[1]} IS NULL))"
        return same if compare.op == "=" else f"(NOT {same})"

    def _in(self, expr: In, filtering: bool) -> str:
        if isinstance(expr.options, tuple):
            found = f"{self.number(expr.needle)} = ANY({self._options(expr.needle, expr.options)})"
        else:
            found = self._in_query(expr.needle, expr.options)
        parts = elements(expr.needle) if expr.needle.type.is_tuple else [expr.needle]
        sure = filtering or not any(part.type.nullable for part in parts)
        if expr.negated:
            return f"(NOT coalesce({found}, false))"
        return f"({found})" if sure else f"coalesce({found}, false)"

    def _options(self, needle: Expr, options: tuple[Expr, ...]) -> str:
        """The constants after IN as one array; of numbers all as floats if one is, true as 1."""
        values: list[Any] = [o.value for o in options if isinstance(o, Literal) and o.value is not None]
        if not needle.type.is_number:
            kind = needle.type if needle.type.name == "String" else None
            return self.parameter(
                values, sql_type(kind or next((o.type for o in options), needle.type)) + "[]"
            )
        if any(isinstance(value, float) for value in values):
            return self.parameter([float(value) for value in values], "float8[]")
        whole = [int(value) for value in values]
        huge = any(not -MAX_BIGINT - 1 <= value <= MAX_BIGINT for value in whole)
        return self.parameter(whole, "numeric[]" if huge else "bigint[]")

    def _in_query(self, needle: Expr, query: Query) -> str:
        """A value, or a tuple's parts, among the rows of a subquery; a row with a NULL matches nothing."""
        count = len(query.outputs)
        parts = elements(needle) if count > 1 else [needle]
        columns = [f"o.c{index}" for index in range(count)]
        present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        left = ", ".join(self.value(part) for part in parts)
        rows = f"SELECT {', '.join(columns)} FROM ({self.query(query)}) AS o WHERE {present}"
        return f"({left}) IN ({rows})"

    def _case(self, case: Case) -> str:
        branches = " ".join(
            f"WHEN {self.condition(when, filtering=True)} THEN {self.as_type(then, case.type)}"
            for when, then in case.branches
        )
        return f"(CASE {branches} ELSE {self.as_type(case.default, case.type)} END)"

    def _call(self, call: Call) -> str:
        function = FUNCTIONS[call.name]
        if isinstance(function.postgres, str):
            text = fill(function.postgres, self.arguments(call))
        else:
            text = function.postgres(self, call)
        if call.name not in GUARDED:
            return text
        known = [f"{self.value(arg)} IS NOT NULL" for arg in call.args if arg.type.nullable]
        return f"(CASE WHEN {' AND '.join(known)} THEN {text} END)" if known else text

    def arguments(self, call: Call) -> list[str]:
        """The call's arguments, each as what its place takes: a condition, a number or any value."""
        printers = {"bool": self.condition, "number": self.number, "int": self.whole}
        row = FUNCTIONS[call.name]
        return [printers.get(row.kinds_at(i)[0], self.value)(arg) for i, arg in enumerate(call.args)]

    def order(self, key: OrderKey, text: str = "") -> str:
        """One key of ORDER BY: NULLs last unless asked otherwise. `text` is its SQL, if it is known."""
        direction, nulls = "DESC" if key.descending else "ASC", "FIRST" if key.nulls_first else "LAST"
        text = text or self.value(key.expr)
        if not may_be_nan(key.expr):
            return order_keys(text, key.expr.type, f"{direction} NULLS {nulls}")
        sql = order_keys(f"nullif({text}, 'NaN'::float8)", key.expr.type, f"{direction} NULLS {nulls}")
        # What is no number stands beside the NULLs: before them, or behind those that come first.
        return f"{sql}, {text} IS NULL{' DESC' * key.nulls_first}" if key.expr.type.nullable else sql
