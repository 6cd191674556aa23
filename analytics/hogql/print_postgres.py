"""The resolved, planned query → one PostgreSQL statement with bind parameters.

Relations and columns get names of ours (r0, c0 …): no name of the user's is ever printed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from analytics.hogql.functions import json
from analytics.hogql.print_aggregate import keeps_order
from analytics.hogql.print_array import as_types, from_json, is_json, same_sizes, source
from analytics.hogql.print_call import zero
from analytics.hogql.print_clauses import group_by, limit, numbers_end
from analytics.hogql.print_expression import Expressions
from analytics.hogql.print_fill import filled
from analytics.hogql.ranges import Range
from analytics.hogql.stages import staged
from analytics.hogql.storage import PROMOTED, all_properties, bucket_column, level_column, promoted, read
from analytics.hogql.tree import (
    ArrayJoin,
    Column,
    Derived,
    Join,
    Literal,
    Numbers,
    Property,
    Query,
    Relation,
    Rollup,
    Segment,
    Select,
    Table,
    Union,
)
from analytics.hogql.types import INT64, JSON, STRING

USAGE_COLUMNS = {"calls": "calls", "first_call_at": "first_at", "last_call_at": "last_at"}


@dataclass(frozen=True)
class Statement:
    """SQL in psycopg's format with named parameters, and their values."""

    sql: str
    parameters: dict[str, Any]


def to_postgres(query: Query, most_rows: int | None = None) -> Statement:
    """The statement; its columns are c0, c1 … as in `query.outputs`. A UNION is cut by who reads it."""
    query = staged(query)
    printer = _Printer()
    if most_rows is not None and isinstance(query, Select):
        query = replace(query, limit=most_rows if query.limit is None else min(query.limit, most_rows))
    return Statement(printer.query(query), printer.expressions.parameters)


@dataclass(frozen=True)
class _Frame:
    """One relation of the SELECT being printed: what we call it, and whether a JOIN may leave it empty."""

    relation: Table | Rollup | Derived | Numbers | ArrayJoin
    name: str
    optional: bool


def _place(frame: _Frame) -> str:
    """The column that numbers the rows of a relation."""
    match frame.relation:
        case Numbers():
            return f"{frame.name}.number"
        case ArrayJoin():
            return f"{frame.name}.i"
        case Table():
            return f'{frame.name}."timestamp"'
    return f"{frame.name}.place"


class _Printer:
    def __init__(self) -> None:
        self.expressions = Expressions(self.column, self.query)
        self.frames: list[_Frame] = []
        self.count = 0
        self.placing = False  # the next subquery numbers its rows

    def query(self, query: Query) -> str:
        if isinstance(query, Union):
            word = f" {query.kind} " if query.distinct else f" {query.kind} ALL "
            outputs = query.outputs
            return word.join(f"({as_types(self.query(p), p.outputs, outputs)})" for p in query.selects)
        return self._select(query)

    def _select(self, select: Select) -> str:
        depth, outer = len(self.frames), self.expressions.place
        self.placing = keeps_order(select)
        placed = self.placing
        from_ = "" if select.relation is None else f" FROM {self._from(select.relation)}"
        self.placing = False
        self.expressions.place = ", ".join(map(_place, self.frames[depth:])) if placed else ""
        sql = self._limited_by(select, from_) if select.limit_by else self._plain(select, from_)
        del self.frames[depth:]
        self.expressions.place = outer
        return sql + limit(select)

    def _from(self, relation: Relation, optional: bool = False) -> str:
        """The relation and its name; what stands in it can be named from here on."""
        if isinstance(relation, Join):
            left = self._from(relation.left, optional or relation.kind in {"RIGHT", "FULL"})
            right = self._from(relation.right, optional or relation.kind in {"LEFT", "FULL"})
            if relation.on is None:
                return f"{left} CROSS JOIN {right}"
            self.expressions.joining = True
            on = self.expressions.condition(relation.on, filtering=True)
            if relation.closest is not None:
                first = f"WHERE {on} ORDER BY {self.expressions.order(relation.closest)} LIMIT 1"
                right, on = f"LATERAL (SELECT * FROM {right} {first}) AS {self.frames[-1].name}", "true"
            self.expressions.joining = False
            return f"{left} {relation.kind} JOIN {right} ON {on}"
        if isinstance(relation, ArrayJoin):
            return self._array_join(relation, optional)
        inner = self._relation(relation)
        name = f"r{self.count}"
        self.count += 1
        partial = isinstance(relation, Derived) and relation.partial
        self.frames.append(_Frame(relation, name, optional or partial))
        return f"{inner} AS {name}"

    def _array_join(self, join: ArrayJoin, optional: bool) -> str:
        """The relation beside the elements of its arrays, which may be of its columns."""
        left = "" if join.left is None else self._from(join.left, optional)
        arrays = [(self.expressions.value(array), array.type) for _, array in join.arrays]
        name = f"r{self.count}"
        self.count += 1
        self.frames.append(_Frame(join, name, join.outer))
        columns = ", ".join(f"c{index}" for index in range(len(arrays)))
        elements = f"{source(arrays)} AS {name}({columns}, i)"
        if len(arrays) > 1:
            elements = f"(SELECT * FROM {elements} WHERE {same_sizes(arrays)}) AS {name}"
        if not left:
            return elements
        side = "LEFT" if join.outer else "INNER"
        return f"{left} {side} JOIN LATERAL {elements} ON true"

    def _plain(self, select: Select, from_: str) -> str:
        columns = ", ".join(
            f"{self.expressions.value(column.expr)} AS c{index}"
            for index, column in enumerate(select.columns)
        )
        if select.distinct and select.order_by:
            return self._distinct_ordered(select, f"SELECT DISTINCT {columns}{from_}{self._filters(select)}")
        if select.fill is not None:
            return filled(self.expressions, select, f"{from_}{self._filters(select)}")
        distinct = "DISTINCT " if select.distinct else ""
        order = [self.expressions.order(key) for key in select.order_by]
        order_by = f" ORDER BY {', '.join(order)}" if order else ""
        return f"SELECT {distinct}{columns}{from_}{self._filters(select)}{order_by}"

    def _distinct_ordered(self, select: Select, distinct: str) -> str:
        """PostgreSQL sorts distinct rows by their columns as they stand, not by what is made of them."""
        shown = [column.expr for column in select.columns]
        order = [
            self.expressions.order(key, f"d.c{shown.index(key.expr)}" if key.expr in shown else "")
            for key in select.order_by
        ]
        columns = ", ".join(f"d.c{index}" for index in range(len(shown)))
        return f"SELECT {columns} FROM ({distinct}) AS d ORDER BY {', '.join(order)}"

    def _filters(self, select: Select) -> str:
        text = ""
        if select.where is not None:
            text += f" WHERE {self.expressions.condition(select.where, filtering=True)}"
        if select.group_by:
            text += f" GROUP BY {group_by(select)}"
        if select.having is not None:
            text += f" HAVING {self.expressions.condition(select.having, filtering=True)}"
        return text

    def _limited_by(self, select: Select, from_: str) -> str:
        """LIMIT n BY keys: the first n rows of each key, in the order asked for."""
        assert select.limit_by is not None
        by = select.limit_by
        order = [self.expressions.order(key) for key in select.order_by]
        over = "PARTITION BY " + ", ".join(self.expressions.value(key) for key in by.keys)
        if order:
            over += f" ORDER BY {', '.join(order)}"
        columns = [f"{self.expressions.value(c.expr)} AS c{i}" for i, c in enumerate(select.columns)]
        columns.append(f"row_number() OVER ({over}) AS place")
        columns.append(f"row_number() OVER ({'ORDER BY ' + ', '.join(order) if order else ''}) AS line")
        inner = f"SELECT {', '.join(columns)}{from_}{self._filters(select)}"
        outputs = ", ".join(f"c{i}" for i in range(len(select.columns)))
        places = f"place > {by.offset} AND place <= {by.offset + by.count}"
        return f"SELECT {outputs} FROM ({inner}) AS best WHERE {places} ORDER BY line"

    def _relation(self, relation: Table | Rollup | Derived | Numbers) -> str:
        match relation:
            case Derived():
                placing, self.placing = self.placing, False
                inner = f"({self.query(relation.query)})"
                return f"(SELECT o.*, row_number() OVER () AS place FROM {inner} AS o)" if placing else inner
            case Numbers():
                last = numbers_end(relation.count, self.expressions.value)
                return f"(SELECT number FROM generate_series(0::bigint, {last}) AS n(number))"
            case Rollup():
                return f"({' UNION ALL '.join(self._segment(relation, part) for part in relation.segments)})"
            case Table():
                table = "events" if relation.name == "events" else "usage_day"
                return f"(SELECT * FROM {table} WHERE {self._own(relation)})"

    def _own(self, table: Table) -> str:
        """The predicate that keeps a table to its project, and to the time that can matter."""
        if table.project_id is None:
            raise AssertionError("a table without a project must never be printed")
        text = f"project_id = {self.expressions.parameter(table.project_id, 'integer')}"
        if table.since is not None:
            text += f' AND "timestamp" >= {self._moment(table.since)}'
        if table.until is not None:
            text += f' AND "timestamp" < {self._moment(table.until)}'
        return text

    def _moment(self, moment: datetime) -> str:
        return self.expressions.parameter(moment, "timestamptz")

    def _segment(self, rollup: Rollup, segment: Segment) -> str:
        """Rows of one level in the shape that all levels share; a raw event is a row with one call."""
        where = f"project_id = {self.expressions.parameter(rollup.project_id, 'integer')}"
        shown = "" if segment.shown is None else self._moment(segment.shown)
        columns = [level_column(name, segment.level, shown) for name in rollup.columns]
        within = self._within(bucket_column(segment.level), segment.ranges)
        return f"SELECT {', '.join(columns)} FROM {segment.level} WHERE {where} AND {within}"

    def _within(self, column: str, ranges: tuple[Range, ...]) -> str:
        parts = []
        for low, high in ranges:
            if column == "day":
                first = self.expressions.parameter(low.date(), "date")
                end = self.expressions.parameter(high.date(), "date")
            else:
                first, end = self._moment(low), self._moment(high)
            parts.append(f"{column} >= {first} AND {column} < {end}")
        return "(" + (" OR ".join(parts) or "false") + ")"

    def column(self, column: Column | Property) -> str:
        frame = next(frame for frame in reversed(self.frames) if frame.relation.alias == column.source)
        if isinstance(column, Property):
            return self._property(column, frame)
        text = self._stored(column.name, frame)
        if frame.optional and not self.expressions.joining and not column.type.nullable:
            return f"coalesce({text}, {zero(column.type)})"  # what a LEFT JOIN left empty, in ClickHouse
        return text

    def _stored(self, column: str, frame: _Frame) -> str:
        match frame.relation:
            case Derived(query=query):
                return f"{frame.name}.c{[output for output, _ in query.outputs].index(column)}"
            case ArrayJoin(arrays=arrays):
                index = [name for name, _ in arrays].index(column)
                array = arrays[index][1].type
                text = f"{frame.name}.c{index}"
                return from_json(text, array.item) if is_json(array) else text
            case Table(name="usage"):
                return f"{frame.name}.{USAGE_COLUMNS.get(column, column)}"
            case Table() if column == "properties":
                return all_properties(frame.name)
        return f'{frame.name}."{column}"'

    def _property(self, prop: Property, frame: _Frame) -> str:
        key = str(prop.path[0])
        if prop.type == JSON:
            return self._sent(key, frame)
        if len(prop.path) > 1:
            return self._nested(prop)
        derived = isinstance(frame.relation, Derived)
        if key in PROMOTED and not derived:
            return promoted(key, f"{frame.name}.")
        text = f"hogql_json({self._stored('properties', frame)})::jsonb" if derived else f"{frame.name}.rest"
        return read(text, self.expressions.parameter(key, "text"), prop.type.name)

    def _nested(self, prop: Property) -> str:
        """What stands at keys and places inside a property, as text."""
        path = [Literal(step, STRING if isinstance(step, str) else INT64) for step in prop.path[1:]]
        text = json.at(self.expressions, replace(prop, path=prop.path[:1], type=JSON), path)
        return f"hogql_json_string({text})"

    def _sent(self, key: str, frame: _Frame) -> str:
        """The property as JSON, as it was sent; from a subquery's `properties`, which are text, likewise."""
        if key in PROMOTED and not isinstance(frame.relation, Derived):
            return f"coalesce(to_jsonb({frame.name}.{key}), {frame.name}.rest -> '{key}')"
        text = f"{frame.name}.rest"
        if isinstance(frame.relation, Derived):
            text = f"hogql_json({self._stored('properties', frame)})"
        return f"({text} -> {self.expressions.parameter(key, 'text')})"
