"""The SQL of the writing transaction: stage, fix times, insert, raise the rollups from what was inserted.

Every function takes a cursor inside the transaction. Whatever locks rows takes them sorted by key, in the
same order of tables, so that writers of overlapping events wait for each other and never deadlock. Any order
does that all writers keep: what differs most goes first, so that sorting compares least.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.backends.utils import CursorWrapper

from analytics.engines.postgres_raise import RAISE_DETAIL_HOUR, RAISE_OTHERS
from analytics.ingest.event import NULL

# The rows of one piece of a batch, as the stream held them; and of those really inserted, one row per detail
# key and hour. Both are emptied by the commit and write no log.
STAGES = """
CREATE TEMP TABLE IF NOT EXISTS staged_events (
    entry integer, project_id integer, uuid uuid, ms bigint, floating boolean, event text, distinct_id text,
    customer_id text, endpoint text, method text, plan text, status integer, latency_ms double precision,
    bytes bigint, rest jsonb, sequence bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000)
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS staged_usage (
    project_id integer, event text, "hour" timestamptz(0), customer_id text, endpoint text, method text,
    status double precision, plan text, first_at timestamptz(3), last_at timestamptz(3), calls integer,
    latency_ms_count integer, bytes_count integer, latency_ms_sum numeric, bytes_sum numeric, short boolean
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS staged_keys (
    project_id integer, "timestamp" timestamptz(3), uuid uuid
) ON COMMIT DELETE ROWS;
"""

COPY_STAGED = f"""
COPY staged_events (entry, project_id, uuid, ms, floating, event, distinct_id, customer_id, endpoint, method,
                    plan, status, latency_ms, bytes, rest)
FROM STDIN (NULL '{NULL}')
"""

# The advisory lock that every batch shares, and that who deletes (postgres_delete) holds alone.
WRITERS = 0x61677777

# The explicit time of a uuid goes first: it then holds for a retry without one in the same batch.
FIX_TIMES = """
INSERT INTO event_times (project_id, uuid, "timestamp")
SELECT DISTINCT ON (project_id, uuid) project_id, uuid, to_timestamp(ms / 1000.0::double precision)
FROM staged_events
WHERE (project_id, uuid) IN (SELECT project_id, uuid FROM staged_events WHERE floating)
ORDER BY project_id, uuid, floating, sequence
ON CONFLICT DO NOTHING
"""


def shortened(column: str, limit: int) -> str:
    """A key must fit an index page: a longer name is cut and gets its digest, so that counts stay exact."""
    return f"""CASE WHEN octet_length({column}) > {limit}
        THEN left({column}, 100) || '…' || encode(sha256(convert_to({column}, 'UTF8')), 'hex')
        ELSE {column} END"""


# What was fixed earlier, by whichever writer, is visible here: FIX_TIMES waited for its commit. An event
# whose fixed time lies before the oldest partition was stored and then dropped by retention: a duplicate.
# OFFSET 0: the time is looked up once, not again for the condition.
# Sums are exact decimals. A float of at most three digits behind the point is summed as an integer number of
# thousandths: to make a decimal of each took a tenth of this statement's time.
INSERT_EVENTS = f"""
WITH inserted AS (
    INSERT INTO events (project_id, status, "timestamp", latency_ms, bytes, uuid, event, distinct_id,
                        customer_id, endpoint, method, plan, rest)
    SELECT project_id, status, "timestamp", latency_ms, bytes, uuid, event, distinct_id,
           customer_id, endpoint, method, plan, rest
    FROM (
        SELECT s.*, coalesce(
            (SELECT t."timestamp" FROM event_times t WHERE t.project_id = s.project_id AND t.uuid = s.uuid),
            to_timestamp(s.ms / 1000.0::double precision)::timestamptz(3)) AS "timestamp"
        FROM staged_events s OFFSET 0
    ) timed
    WHERE "timestamp" >= %(oldest)s
    ORDER BY "timestamp", uuid, project_id, sequence
    {{conflict}}
    RETURNING project_id, "timestamp", uuid, event, customer_id, endpoint, method, plan, status, latency_ms,
              bytes, rest
){{also}}
INSERT INTO staged_usage
SELECT project_id, {shortened("event", 500)}, "hour", {shortened("customer_id", 2000)}, endpoint, method,
       status, plan, min("timestamp"), max("timestamp"), count(*), count(latency_ms),
       count(bytes) + count(odd_bytes),
       coalesce(sum(thousandths), 0) * 0.001
           + coalesce(sum(CASE WHEN thousandths IS NULL THEN latency_ms::numeric END), 0),
       coalesce(sum(bytes), 0) + coalesce(sum(odd_bytes), 0),
       greatest(octet_length(event), octet_length(customer_id), octet_length(endpoint), octet_length(method),
                octet_length(plan)) <= 500
FROM (
    SELECT *, CASE WHEN abs(latency_ms) < 1e11
                    AND (latency_ms * 1000)::bigint / 1000.0::double precision = latency_ms
                   THEN (latency_ms * 1000)::bigint END AS thousandths
    FROM (
    SELECT project_id, "timestamp", event, date_bin('1 hour', "timestamp", 'epoch') AS "hour",
           coalesce(customer_id, rest->>'customer_id') AS customer_id,
           coalesce(endpoint, rest->>'endpoint') AS endpoint,
           coalesce(method, rest->>'method') AS method,
           coalesce(plan, rest->>'plan') AS plan,
           coalesce(status::double precision, property_number(rest->>'status')) AS status,
           coalesce(latency_ms, property_number(rest->>'latency_ms')) AS latency_ms, bytes,
           CASE WHEN bytes IS NULL THEN property_number(rest->>'bytes')::numeric END AS odd_bytes
    FROM inserted OFFSET 0
    ) read
) readings
GROUP BY project_id, event, "hour", customer_id, endpoint, method, status, plan
"""
CAREFUL_SECONDS = 60.0
KEEP_KEYS = """,
kept AS (INSERT INTO staged_keys SELECT project_id, "timestamp", uuid FROM inserted)"""

# Of equal events in one batch the first is the one that was stored.
STORED_BY_ENTRY = """
SELECT entry, count(*)
FROM (
    SELECT DISTINCT ON (k.project_id, k."timestamp", k.uuid) s.entry
    FROM staged_keys k
    JOIN staged_events s ON s.project_id = k.project_id AND s.uuid = k.uuid
     AND k."timestamp" = coalesce(
            (SELECT t."timestamp" FROM event_times t WHERE t.project_id = s.project_id AND t.uuid = s.uuid),
            to_timestamp(s.ms / 1000.0::double precision)::timestamptz(3))
    ORDER BY k.project_id, k."timestamp", k.uuid, s.sequence
) stored
GROUP BY entry
"""

# Details of a key that is too long are not kept: its hour is marked.
MARK_LONG = """
INSERT INTO detail_gaps (project_id, event, "hour")
SELECT DISTINCT project_id, event, "hour" FROM staged_usage WHERE NOT short ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""


def prepare(cursor: CursorWrapper) -> None:
    """Once in a transaction, before it reads or locks anything else; the tables themselves live as long as
    the connection."""
    cursor.execute(f"SELECT pg_advisory_xact_lock_shared({WRITERS});{STAGES}")


def stage(cursor: CursorWrapper, rows: Iterable[bytes]) -> None:
    """COPY rows of text: an entry's number, the project, and what `analytics.ingest.event` makes of an event.

    What an earlier piece left is removed.
    """
    cursor.execute("DELETE FROM staged_events; DELETE FROM staged_usage; DELETE FROM staged_keys")
    with cursor.copy(COPY_STAGED) as copy:
        for some in rows:
            copy.write(some)


def store(
    cursor: CursorWrapper, oldest: datetime, detail_limit: int, *, floating: bool, attribute: bool
) -> dict[int, int]:
    """Insert what is staged and raise the rollups from exactly that. Gives project → events stored.

    `oldest` is the start of the oldest partition; `floating` says that an event is so; `attribute` keeps the
    keys for `stored_by_entry`.
    """
    if floating:
        cursor.execute(FIX_TIMES)
    _insert(cursor, oldest, KEEP_KEYS if attribute else "")
    cursor.execute(
        "SELECT project_id, sum(calls)::bigint, bool_and(short) FROM staged_usage GROUP BY project_id"
    )
    stored = cursor.fetchall()
    if not stored:
        return {}
    if not all(short for _, _, short in stored):
        cursor.execute(MARK_LONG)
    cursor.execute(RAISE_DETAIL_HOUR, {"keys": detail_limit})
    for level in RAISE_OTHERS:
        cursor.execute(level)
    return {project_id: calls for project_id, calls, _ in stored}


def _insert(cursor: CursorWrapper, oldest: datetime, also: str) -> None:
    """Without looking for duplicates first, which takes a quarter of the time. Where one turns up all is
    inserted again with that look, and for a while nothing without: retries seldom come alone."""
    values = {"oldest": oldest}
    insert = INSERT_EVENTS.replace("{also}", also)
    if not also and time.monotonic() > _Careful.until:
        try:
            with transaction.atomic():
                cursor.execute(insert.replace("{conflict}", ""), values)
            return
        except IntegrityError:
            _Careful.until = time.monotonic() + CAREFUL_SECONDS
    cursor.execute(insert.replace("{conflict}", "ON CONFLICT DO NOTHING"), values)


class _Careful:
    until = 0.0  # time.monotonic()


def stored_by_entry(cursor: CursorWrapper) -> dict[int, int]:
    """Entry number → events stored, of the piece that was stored last with `attribute`."""
    cursor.execute(STORED_BY_ENTRY)
    return dict(cursor.fetchall())


def written_runs(cursor: CursorWrapper, shard: int, since_ms: int) -> list[tuple[int, int, int, int]]:
    """Committed runs of a shard's entries, (first ms, first sequence, last ms, last sequence)."""
    cursor.execute(
        "SELECT first_ms, first_seq, last_ms, last_seq FROM written_entries"
        " WHERE shard = %s AND last_ms >= %s",
        [shard, since_ms],
    )
    return list(cursor.fetchall())


def record_runs(cursor: CursorWrapper, shard: int, runs: Iterable[tuple[int, int, int, int]]) -> None:
    cursor.executemany(
        "INSERT INTO written_entries (shard, first_ms, first_seq, last_ms, last_seq)"
        " VALUES (%s, %s, %s, %s, %s)",
        [(shard, *run) for run in runs],
    )


def forget_runs(cursor: CursorWrapper, shard: int) -> None:
    cursor.execute("DELETE FROM written_entries WHERE shard = %s", [shard])


def add_totals(cursor: CursorWrapper, totals: Mapping[tuple[int, str, str], int]) -> None:
    """(project, outcome, reason) → events to add."""
    cursor.executemany(
        """INSERT INTO ingest_totals AS kept (project_id, outcome, reason, events) VALUES (%s, %s, %s, %s)
        ON CONFLICT (project_id, outcome, reason) DO UPDATE SET events = kept.events + excluded.events""",
        [(*key, events) for key, events in sorted(totals.items()) if events],
    )


def add_property_types(cursor: CursorWrapper, types: Mapping[tuple[int, str], str]) -> None:
    """(project, property) → type, kept if the property has none yet."""
    cursor.executemany(
        "INSERT INTO property_types (project_id, name, type) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [(*key, kind) for key, kind in sorted(types.items())],
    )


def add_dead_letter(cursor: CursorWrapper, project_id: int, payload: str, sqlstate: str, reason: str) -> None:
    cursor.execute(
        "INSERT INTO dead_letters (project_id, payload, sqlstate, reason) VALUES (%s, %s, %s, %s)",
        [project_id, payload, sqlstate, reason],
    )
