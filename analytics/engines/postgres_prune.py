"""Deleting what is past its age, a bounded number of rows a call. Each gives how many went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from analytics.hogql.levels import LEVELS, Level

STEP = 5_000


def _delete(table: str, where: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE ctid = ANY"
            f" (ARRAY(SELECT ctid FROM {table} WHERE {where} LIMIT {STEP}))",
            values,
        )
        return int(cursor.rowcount)


def rollups(before: datetime) -> int:
    """Rows of all levels before a day, of one project and event a call.

    usage_day, the smallest, says where there is something to delete, and so it goes last: the others have no
    index that begins with the time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT project_id, event FROM usage_day WHERE day < %s LIMIT 1", [before.date()])
        found = cursor.fetchone()
    if found is None:
        return 0
    project_id, event = found
    first, *others = LEVELS
    for level in others:
        gone = _before(level, project_id, event, before)
        if gone:
            return gone
    gone = _delete(
        "detail_gaps", 'project_id = %s AND event = %s AND "hour" < %s', [project_id, event, before]
    )
    return gone + _before(first, project_id, event, before)


def _before(level: Level, project_id: int, event: str, before: datetime) -> int:
    limit = before if level.bucket == "hour" else before.date()
    where = f'project_id = %s AND event = %s AND "{level.bucket}" < %s'
    return _delete(level.table, where, [project_id, event, limit])


def detail_keys(before: datetime) -> int:
    """No event comes for these hours any more."""
    return _delete("detail_keys", '"hour" < %s', [before])


def event_times(before: datetime) -> int:
    return _delete("event_times", "fixed_at < %s", [before])


def written_entries(shard: int, before: datetime, oldest_ms: int | None) -> int:
    """Runs that are old and not in the stream any more, whose first entry is `oldest_ms` (None: no entry)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM written_entries WHERE shard = %s AND written_at < %s
            AND (%s::bigint IS NULL OR last_ms < %s)""",
            [shard, before, oldest_ms, oldest_ms],
        )
        return int(cursor.rowcount)
