"""One text, three answers: Agentry's, the ClickHouse printer's, and ClickHouse's to the text as it stands."""

from __future__ import annotations

import re
from typing import Any

from agentry.errors import AgentryError
from analytics.engines import postgres
from analytics.hogql.errors import HogQLError
from analytics.hogql.parse import parse
from analytics.hogql.plan import Facts, plan
from analytics.hogql.print_clickhouse import to_clickhouse
from analytics.hogql.print_postgres import to_postgres
from analytics.hogql.project import tie_to_project
from analytics.hogql.resolve import resolve
from analytics.hogql.scope import Context
from analytics.hogql.tree import Query, Select
from analytics.hogql.types import Type
from analytics.values import python_rows
from tests.clickhouse import ask, plain, same, session
from tests.hogql_events import FROM, NOW, PROPERTY_TYPES, fixed_clock

MOST = 20_000
Rows = list[tuple[Any, ...]]


class RefusedError(Exception):
    """Agentry does not answer this text: its code and words."""


def resolved(text: str, project_id: int) -> Query:
    try:
        return tie_to_project(resolve(parse(text), Context(NOW, PROPERTY_TYPES)), project_id)
    except HogQLError as error:
        raise RefusedError(f"{error.message} ({error.code})") from None


def ours(query: Query, project_id: int, *, rollups: bool = True) -> Rows:
    """The rows from PostgreSQL."""
    facts = Facts(NOW, FROM, lambda low, high: [], rollups)
    planned, _ = plan(query, facts)
    try:
        rows = postgres.fetch(to_postgres(planned, MOST), project_id, MOST)
    except (AgentryError, HogQLError) as error:
        raise RefusedError(f"{error.message} ({error.code})") from None
    return python_rows(rows, [type_ for _, type_ in planned.outputs])


def difference(text: str, project_id: int, *, printed: bool = True, verbatim: bool = True) -> str:
    """How the answers to one query differ, in words; "" if they do not. Raises RefusedError."""
    query = resolved(text, project_id)
    rows = ours(query, project_id)
    found = []
    if printed:
        sql = to_clickhouse(query)
        found.append(_compared("printed", sql, "as_json", query, rows))
    if verbatim:
        found.append(_compared("verbatim", fixed_clock(text), "as_tuple", query, rows))
    lines = [f"    {line}" for line in found if line]
    return "\n".join([text, *lines]) if lines else ""


def _compared(who: str, sql: str, database: str, query: Query, rows: Rows) -> str:
    session().query(f"USE {database}")
    try:
        _, kinds, theirs = ask(sql)
    except RuntimeError as error:
        return f"{who}: fails: {_first_line(str(error))}"
    finally:
        session().query("USE judge")
    types, their_types = [str(type_) for _, type_ in query.outputs], [_told(kind) for kind in kinds]
    if types != their_types:
        return f"{who}: types {types} here, {their_types} in ClickHouse"
    if len(rows) != len(theirs):
        return f"{who}: {len(rows)} rows here, {len(theirs)} in ClickHouse"
    mine, other = list(rows), [tuple(row) for row in theirs]
    if not (isinstance(query, Select) and query.order_by):
        mine, other = (
            in_order(mine, [t for _, t in query.outputs]),
            in_order(other, [t for _, t in query.outputs]),
        )
    for place, (a, b) in enumerate(zip(mine, other, strict=True)):
        if not all(same(x, y, kind) for x, y, kind in zip(a, b, kinds, strict=True)):
            return f"{who}: row {place}: {_short(a)} here, {_short(b)} in ClickHouse"
    return ""


def _told(kind: str) -> str:
    """A type as Agentry tells it: without the sizes of dates and of bytes, an Enum as its text."""
    return re.sub(r"Enum8\([^()]*\)|Date32|FixedString\(\d+\)", _plain_name, plain(kind))


def _plain_name(match: re.Match[str]) -> str:
    known = {"Enum": "String", "Date": "Date", "Fixe": "FixedString"}
    return known[match[0][:4]]


def in_order(rows: Rows, types: list[Type]) -> Rows:
    """Rows in an order that both engines' values agree on."""
    return sorted(rows, key=lambda row: [_key(value, type_) for value, type_ in zip(row, types, strict=True)])


def _key(value: Any, type_: Type) -> str:
    if value is None:
        return "\0"
    if type_.is_float:
        return f"{float(value):.10g}"  # moments in seconds differ in the tenth digit
    if type_.items:
        items = type_.items * len(value) if type_.is_array else type_.items
        return "|".join(_key(part, item) for part, item in zip(value, items, strict=True))
    return re.sub(r"\+00:00$|\.0+(\+00:00)?$", "", str(value))


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0][:300]


def _short(row: tuple[Any, ...]) -> str:
    text = str(row)
    return text if len(text) < 300 else text[:300] + "…"
