"""Typed expressions → ClickHouse text. What each call is stands in print_clickhouse_call.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from analytics.hogql.lambdas import ALIAS
from analytics.hogql.print_clickhouse_call import call_text
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
from analytics.hogql.types import NULL, Type, smallest

# Which texts of a JSON value are numbers: the rule of property_number in PostgreSQL.
NUMBER = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$"
FUNCTIONS = {
    "=": "equals",
    "!=": "notEquals",
    "<": "less",
    "<=": "lessOrEquals",
    ">": "greater",
    ">=": "greaterOrEquals",
}


class Expressions:
    """Prints expressions. `column` names a column, or the JSON of a property; `query` prints a subquery."""

    def __init__(self, column: Callable[[Column | Property], str], query: Callable[[Query], str]) -> None:
        self.column = column
        self.query = query
        self.three_valued = False  # inside ON

    def text(self, value: str) -> str:
        """A text literal; backslashes and quotes are all that ClickHouse reads in one."""
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"

    def value(self, expr: Expr) -> str:
        match expr:
            case Literal():
                return self.literal(expr)
            case Interval():
                return f"toInterval{expr.unit.capitalize()}({expr.count})"
            case Column(source=source) if source.startswith(ALIAS):
                return f"l{source.removeprefix(ALIAS)}{expr.name}"
            case Column():
                return self.column(expr)
            case Property():
                return self._property(expr)
            case Compare():
                return self._compare(expr)
            case In():
                return self._in(expr)
            case Case():
                return self._case(expr)
            case Aggregate():
                return self._aggregate(expr)
            case Window():
                return self._window(expr)
            case Scalar():
                return f"{'EXISTS' * expr.exists}({self.query(expr.query)})"
            case Lambda():
                names = ", ".join(self.value(parameter) for parameter in expr.parameters)
                return f"({names}) -> {self.value(expr.body)}"
            case Call():
                return call_text(self, expr)

    def condition(self, expr: Expr) -> str:
        """The expression as a truth, which for a fraction is whether it is not 0."""
        text = self.value(expr)
        return f"({text} != 0)" if expr.type.is_float or expr.type.bits > 8 else text

    def joining(self, expr: Expr) -> str:
        """The condition of ON: comparisons have three values there, as in any SQL."""
        self.three_valued = True
        try:
            return self.condition(expr)
        finally:
            self.three_valued = False

    def key(self, expr: Expr) -> str:
        """A key of GROUP BY, ORDER BY or LIMIT BY, where a bare number would be the place of a column."""
        text = self.value(expr)
        if isinstance(expr, Literal) and expr.type.is_number:
            return f"CAST({text}, {self.text(str(expr.type))})"
        return text

    def order(self, key: OrderKey) -> str:
        direction = "DESC" if key.descending else "ASC"
        return f"{self.key(key.expr)} {direction} NULLS {'FIRST' if key.nulls_first else 'LAST'}"

    def moment(self, moment: datetime) -> str:
        return f"toDateTime64('{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}', 3, 'UTC')"

    def literal(self, literal: Literal) -> str:
        value, type_ = literal.value, literal.type
        if value is None:
            return "NULL" if type_ == NULL else f"CAST(NULL, {self.text(str(type_))})"
        if isinstance(value, bool) and type_.name == "Bool":
            return "true" if value else "false"
        if isinstance(value, datetime):
            if type_.name == "DateTime":
                zone = self.text(type_.zone or "UTC")
                return (
                    f"toDateTime('{value:%Y-%m-%d %H:%M:%S}', 'UTC')"
                    if not type_.zone
                    else (f"toTimeZone(toDateTime('{value:%Y-%m-%d %H:%M:%S}', 'UTC'), {zone})")
                )
            return self._fine_moment(value, type_)
        if isinstance(value, date):
            return f"toDate('{value:%Y-%m-%d}')"
        if isinstance(value, str):
            return f"toUUID({self.text(value)})" if type_.name == "UUID" else self.text(value)
        if isinstance(value, float):
            return f"({value!r})" if value < 0 else repr(value)
        text = str(int(value))
        if type_.required() != smallest(int(value)):
            return f"CAST({text}, {self.text(str(type_.required()))})"
        return f"({text})" if value < 0 else text

    def _fine_moment(self, moment: datetime, type_: Type) -> str:
        """A DateTime64 of its own digits and zone."""
        digits = type_.precision
        text = f"{moment:%Y-%m-%d %H:%M:%S.%f}"[: 20 + digits].rstrip(".")
        made = f"toDateTime64('{text}', {digits}, 'UTC')"
        return f"toTimeZone({made}, {self.text(type_.zone)})" if type_.zone else made

    def _property(self, prop: Property) -> str:
        """NULL for what is missing or JSON null; else the text of the value, read as the property's type."""
        path = ", ".join(self.text(key) if isinstance(key, str) else str(key) for key in prop.path)
        json = self.column(prop)
        raw = f"JSONExtractRaw({json}, {path})"
        words = f"JSONExtractString({json}, {path})"
        text = f"if(startsWith({raw}, '\"'), {words}, nullIf(nullIf({raw}, ''), 'null'))"
        match prop.type.name:
            case "Float64":
                number = f"toFloat64OrNull({text})"
                known = f"match({text}, {self.text(NUMBER)}) AND isFinite({number})"
                return f"if(ifNull({known}, 0), {number}, NULL)"
            case "Bool":
                return f"multiIf({text} <=> 'true', toNullable(true), {text} <=> 'false', false, NULL)"
            case "DateTime64(3)":
                return f"parseDateTime64BestEffortOrNull({text}, 3, 'UTC')"
        return text

    def _compare(self, compare: Compare) -> str:
        left, right = compare.left, compare.right
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Literal) and one.value is None:
                if compare.op not in {"=", "!="}:
                    return "0"
                return f"{'isNull' if compare.op == '=' else 'isNotNull'}({self.value(other)})"
        a, b = self.value(left), self.value(right)
        nullable = (left.type.nullable + right.type.nullable) * (not self.three_valued)
        text = f"{FUNCTIONS[compare.op]}({a}, {b})"
        if nullable < 2 or compare.op not in {"=", "!="}:
            return f"ifNull({text}, {int(compare.op == '!=')})" if nullable else text
        if compare.op == "=":
            return f"ifNull({text}, isNull({a}) AND isNull({b}))"
        return f"ifNull({text}, isNotNull({a}) OR isNotNull({b}))"

    def _in(self, expr: In) -> str:
        if isinstance(expr.options, tuple):
            known = [o for o in expr.options if not (isinstance(o, Literal) and o.value is None)]
            options = ", ".join(map(self.value, known))
        else:
            options = self._apart(expr.options)
        text = f"ifNull({self.value(expr.needle)} IN ({options}), 0)" if options else "0"
        return f"not({text})" if expr.negated else text

    def _apart(self, query: Query) -> str:
        """A subquery inside ON is a SELECT of its own: its comparisons have two values."""
        around, self.three_valued = self.three_valued, False
        try:
            return self.query(query)
        finally:
            self.three_valued = around

    def _case(self, case: Case) -> str:
        parts = [f"{self.condition(when)}, {self.as_type(then, case.type)}" for when, then in case.branches]
        return f"multiIf({', '.join(parts)}, {self.as_type(case.default, case.type)})"

    def as_type(self, expr: Expr, type_: Type) -> str:
        """A value as the type of all: ClickHouse has none for a 64-bit integer beside another kind."""
        text = self.value(expr)
        if type_.is_number and expr.type.is_number and expr.type.required() != type_.required():
            return f"CAST({text}, {self.text(str(type_.or_null(expr.type.nullable)))})"
        return text

    def _aggregate(self, call: Aggregate) -> str:
        args = [self.value(arg) for arg in call.args]
        name = call.name + ("Distinct" if call.distinct else "")
        name += f"Or{call.empty}" if call.empty else ""
        if call.condition is not None:
            name += "If"
            args.append(self.condition(call.condition))
        values = [self.text(p) if isinstance(p, str) else repr(p) for p in call.parameters]
        return f"{name}{'(' + ', '.join(values) + ')' if values else ''}({', '.join(args)})"

    def _window(self, window: Window) -> str:
        parts = []
        if window.partition_by:
            parts.append("PARTITION BY " + ", ".join(map(self.key, window.partition_by)))
        if window.order_by:
            parts.append("ORDER BY " + ", ".join(map(self.order, window.order_by)))
        if window.frame is not None:
            start, end = (self._edge(*edge) for edge in (window.frame.start, window.frame.end))
            parts.append(f"{window.frame.kind} BETWEEN {start} AND {end}")
        call = window.call
        if isinstance(call, Aggregate):
            text = self._aggregate(call)
        else:
            text = f"{call.name}({', '.join(map(self.value, call.args))})"
        return f"{text} OVER ({' '.join(parts)})"

    def _edge(self, away: int | None, side: str) -> str:
        if away == 0:
            return "CURRENT ROW"
        return f"{'UNBOUNDED' if away is None else away} {side}"
