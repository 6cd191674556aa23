"""Customer ids of the newest days that are long, or have an @: they may be keys, tokens or addresses."""

from __future__ import annotations

from django.db import connection

EVENTS = 10  # names of events
LOOKED_AT = 2_000  # customers of an event and a day; two days: at most 40,000 index entries, mostly 4,000
SHORTEST = 16

# The names by a loose scan: the index begins with project and event.
SQL = """
WITH RECURSIVE names AS (
    (SELECT event FROM usage_day WHERE project_id = %(project)s ORDER BY event LIMIT 1)
    UNION ALL
    SELECT (SELECT event FROM usage_day
            WHERE project_id = %(project)s AND event > names.event ORDER BY event LIMIT 1)
    FROM names WHERE names.event IS NOT NULL
), few AS (SELECT event FROM names WHERE event IS NOT NULL LIMIT %(events)s)
SELECT customer_id, number FROM few, generate_series(0, 1) AS ago, LATERAL (
    SELECT customer_id, row_number() OVER () AS number FROM usage_day
    WHERE project_id = %(project)s AND event = few.event AND customer_id IS NOT NULL
      AND day = (now() AT TIME ZONE 'UTC')::date - ago
    LIMIT %(most)s
) AS ids
WHERE length(customer_id) >= %(shortest)s OR position('@' IN customer_id) > 0 OR number = %(most)s
"""


def long_customer_ids(project_id: int) -> tuple[list[str], bool]:
    """Each once, and whether no customer of these two days was left out."""
    values = {"project": project_id, "events": EVENTS, "most": LOOKED_AT, "shortest": SHORTEST}
    with connection.cursor() as cursor:
        cursor.execute(SQL, values)
        rows = cursor.fetchall()
    ids = dict.fromkeys(str(customer_id) for customer_id, _ in rows)
    return list(ids), all(number < LOOKED_AT for _, number in rows)
