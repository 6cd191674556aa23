"""Everybody's figures and rhythm, read from the levels of customers in one pass."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection

WINDOWS = (7, 30, 90)  # days up to now
HORIZON = 60  # days of daily calls
CHUNK = 2_000
FIGURES = ("calls", "complete", "before", "active")  # of each window, in this order


def _sums() -> str:
    """The figures of a customer, from its days; `today` is a parameter."""
    parts = []
    for days in WINDOWS:
        parts += [
            f"coalesce(sum(calls) FILTER (WHERE ago < {days}), 0)::bigint",
            f"coalesce(sum(calls) FILTER (WHERE ago BETWEEN 1 AND {days}), 0)::bigint",
            f"coalesce(sum(calls) FILTER (WHERE ago BETWEEN {days + 1} AND {2 * days}), 0)::bigint",
            f"count(*) FILTER (WHERE ago < {days})",
        ]
    return ", ".join(parts)


def events(project_id: int, most: int) -> list[str]:
    """The project's events by name: from one to the next in the index, however many rows each has."""
    first = "SELECT event FROM usage_day WHERE project_id = %s"
    following = f"{first} AND event > names.event ORDER BY event LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE names AS (
                ({first} ORDER BY event LIMIT 1)
                UNION ALL SELECT ({following}) FROM names WHERE names.event IS NOT NULL
            )
            SELECT event FROM names WHERE event IS NOT NULL LIMIT %s""",
            [project_id, project_id, most],
        )
        return [row[0] for row in cursor.fetchall()]


def calls_of(project_id: int, event: str, day: date, most: int) -> int:
    """How many customers called on a day; no more than `most` are counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM usage_day WHERE project_id = %s AND event = %s AND day = %s"
            " LIMIT %s) found",
            [project_id, event, day, most],
        )
        return int(cursor.fetchone()[0])


def first_day(project_id: int, event: str, since: date) -> date | None:
    """The first day from then on that has calls."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(day) FROM usage_day WHERE project_id = %s AND event = %s AND day >= %s",
            [project_id, event, since],
        )
        found: date | None = cursor.fetchone()[0]
        return found


def figures(
    project_id: int, event: str, today: date, only: Collection[str] | None = None
) -> Iterator[list[tuple[Any, ...]]]:
    """Everybody who called in the longest window or the one before, in pieces: customer_id, the figures in
    the order of COLUMNS, the last call, and two lists: days ago up to HORIZON, and their calls. Runs in a
    transaction."""
    some = "AND customer_id = ANY(%s)" if only is not None else ""
    sql = f"""SELECT customer_id, {_sums()}, max(last_at),
            array_agg(ago) FILTER (WHERE ago <= {HORIZON}), array_agg(calls) FILTER (WHERE ago <= {HORIZON})
        FROM (
            SELECT customer_id, %s::date - day AS ago, calls, last_at FROM usage_day
            WHERE project_id = %s AND event = %s AND day <= %s::date
              AND day >= %s::date - {2 * max(WINDOWS)} {some}
        ) days
        GROUP BY customer_id"""
    values: list[Any] = [today, project_id, event, today, today]
    values += [list(only)] if only is not None else []
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def hours(
    project_id: int, event: str, since: datetime, customers: Collection[str | None]
) -> dict[str | None, list[datetime]]:
    """The hours in which each of these customers has called."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT customer_id, array_agg("hour") FROM usage_hour WHERE project_id = %s AND event = %s'
            ' AND "hour" >= %s AND customer_id = ANY(%s) GROUP BY customer_id',
            [project_id, event, since, [*customers]],
        )
        return dict(cursor.fetchall())
