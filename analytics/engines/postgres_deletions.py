"""What a batch must know of deletions: whose queued events it drops, and whose new ones it notes.

Every function takes a cursor inside the writing transaction, which shares the lock of `prepare`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.backends.utils import CursorWrapper

DROP = """
DELETE FROM staged_events
WHERE project_id = %s AND entry = ANY(%s) AND coalesce(customer_id, rest->>'customer_id') = %s
"""
# Of the rows that were really inserted. A uuid that came twice, of two customers, may be noted too often: it
# is only ever looked for among this customer's rows.
KEEP = """
INSERT INTO kept_events (deletion_id, "timestamp", uuid)
SELECT DISTINCT %s::bigint, k."timestamp", k.uuid
FROM staged_keys k JOIN staged_events s ON s.project_id = k.project_id AND s.uuid = k.uuid
WHERE k.project_id = %s AND coalesce(s.customer_id, s.rest->>'customer_id') = %s
ON CONFLICT DO NOTHING
"""


def asked(
    cursor: CursorWrapper, projects: Collection[int], since_ms: int
) -> list[tuple[int, int, str | None, int, bool]]:
    """Deletions that are under way, or that entries of the stream from `since_ms` on may be older than:
    id, project, customer (None: the whole project), the moment it was asked for in ms, whether it goes on."""
    cursor.execute(
        "SELECT id, project_id, customer_id, cutoff_ms, finished_at IS NULL FROM analytics_deletion"
        " WHERE project_id = ANY(%s) AND (finished_at IS NULL OR cutoff_ms >= %s OR customer_id IS NULL)"
        " ORDER BY id",
        [list(projects), since_ms],
    )
    return list(cursor.fetchall())


def drop(cursor: CursorWrapper, project_id: int, customer: str, entries: list[int]) -> int:
    """Take a customer's events of these entries out of what is staged. Gives how many they were."""
    cursor.execute(DROP, [project_id, entries, customer])
    return int(cursor.rowcount)


def keep(cursor: CursorWrapper, deletion: int, project_id: int, customer: str) -> None:
    """Note the customer's events that were just inserted: the deletion passes them over."""
    values: list[Any] = [deletion, project_id, customer]
    cursor.execute(KEEP, values)
