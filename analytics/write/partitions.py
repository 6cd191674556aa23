"""The day partitions of `events`: made ahead and on demand, dropped after the retention time. DDL lives here.

Every lock is waited for two seconds at most, and none that is taken on `events` itself stops readers or
writers (ATTACH and DETACH CONCURRENTLY take SHARE UPDATE EXCLUSIVE). The query role has no grant on a
partition: it reaches rows through `events` and its row-level security only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

AHEAD = timedelta(days=8)
LOCK = 0x61677061  # the advisory lock of whoever makes or drops partitions

EXISTING = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'events'::regclass AND {pending} i.inhdetachpending
"""
INDEXED = """
SELECT t.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE x.relname = t.relname || '_customer' AND t.relname ~ '^events_[0-9]{8}$' AND i.indisvalid
"""
LEFT_OVER = """
SELECT c.relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^events_[0-9]{8}$'
  AND i.inhrelid IS NULL
"""


def name(day: date) -> str:
    return f"events_{day:%Y%m%d}"


def start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def existing() -> set[date]:
    """The days that have a partition."""
    return {_day(table) for table in _tables(EXISTING.format(pending="NOT"))}


def ensure(days: Iterable[date]) -> None:
    """Make the partitions of these days that are missing. Several processes may do so at once."""
    missing = sorted(set(days) - existing())
    if not missing:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for day in sorted(set(missing) - existing()):
            table = name(day)
            # Made apart and attached: CREATE … PARTITION OF would lock all of `events` against its readers.
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {table} (LIKE events INCLUDING ALL)")
            cursor.execute(
                f"ALTER TABLE events ATTACH PARTITION {table} FOR VALUES"
                f" FROM ('{start(day).isoformat()}') TO ('{start(day + timedelta(days=1)).isoformat()}')"
            )
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def ensure_ahead(now: datetime) -> None:
    today = now.astimezone(UTC).date()
    ensure(today + timedelta(days=ahead) for ahead in range(AHEAD.days + 1))


def analyze(now: datetime) -> None:
    """Today's and yesterday's: autovacuum comes late to a day that fills within hours."""
    today = now.astimezone(UTC).date()
    with connection.cursor() as cursor:
        for day in sorted({today, today - timedelta(days=1)} & existing()):
            cursor.execute(f"ANALYZE {name(day)}")


def index_past(now: datetime) -> list[date]:
    """Make days that are over quick to search by customer; gives those that were not. No transaction.

    Only when a day is over: an index to keep up with slowed inserts by 10 to 80 % (noisy runs), and one built
    at the end of a day of 1.4 million events takes 3 s and 10 MB. Late events still go in."""
    today = now.astimezone(UTC).date()
    due = sorted(day for day in existing() - _indexed() if day < today)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60s'")
        try:
            for day in due:
                table = name(day)
                # One that was interrupted is left invalid.
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {table}_customer")
                cursor.execute(
                    f"CREATE INDEX CONCURRENTLY {table}_customer ON {table}"
                    " (project_id, (coalesce(customer_id, rest ->> 'customer_id')))"
                )
                cursor.execute(f"ANALYZE {table}")
        finally:
            cursor.execute("RESET lock_timeout")
    return due


def first_kept(moment: datetime) -> date:
    """The oldest day whose events an accepting process could still take at `moment`."""
    return (moment.astimezone(UTC) - timedelta(days=settings.RETENTION_DAYS)).date()


def drop_before(first: date) -> list[date]:
    """Drop the days before `first`; running queries end undisturbed. Not inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        try:
            # One that was interrupted blocks every further DETACH until it is finished.
            for table in _tables(EXISTING.format(pending="")):
                cursor.execute(f"ALTER TABLE events DETACH PARTITION {table} FINALIZE")
            for day in sorted(day for day in existing() if day < first):
                cursor.execute(f"ALTER TABLE events DETACH PARTITION {name(day)} CONCURRENTLY")
            dropped = sorted(day for day in map(_day, _tables(LEFT_OVER)) if day < first)
            for day in dropped:
                cursor.execute(f"DROP TABLE {name(day)}")
        finally:
            cursor.execute("RESET lock_timeout")
    return dropped


def _indexed() -> set[date]:
    return {_day(table) for table in _tables(INDEXED)}


def _tables(query: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [table for (table,) in cursor.fetchall()]


def _day(table: str) -> date:
    return datetime.strptime(table, "events_%Y%m%d").replace(tzinfo=UTC).date()
