"""Names that a project's events use, for a person to choose from."""

from __future__ import annotations

from django.db import connection

# From one name to the next along the key of the rollups: as many look-ups as names, however many rows.
_EVENTS = """
WITH RECURSIVE names AS (
    (SELECT event FROM usage_day WHERE project_id = %(project)s ORDER BY event LIMIT 1)
    UNION ALL
    SELECT (SELECT later.event FROM usage_day AS later
            WHERE later.project_id = %(project)s AND later.event > names.event
            ORDER BY later.event LIMIT 1)
    FROM names WHERE names.event IS NOT NULL
)
SELECT event FROM names WHERE event IS NOT NULL LIMIT %(most)s
"""


def event_names(project_id: int, most: int) -> list[str]:
    """The first `most` names of events, in the database's order."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, {"project": project_id, "most": most})
        return [name for (name,) in cursor.fetchall()]
