"""What became of events: the totals that the writer keeps, and the dead letters."""

from __future__ import annotations

from django.db import connection


def totals(project_id: int | None = None) -> dict[tuple[int, str, str], int]:
    """(project, outcome, reason) → events, of one project or of all."""
    where, values = ("WHERE project_id = %s", [project_id]) if project_id is not None else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT project_id, outcome, reason, events FROM ingest_totals {where}", values)
        return {(project, outcome, reason): events for project, outcome, reason, events in cursor.fetchall()}


def next_dead_letter(project_id: int, after: int) -> tuple[int, str, str] | None:
    """The project's next dead letter with a larger id that was not replayed: id, payload, reason.

    Inside a transaction: it is locked, and one that somebody else holds is passed over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, payload, reason FROM dead_letters
            WHERE project_id = %s AND id > %s AND replayed_at IS NULL ORDER BY id LIMIT 1
            FOR UPDATE SKIP LOCKED""",
            [project_id, after],
        )
        found: tuple[int, str, str] | None = cursor.fetchone()
        return found


def mark_replayed(letter: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dead_letters SET replayed_at = now() WHERE id = %s", [letter])
