"""The newest stored events of a project, and one event by its uuid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

SEARCHED = 20_000  # events that a filter looks at: some 20 ms
READ = ("customer_id", "method", "endpoint", "status", "latency_ms")
COLUMNS = '"timestamp", uuid, event, distinct_id, ' + ", ".join(
    f"coalesce({name}::text, rest->>'{name}') AS {name}" for name in READ
)


@dataclass(frozen=True)
class Stored:
    """An event as it lies in the table; None is what it does not have."""

    timestamp: datetime
    uuid: str
    event: str
    distinct_id: str
    customer_id: str | None
    method: str | None
    endpoint: str | None
    status: str | None
    latency_ms: str | None


def newest(project_id: int, event: str, customer: str, most: int, but: str = "") -> list[Stored]:
    """By their own time, the newest first, none that is ahead of now by more than a minute.

    Those whose name and customer hold `event` and `customer`, and whose name is not `but`, among the newest
    20,000."""
    filtered = bool(event or customer or but)
    return _stored(
        f"""SELECT * FROM (
            SELECT {COLUMNS} FROM events
            WHERE project_id = %s AND "timestamp" <= now() + interval '1 minute'
            ORDER BY "timestamp" DESC LIMIT %s
        ) newest
        WHERE event <> %s AND (%s = '' OR position(lower(%s) IN lower(event)) > 0)
          AND (%s = '' OR position(lower(%s) IN lower(customer_id)) > 0)
        LIMIT %s""",
        [project_id, SEARCHED if filtered else most, but, event, event, customer, customer, most],
    )


def by_uuid(project_id: int, uuid: str) -> Stored | None:
    """An event whose time the server chose."""
    found = _stored(
        f"""SELECT {COLUMNS} FROM events JOIN event_times USING (project_id, uuid, "timestamp")
        WHERE project_id = %s AND uuid = %s""",
        [project_id, uuid],
    )
    return found[0] if found else None


def _stored(sql: str, values: list[Any]) -> list[Stored]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Stored(row[0], str(row[1]), *row[2:]) for row in cursor.fetchall()]
