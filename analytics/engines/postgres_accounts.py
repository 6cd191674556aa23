"""What became of events: the totals that the writer keeps."""

from __future__ import annotations

from django.db import connection


def totals(project_id: int | None = None) -> dict[tuple[int, str, str], int]:
    """(project, outcome, reason) → events, of one project or of all."""
    where, values = ("WHERE project_id = %s", [project_id]) if project_id is not None else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT project_id, outcome, reason, events FROM ingest_totals {where}", values)
        return {(project, outcome, reason): events for project, outcome, reason, events in cursor.fetchall()}
