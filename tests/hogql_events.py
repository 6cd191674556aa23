"""Events of every awkward kind, the same ones in PostgreSQL and in ClickHouse (chdb), for comparing answers.

ClickHouse holds them twice: in the database `as_json` as print_clickhouse.py wants them, properties as JSON
text, and in `as_tuple` with properties as a Tuple of typed, nullable elements, where a HogQL text can be run
as it stands, as `properties.status` reads an element there.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from analytics.hogql.levels import LEVELS
from analytics.hogql.scope import FIXED_TYPES
from analytics.write.partitions import existing
from analytics.write.partitions import name as partition
from tests.clickhouse import session
from tests.stored import COLUMNS, store

NOW = datetime(2026, 11, 22, 12, 30, 15, 123000, tzinfo=UTC)
FROM = datetime(2026, 10, 1, tzinfo=UTC)
PROJECT = 4_242
OTHER = 4_243  # a project whose rows nobody may see

# The types that the project has recorded for properties beyond the fixed ones.
PROPERTY_TYPES = {"score": "Numeric", "cached": "Boolean", "due": "DateTime", "region": "String"}
ALL_TYPES = {**FIXED_TYPES, **PROPERTY_TYPES}
STORED_AS = {"String": "String", "Numeric": "Float64", "Boolean": "Bool", "DateTime": "DateTime64(3, 'UTC')"}
NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?")

CUSTOMERS = ["acme", "acme", "acme", "wayne", "wayne", "stark", "", None, "ünï ☃", 'o\'neil \\ "q"', "Acme"]
ENDPOINTS = ["/v1/users", "/v1/users", "/v1/orders", "/v2/orders/42", "/health", "/v1/Ünï?q=a&b=1", "", None]
REGIONS = ["eu", "us", "us", "a%b_c", "line\nbreak\ttab", "'quoted'", "", None, "ÄÖÜ", "日本"]
TAGS = [[], ["a"], ["b", "a"], ["x y", "ünï", "a"], ["a", "a", "b"]]
SPECIAL = [
    "2026-10-25T00:30:00.000",  # Berlin's clocks go back in this hour
    "2026-10-25T01:30:00.000",
    "2026-11-01T05:59:59.999",  # New York's
    "2026-11-01T06:00:00.000",
    "2026-10-31T23:59:59.999",
    "2026-11-01T00:00:00.000",
    "2026-11-20T07:59:59.999",
    "2026-11-20T08:00:00.000",
    "2026-11-20T08:00:00.001",
    "2026-10-01T00:00:00.000",
    "2026-11-22T12:30:15.123",
    "2026-11-22T12:30:15.122",
]


def events(count: int = 1500) -> list[dict[str, Any]]:
    """Of {timestamp, event, distinct_id, uuid, properties}; sorted by time, no two at one moment."""
    rng = random.Random(11)
    whole = int((NOW - FROM).total_seconds() * 1000)
    moments = {datetime.fromisoformat(text).replace(tzinfo=UTC) for text in SPECIAL}
    while len(moments) < count:
        moments.add(FROM + timedelta(milliseconds=rng.randrange(whole)))
    return [_event(moment, rng) for moment in sorted(moments)]


def _event(moment: datetime, rng: random.Random) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "customer_id": rng.choice(CUSTOMERS),
        "endpoint": rng.choice(ENDPOINTS),
        "method": rng.choice(["GET", "GET", "POST", "DELETE", None]),
        "plan": rng.choice(["free", "pro", "pro", "enterprise", None]),
        "status": rng.choice([200, 200, 200, 201, 301, 404, 429, 500, 503, None, "500", "timeout"]),
        "latency_ms": rng.choice([rng.randrange(1, 90_000) / 16, 12, 0, 0.5, "7.25", None]),
        "bytes": rng.choice([rng.randrange(1 << 20), 0, rng.randrange(1 << 40), None]),
        "score": rng.choice([-1.5, 0, 3, 2.5, 1000000, "17", "x", "", None, True]),
        "cached": rng.choice([True, False, None]),
        "due": rng.choice(["2026-12-01T00:00:00.000Z", "2026-10-25T01:15:00.500Z", None]),
        "region": rng.choice(REGIONS),
        "tags": rng.choice(TAGS),
        "nested": rng.choice([{"level": 2, "name": "deep"}, {"name": "ünï"}, {}]),
        "size": rng.choice([1, 22, 333]),
    }
    return {
        "timestamp": moment,
        "event": rng.choice(["api_request", "api_request", "api_request", "page_view", "sign_up"]),
        "distinct_id": rng.choice(["u1", "u2", "u3", "", "ü"]),
        "uuid": UUID(int=rng.getrandbits(128), version=4),
        "properties": {
            key: value for key, value in properties.items() if value is not None or rng.random() < 0.5
        },
    }


def load(project_id: int = PROJECT) -> None:
    """The events into PostgreSQL's tables and both databases of ClickHouse; another project's beside them."""
    rows = events()
    store(project_id, [_stored(row) for row in rows])
    with connection.cursor() as cursor:
        for day in existing():  # one process reads rows in the order of time, as `any` and arrays show it
            cursor.execute(f"ALTER TABLE {partition(day)} SET (parallel_workers = 0)")
    other = [{**row, "event": "canary", "uuid": UUID(int=index)} for index, row in enumerate(rows[::50])]
    clickhouse = session()
    clickhouse.query("SET max_threads = 1")  # rows in the order they were put in, as arrays show it
    for database in ("as_json", "as_tuple"):
        clickhouse.query(f"DROP DATABASE IF EXISTS {database}")
        clickhouse.query(f"CREATE DATABASE {database}")
    columns = "uuid UUID, event String, distinct_id String, timestamp DateTime64(3, 'UTC')"
    _fill(
        "as_json.events",
        f"project_id UInt32, {columns}, properties String",
        [_as_json(row, project_id) for row in rows] + [_as_json(row, OTHER) for row in other],
    )
    elements = ", ".join(f"{name} Nullable({STORED_AS[kind]})" for name, kind in ALL_TYPES.items())
    _fill("as_tuple.events", f"{columns}, properties Tuple({elements})", [_as_tuple(row) for row in rows])
    _load_usage(project_id)


def clear(project_id: int = PROJECT) -> None:
    """Take the events out of PostgreSQL again."""
    with connection.cursor() as cursor:
        for table in ("events", *(level.table for level in LEVELS)):
            cursor.execute(f"DELETE FROM {table} WHERE project_id = %s", [project_id])


def _load_usage(project_id: int) -> None:
    columns = (
        "event String, customer_id Nullable(String), day Date, calls UInt64,"
        " first_call_at DateTime64(3, 'UTC'), last_call_at DateTime64(3, 'UTC')"
    )
    select = (
        "SELECT event, properties.customer_id AS customer_id, toDate(timestamp) AS day, count() AS calls,"
        " min(timestamp) AS first_call_at, max(timestamp) AS last_call_at"
        " FROM as_tuple.events GROUP BY 1, 2, 3"
    )
    _fill("as_tuple.usage", columns, [])
    _fill("as_json.usage", f"project_id UInt32, {columns}", [])
    session().query(f"INSERT INTO as_tuple.usage {select}")
    session().query(f"INSERT INTO as_json.usage SELECT {project_id}, * FROM as_tuple.usage")
    session().query(f"INSERT INTO as_json.usage SELECT {OTHER}, * FROM as_tuple.usage LIMIT 50")


def _fill(table: str, columns: str, rows: Iterable[dict[str, Any]]) -> None:
    session().query(f"CREATE TABLE {table} ({columns}) ENGINE = Memory")
    lines = "\n".join(json.dumps(row) for row in rows)
    if lines:
        session().query(f"INSERT INTO {table} FORMAT JSONEachRow {lines}")


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    """As the writer lays an event down: what fits its column there, the rest as JSON."""
    rest = dict(row["properties"])
    found = {key: value for key, value in row.items() if key != "properties"}
    for name in COLUMNS:
        kind = (
            str if FIXED_TYPES[name] == "String" else (int if name in {"status", "bytes"} else (int, float))
        )
        if isinstance(rest.get(name), kind):
            found[name] = rest.pop(name)
    return {**found, "rest": rest}


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03}"


def _as_json(row: dict[str, Any], project_id: int) -> dict[str, Any]:
    properties = json.dumps(row["properties"], ensure_ascii=False)
    moment, uuid = _moment(row["timestamp"]), str(row["uuid"])
    return {**row, "project_id": project_id, "uuid": uuid, "timestamp": moment, "properties": properties}


def _as_tuple(row: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _typed(row["properties"].get(name), kind) for name, kind in ALL_TYPES.items()}
    return {
        **row,
        "uuid": str(row["uuid"]),
        "timestamp": _moment(row["timestamp"]),
        "properties": properties,
    }


def _typed(value: Any, kind: str) -> Any:
    """A property's value as its type reads it."""
    if value is None:
        return None
    if kind == "String":
        return value if isinstance(value, str) else json.dumps(value)
    if kind == "Numeric":
        text = value if isinstance(value, str) else json.dumps(value)
        return float(text) if NUMBER.fullmatch(text) else None
    if kind == "DateTime":
        return value.replace("T", " ").rstrip("Z")
    return value if isinstance(value, bool) else None


def fixed_clock(text: str) -> str:
    """A HogQL text with NOW written out, for ClickHouse, whose clock cannot be set."""
    now = f"toDateTime64('{_moment(NOW)}', 3, 'UTC')"
    text = re.sub(r"\bnow\(\)", now, text)
    today: date = NOW.date()
    text = re.sub(r"\btoday\(\)", f"toDate('{today}')", text)
    return re.sub(r"\byesterday\(\)", f"toDate('{today - timedelta(days=1)}')", text)
