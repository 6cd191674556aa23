"""Deleting a customer's rows, an hour a call, and a project's. Every function takes a cursor inside a
transaction that holds the writers (`hold_writers`), so that nobody raises a rollup meanwhile: what is deleted
and computed anew here in any order can neither deadlock with a batch nor lose a part of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from analytics.engines.postgres_raise import MEASURES, SUMMED
from analytics.engines.postgres_write import WRITERS, shortened
from analytics.hogql.levels import LEVELS, Level

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Days stand behind the hours that they are computed from.
REBUILT = sorted(LEVELS, key=lambda level: level.bucket == "day")
ALL_DIMENSIONS = "usage_detail_hour"  # from which other levels are summed where no raw events are left
READ_CUSTOMER = "coalesce(customer_id, rest->>'customer_id')"

# What the writer reads from the rows it inserts (INSERT_EVENTS), read again from the rows that are left.
READINGS = f"""
SELECT project_id, {shortened("event", 500)} AS event, date_bin('1 hour', "timestamp", 'epoch') AS "hour",
       {READ_CUSTOMER} AS customer_id,
       coalesce(endpoint, rest->>'endpoint') AS endpoint,
       coalesce(method, rest->>'method') AS method,
       coalesce(plan, rest->>'plan') AS plan,
       coalesce(status::double precision, property_number(rest->>'status')) AS status,
       "timestamp",
       coalesce(latency_ms, property_number(rest->>'latency_ms'))::numeric AS latency_ms,
       coalesce(bytes::numeric, property_number(rest->>'bytes')::numeric) AS bytes
FROM events
WHERE project_id = %(project)s AND "timestamp" >= %(since)s AND "timestamp" < %(until)s
"""
READ_MEASURES = """min("timestamp"), max("timestamp"), count(*), count(latency_ms), count(bytes),
       coalesce(sum(latency_ms), 0), coalesce(sum(bytes), 0)"""

DELETE_EVENTS = """
WITH gone AS (
    DELETE FROM events e
    WHERE project_id = %(project)s AND "timestamp" >= %(since)s AND "timestamp" < %(until)s
      AND (customer_id = %(customer)s OR customer_id IS NULL AND rest->>'customer_id' = %(customer)s)
      AND NOT EXISTS (SELECT FROM kept_events k WHERE k.deletion_id = %(deletion)s
                      AND k."timestamp" = e."timestamp" AND k.uuid = e.uuid)
    RETURNING uuid
), forgotten AS (
    DELETE FROM event_times t USING gone WHERE t.project_id = %(project)s AND t.uuid = gone.uuid
)
SELECT count(*) FROM gone
"""
NO_GAP = """AND NOT EXISTS (SELECT FROM detail_gaps g WHERE g.project_id = r.project_id AND g.event = r.event
    AND g."hour" = r."hour")"""
RECOUNT_KEYS = """
UPDATE detail_keys k SET keys = (SELECT count(*) FROM usage_detail_hour u
    WHERE u.project_id = k.project_id AND u.event = k.event AND u."hour" = k."hour")
WHERE project_id = %(project)s AND event = ANY(%(events)s) AND "hour" >= %(since)s AND "hour" < %(until)s
"""


def hold_writers(cursor: CursorWrapper) -> None:
    """Wait for batches under way and let no other begin until this transaction ends."""
    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '30s'")
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS])


def customer_days(
    cursor: CursorWrapper, project_id: int, customer: str, since: date
) -> list[tuple[date, list[str]]]:
    """The days from `since` on of which there is something, each with the names of its events."""
    cursor.execute(
        "SELECT day, array_agg(event) FROM usage_day WHERE project_id = %s AND customer_id = %s"
        " AND day >= %s GROUP BY day ORDER BY day",
        [project_id, customer, since],
    )
    return list(cursor.fetchall())


def customer_hours(
    cursor: CursorWrapper, project_id: int, customer: str, events: list[str], since: datetime, until: datetime
) -> list[datetime]:
    cursor.execute(
        'SELECT DISTINCT "hour" FROM usage_hour WHERE project_id = %s AND event = ANY(%s)'
        ' AND "hour" >= %s AND "hour" < %s AND customer_id = %s ORDER BY 1',
        [project_id, events, since, until, customer],
    )
    return [hour for (hour,) in cursor.fetchall()]


def delete_hour(
    cursor: CursorWrapper, deletion: int, project_id: int, customer: str, events: list[str], hour: datetime
) -> int:
    """Delete a customer's events of an hour that raw events are kept of, without those in kept_events, and
    make every level say what is left. Gives how many events went."""
    values = _values(project_id, customer, events, hour, hour + HOUR) | {"deletion": deletion}
    gone = _delete_events(cursor, values)
    for level in REBUILT:
        _rebuild(cursor, level, level.source, values)
    cursor.execute(RECOUNT_KEYS, values)
    return gone


def delete_history(
    cursor: CursorWrapper, project_id: int, customer: str, events: list[str], start: datetime
) -> int:
    """The same for a day that begins at `start` and is past its raw events' time: its rows of
    the customer go, those of all customers are summed anew from the others'. (Its partition may stand.)"""
    values = _values(project_id, customer, events, start, start + DAY) | {"deletion": None}
    gone = _delete_events(cursor, values)
    for level in LEVELS:
        _delete_rows(cursor, level, values)
    for level in LEVELS:
        if not level.of_customers:
            _insert_from_level(cursor, level, ALL_DIMENSIONS, values)
    cursor.execute(RECOUNT_KEYS, values)
    return gone


def forget_kept(cursor: CursorWrapper, deletion: int) -> None:
    cursor.execute("DELETE FROM kept_events WHERE deletion_id = %s", [deletion])


def first_moment(cursor: CursorWrapper, project_id: int, since: datetime) -> datetime | None:
    """When the project's first event from `since` on happened."""
    cursor.execute(
        'SELECT min("timestamp") FROM events WHERE project_id = %s AND "timestamp" >= %s', [project_id, since]
    )
    found: datetime | None = cursor.fetchone()[0]
    return found


def delete_project_events(cursor: CursorWrapper, project_id: int, since: datetime, until: datetime) -> int:
    cursor.execute(
        'DELETE FROM events WHERE project_id = %s AND "timestamp" >= %s AND "timestamp" < %s',
        [project_id, since, until],
    )
    return int(cursor.rowcount)


def letters(cursor: CursorWrapper, project_id: int, after: int, most: int) -> list[tuple[int, str, str]]:
    """The next dead letters by id: id, payload, reason."""
    cursor.execute(
        "SELECT id, payload, reason FROM dead_letters WHERE project_id = %s AND id > %s ORDER BY id LIMIT %s",
        [project_id, after, most],
    )
    return list(cursor.fetchall())


def delete_letters(cursor: CursorWrapper, ids: Sequence[int]) -> None:
    cursor.execute("DELETE FROM dead_letters WHERE id = ANY(%s)", [list(ids)])


def _values(
    project_id: int, customer: str, events: list[str], since: datetime, until: datetime
) -> dict[str, Any]:
    return {
        "project": project_id,
        "customer": customer,
        "events": events,
        "since": since,
        "until": until,
        "day": since.date(),
    }


def _delete_events(cursor: CursorWrapper, values: dict[str, Any]) -> int:
    cursor.execute(DELETE_EVENTS, values)
    return int(cursor.fetchone()[0])


def _rebuild(cursor: CursorWrapper, level: Level, source: str, values: dict[str, Any]) -> None:
    _delete_rows(cursor, level, values)
    if source != "events":
        _insert_from_level(cursor, level, source, values)
        return
    if level.bucket == "day":
        start = values["since"].replace(hour=0)
        values = values | {"since": start, "until": start + DAY}
    keys = ", ".join(level.dimensions)
    bucket = """("hour" AT TIME ZONE 'UTC')::date""" if level.bucket == "day" else level.column
    cursor.execute(
        f"INSERT INTO {level.table} (project_id, event, {level.column}, {keys}, {MEASURES})"
        f" SELECT project_id, event, {bucket}, {keys}, {READ_MEASURES} FROM ({READINGS}) r"
        f" WHERE event = ANY(%(events)s) {_of_customer(level)} {NO_GAP if level.detailed else ''}"
        f" GROUP BY project_id, event, {bucket}, {keys}",
        values,
    )


def _delete_rows(cursor: CursorWrapper, level: Level, values: dict[str, Any]) -> None:
    cursor.execute(
        f"DELETE FROM {level.table} WHERE project_id = %(project)s AND event = ANY(%(events)s)"
        f" AND {_within(level.bucket)} {_of_customer(level)}",
        values,
    )


def _insert_from_level(cursor: CursorWrapper, level: Level, source: str, values: dict[str, Any]) -> None:
    """Rows of a level as sums of rows by the hour: of its day, or of the hours between since and until."""
    keys = ", ".join(level.dimensions)
    day = level.bucket == "day"
    bucket = """("hour" AT TIME ZONE 'UTC')::date""" if day else level.column
    within = """"hour" >= %(day)s::timestamp AT TIME ZONE 'UTC'
        AND "hour" < (%(day)s::timestamp + interval '1 day') AT TIME ZONE 'UTC'"""
    cursor.execute(
        f"INSERT INTO {level.table} (project_id, event, {level.column}, {keys}, {MEASURES})"
        f" SELECT project_id, event, {bucket}, {keys}, {SUMMED} FROM {source}"
        f" WHERE project_id = %(project)s AND event = ANY(%(events)s)"
        f" AND {within if day else _within('hour')} {_of_customer(level)}"
        f" GROUP BY project_id, event, {bucket}, {keys}",
        values,
    )


def _within(bucket: str) -> str:
    return "day = %(day)s" if bucket == "day" else '"hour" >= %(since)s AND "hour" < %(until)s'


def _of_customer(level: Level) -> str:
    return "AND customer_id = %(customer)s" if level.of_customers else ""
