"""Deleting what is past its age, a bounded number of rows a call. Each gives how many went.

Rows that somebody else holds are passed over until the next call: who never waits while he holds rows can be
in nobody's way for long, and in no deadlock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from analytics.hogql.levels import LEVELS, Level

STEP = 5_000


def delete(table: str, where: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE ctid = ANY"
            f" (ARRAY(SELECT ctid FROM {table} WHERE {where} LIMIT {STEP} FOR UPDATE SKIP LOCKED))",
            values,
        )
        return int(cursor.rowcount)


def _any(table: str, where: str, values: list[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {where})", values)
        return bool(cursor.fetchone()[0])


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
        where, values = _before(level, project_id, event, before)
        gone = delete(level.table, where, values)
        if gone or _any(level.table, where, values):
            return gone  # what somebody holds is left for the next time, and so is what tells of it
    gone = delete(
        "detail_gaps", 'project_id = %s AND event = %s AND "hour" < %s', [project_id, event, before]
    )
    return gone + delete(first.table, *_before(first, project_id, event, before))


def _before(level: Level, project_id: int, event: str, moment: datetime) -> tuple[str, list[Any]]:
    limit = moment if level.bucket == "hour" else moment.date()
    return f"project_id = %s AND event = %s AND {level.column} < %s", [project_id, event, limit]


def detail_keys(before: datetime) -> int:
    """No event comes for these hours any more."""
    return delete("detail_keys", '"hour" < %s', [before])


def event_times(before: datetime) -> int:
    return delete("event_times", "fixed_at < %s", [before])


def written_entries(shard: int, before: datetime, oldest_ms: int | None) -> int:
    """Runs that are old and not in the stream any more, whose first entry is `oldest_ms` (None: no entry)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM written_entries WHERE shard = %s AND written_at < %s
            AND (%s::bigint IS NULL OR last_ms < %s)""",
            [shard, before, oldest_ms, oldest_ms],
        )
        return int(cursor.rowcount)
