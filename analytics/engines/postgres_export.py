"""Reading a whole project out, row by row, from one snapshot, as the role that can read one project only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, cast

import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo

SESSION = {
    "role": "agentry_query",
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "repeatable\\ read",
    "timezone": "UTC",
    "search_path": "public",
    "jit": "off",
    "lock_timeout": "2s",
    "statement_timeout": "2h",  # an old snapshot keeps dead rows from being cleared away
}
CHUNK_ROWS = 500

# What was sent: the columns' properties, where there are any, beside the rest.
EVENTS = """
SELECT jsonb_build_object(
    'uuid', uuid, 'event', event, 'distinct_id', distinct_id,
    'timestamp', to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'properties', jsonb_strip_nulls(jsonb_build_object(
        'customer_id', customer_id, 'endpoint', endpoint, 'method', method, 'plan', plan,
        'status', status, 'latency_ms', latency_ms, 'bytes', bytes)) || coalesce(rest, '{}'))::text
FROM events
WHERE project_id = %(project)s AND "timestamp" >= %(since)s AND "timestamp" < %(until)s
ORDER BY "timestamp", uuid
"""
USAGE = """
SELECT event, customer_id, day, calls, first_at, last_at FROM usage_day
WHERE project_id = %(project)s AND day >= (%(since)s AT TIME ZONE 'UTC')::date
  AND day < (%(until)s AT TIME ZONE 'UTC')::date
ORDER BY day, event, customer_id
"""


def events(project_id: int, since: datetime, until: datetime) -> Iterator[str]:
    """Each event in [since, until) as the JSON that would send it again, the oldest first."""
    with _reading(project_id) as connection:
        values = {"project": project_id, "since": since, "until": until}
        for (line,) in _rows(connection, EVENTS, values):
            yield line


def usage(project_id: int, since: datetime, until: datetime) -> Iterator[tuple[Any, ...]]:
    """(event, customer, day, calls, first, last) of whole days in [since, until), the oldest first."""
    with _reading(project_id) as connection:
        values = {"project": project_id, "since": since, "until": until}
        yield from _rows(connection, USAGE, values)


@contextmanager
def _reading(project_id: int) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection of its own, which no thread owns: a download is read by whichever is free."""
    database = connections["default"].settings_dict
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    conninfo = make_conninfo(
        host=database["HOST"],
        port=database["PORT"] or None,
        dbname=database["NAME"],
        user=database["USER"],
        password=database["PASSWORD"] or None,
        options=options,
        connect_timeout=5,
    )
    with closing(psycopg.connect(conninfo, prepare_threshold=None)) as connection:
        connection.execute("SELECT set_config('agentry.project_id', %s, false)", [str(project_id)])
        yield connection


def _rows(
    connection: psycopg.Connection[tuple[Any, ...]], query: str, values: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    with closing(cast(Any, connection.cursor().stream(query, values, size=CHUNK_ROWS))) as rows:
        yield from rows
