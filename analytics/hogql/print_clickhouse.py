"""The resolved query → one ClickHouse statement: the second of two printers with one meaning.

The product itself runs PostgreSQL only; this says what each query means in ClickHouse's own words, for the
differential test, and for a columnar engine beside PostgreSQL one day. It prints the tree as resolve.py and
project.py leave it: without rollups (plan.py) and stages (stages.py), which are PostgreSQL's.

The tables it reads:
events(project_id, uuid UUID, event String, distinct_id String, timestamp DateTime64(3, 'UTC'),
properties String), the properties as JSON text, and usage(project_id, event String,
customer_id Nullable(String), day Date, calls UInt64,
first_call_at DateTime64(3, 'UTC'), last_call_at DateTime64(3, 'UTC')).

Names are ours: a relation is r0, r1 …, its columns r0c0, r0c1 …: no two SELECTs share a column's name, as
ClickHouse reads the names of a SELECT's columns in its WHERE too.
"""

from __future__ import annotations

from dataclasses import replace

from analytics.hogql.print_clickhouse_expression import Expressions
from analytics.hogql.tree import (
    ArrayJoin,
    Column,
    Derived,
    Join,
    Numbers,
    Property,
    Query,
    Relation,
    Rollup,
    Select,
    Table,
    Union,
)


def to_clickhouse(query: Query, most_rows: int | None = None) -> str:
    """The statement; its columns are c0, c1 … as in `query.outputs`. Literals stand in it, escaped."""
    if most_rows is not None and isinstance(query, Select):
        query = replace(query, limit=most_rows if query.limit is None else min(query.limit, most_rows))
    return _Printer().query(query, "")


class _Printer:
    def __init__(self) -> None:
        self.expressions = Expressions(self.column, self.subquery)
        self.frames: list[tuple[Relation, str]] = []  # the relations around, and what we call them
        self.printed: dict[Query, str] = {}
        self.count = 0

    def subquery(self, query: Query) -> str:
        """A subquery in an expression. Where it stands twice its text is the same, as of any group key."""
        if query not in self.printed:
            self.printed[query] = self.query(query, self._name("q"))
        return self.printed[query]

    def _name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count - 1}"

    def query(self, query: Query, prefix: str) -> str:
        """A query whose columns are called by the prefix, c, and their place."""
        if isinstance(query, Union):
            word = f" {query.kind} {'DISTINCT' if query.distinct else 'ALL'} "
            return word.join(f"({self.query(part, prefix)})" for part in query.selects)
        depth = len(self.frames)
        from_ = "" if query.relation is None else f" FROM {self._from(query.relation)}"
        text = self._select(query, from_, prefix)
        del self.frames[depth:]
        return text

    def _select(self, select: Select, from_: str, prefix: str) -> str:
        printer = self.expressions
        columns = ", ".join(
            f"{printer.value(column.expr)} AS {prefix}c{index}" for index, column in enumerate(select.columns)
        )
        text = f"SELECT {'DISTINCT ' if select.distinct else ''}{columns}{from_}"
        if select.where is not None:
            text += f" WHERE {printer.condition(select.where)}"
        if select.group_by:
            text += f" GROUP BY {self._groups(select)}"
        if select.having is not None:
            text += f" HAVING {printer.condition(select.having)}"
        if select.qualify is not None:
            text += f" QUALIFY {printer.condition(select.qualify)}"
        if select.order_by:
            text += f" ORDER BY {', '.join(self._orders(select))}"
        if select.limit_by is not None:
            by = select.limit_by
            text += f" LIMIT {by.count} OFFSET {by.offset} BY {', '.join(map(printer.key, by.keys))}"
        text += "" if select.limit is None else f" LIMIT {select.limit}"
        text += "" if select.offset is None else f" OFFSET {select.offset}"
        return text + " WITH TIES" * select.with_ties

    def _orders(self, select: Select) -> list[str]:
        keys, fill = list(map(self.expressions.order, select.order_by)), select.fill
        if fill is not None:
            edges = (("FROM", fill.start), ("TO", fill.end), ("STEP", fill.step))
            said = (f" {word} {self.expressions.value(edge)}" for word, edge in edges if edge is not None)
            keys[fill.place] += f" WITH FILL{''.join(said)}"
        return keys

    def _groups(self, select: Select) -> str:
        keys = list(map(self.expressions.key, select.group_by))
        if not select.sets:
            return ", ".join(keys)
        sets = (", ".join(keys[place] for place in places) for places in select.sets)
        return f"GROUPING SETS ({', '.join(f'({places})' for places in sets)})"

    def _from(self, relation: Relation) -> str:
        """The relation and its name; what stands in it can be named from here on."""
        match relation:
            case Join():
                left, right = self._from(relation.left), self._from(relation.right)
                if relation.on is None:
                    return f"{left} CROSS JOIN {right}"
                kind = f"{'ASOF ' if relation.closest else ''}{relation.kind}"
                return f"{left} {kind} JOIN {right} ON {self.expressions.joining(relation.on)}"
            case ArrayJoin():
                return self._array_join(relation)
        name = self._name("r")
        inner = self._relation(relation, name)
        self.frames.append((relation, name))
        return f"{inner} AS {name}"

    def _array_join(self, join: ArrayJoin) -> str:
        assert join.left is not None, "without a relation it is arrayJoin, which stages.py takes out"
        left = self._from(join.left)
        name = self._name("a")
        arrays = [
            f"{self.expressions.value(array)} AS {name}c{index}"
            for index, (_, array) in enumerate(join.arrays)
        ]
        self.frames.append((join, name))
        return f"{left} {'LEFT ' if join.outer else ''}ARRAY JOIN {', '.join(arrays)}"

    def _relation(self, relation: Relation, name: str) -> str:
        match relation:
            case Derived():
                return f"({self.query(relation.query, name)})"
            case Numbers():
                count = relation.count
                return f"numbers({count if isinstance(count, int) else self.expressions.value(count)})"
            case Table(project_id=int()):
                return f"(SELECT * FROM {relation.name} WHERE {self._own(relation)})"
            case Table():
                raise AssertionError("a table without a project must never be printed")
            case _:
                assert isinstance(relation, Rollup)
                raise AssertionError("rollups are PostgreSQL's")

    def _own(self, table: Table) -> str:
        """The predicate that keeps a table to its project, and to the time that can matter."""
        text = f"project_id = {table.project_id}"
        if table.since is not None:
            text += f" AND timestamp >= {self.expressions.moment(table.since)}"
        if table.until is not None:
            text += f" AND timestamp < {self.expressions.moment(table.until)}"
        return text

    def column(self, column: Column | Property) -> str:
        """A column of a relation around; of a property, the JSON text that it is in."""
        relation, name = next(
            frame
            for frame in reversed(self.frames)
            if not isinstance(frame[0], Join) and frame[0].alias == column.source
        )
        known = "properties" if isinstance(column, Property) else column.name
        match relation:
            case Derived(query=query):
                return f"{name}.{name}c{[output for output, _ in query.outputs].index(known)}"
            case ArrayJoin(arrays=arrays):
                return f"{name}c{[item for item, _ in arrays].index(known)}"
        return f"{name}.{known}"
