"""Types of a project's properties, as people see and change them. (Ingest records them, postgres_write.)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True)
class PropertyType:
    """`type` is String, Numeric, Boolean or DateTime; `since` None: recorded before that was kept."""

    name: str
    type: str
    since: datetime | None


def listed(project_id: int, part: str, most: int) -> list[PropertyType]:
    """The first `most` by name, those whose name holds `part`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, type, since FROM property_types WHERE project_id = %s"
            " AND (%s = '' OR position(lower(%s) IN lower(name)) > 0)"
            ' ORDER BY lower(name), name COLLATE "C" LIMIT %s',
            [project_id, part, part, most],
        )
        return [PropertyType(*row) for row in cursor.fetchall()]


def change(project_id: int, name: str, type_: str) -> str | None:
    """Give a recorded property another type. The one it had, or None if none was recorded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH old AS (SELECT name, type FROM property_types"
            " WHERE project_id = %s AND name = %s FOR UPDATE)"
            " UPDATE property_types AS p SET type = %s, since = now() FROM old"
            " WHERE p.project_id = %s AND p.name = old.name RETURNING old.type",
            [project_id, name, type_, project_id],
        )
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def forget(project_id: int, name: str) -> bool:
    """Take the type away; the next event with the property records one anew."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM property_types WHERE project_id = %s AND name = %s", [project_id, name])
        return bool(cursor.rowcount)
