"""ClickHouse in this process (chdb), holding the same rows in typed columns."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psycopg
from chdb.session import Session

TABLE = """
CREATE TABLE IF NOT EXISTS events (
    event LowCardinality(String), distinct_id String, timestamp DateTime64(3, 'UTC'), uuid UUID,
    customer_id LowCardinality(Nullable(String)), endpoint LowCardinality(Nullable(String)),
    method LowCardinality(Nullable(String)), plan LowCardinality(Nullable(String)), status Nullable(Int32),
    latency_ms Nullable(Float64), bytes Nullable(Int64), rest String
) ENGINE = MergeTree ORDER BY timestamp SETTINGS allow_nullable_key = 1
"""
ROWS = """
COPY (SELECT event, distinct_id, "timestamp", uuid, customer_id, endpoint, method, plan, status, latency_ms,
             bytes, rest
      FROM events WHERE project_id = {project} AND "timestamp" >= '{day}'::date
        AND "timestamp" < '{day}'::date + 1)
TO STDOUT (FORMAT csv)
"""


class ClickHouse:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        untyped: Any = Session
        self.session = untyped(str(directory / "chdb"))
        self.session.query("CREATE DATABASE IF NOT EXISTS bench")
        self.session.query("USE bench")
        self.session.query(TABLE)

    def copy(self, connection: psycopg.Connection, project_id: int) -> None:
        """Copy a project's events here, a day at a time."""
        path = self.directory / "day.csv"
        days = connection.execute(
            "SELECT DISTINCT day::text FROM usage_day WHERE project_id = %s ORDER BY 1", [project_id]
        ).fetchall()
        for (day,) in days:
            question = ROWS.format(project=project_id, day=day)
            with path.open("wb") as file, connection.cursor() as cursor, cursor.copy(question) as rows:
                for block in rows:
                    file.write(block)
            self.session.query(
                f"INSERT INTO events SELECT * FROM file('{path}', CSV)"
                " SETTINGS date_time_input_format = 'best_effort'"
            )
        path.unlink()
        self.session.query("OPTIMIZE TABLE events FINAL")

    def rows(self, query: str) -> list[list[Any]]:
        answer: list[list[Any]] = json.loads(str(self.session.query(query, "JSONCompact")))["data"]
        return answer

    def seconds(self, query: str) -> float:
        began = time.perf_counter()
        self.session.query(query, "JSONCompact")
        return time.perf_counter() - began
