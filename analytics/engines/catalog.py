"""What the compiler must know of a project before it plans: small reads on the application's connection."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def property_types(project_id: int) -> dict[str, str]:
    """Name → String, Numeric, Boolean or DateTime, as recorded at ingest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, type FROM property_types WHERE project_id = %s", [project_id])
        return dict(cursor.fetchall())


def detail_gaps(project_id: int, since: datetime, until: datetime) -> list[datetime]:
    """Hours in [since, until) whose usage_detail rows are incomplete."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT DISTINCT "hour" FROM detail_gaps WHERE project_id = %s AND "hour" >= %s AND "hour" < %s',
            [project_id, since, until],
        )
        return [hour for (hour,) in cursor.fetchall()]
