"""The SQL of the writing transaction: stage, fix times, insert, raise the rollups from what was inserted.

Every function takes a cursor inside the transaction. Whatever locks rows takes them sorted by key, in the
same order of tables, so that writers of overlapping events wait for each other and never deadlock. Any order
does that all writers keep: what differs most goes first, so that sorting compares least.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.backends.utils import CursorWrapper

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
    ON CONFLICT DO NOTHING
    RETURNING project_id, "timestamp", uuid, event, customer_id, endpoint, method, plan, status, latency_ms,
              bytes, rest
){{also}}
INSERT INTO staged_usage
SELECT project_id, {shortened("event", 500)}, "hour", {shortened("customer_id", 2000)}, endpoint, method,
       status, plan, min("timestamp"), max("timestamp"), count(*), count(latency_ms), count(bytes),
       coalesce(sum(latency_ms), 0), coalesce(sum(bytes), 0),
       greatest(octet_length(event), octet_length(customer_id), octet_length(endpoint), octet_length(method),
                octet_length(plan)) <= 500
FROM (
    SELECT project_id, "timestamp", event, date_bin('1 hour', "timestamp", 'epoch') AS "hour",
           coalesce(customer_id, rest->>'customer_id') AS customer_id,
           coalesce(endpoint, rest->>'endpoint') AS endpoint,
           coalesce(method, rest->>'method') AS method,
           coalesce(plan, rest->>'plan') AS plan,
           coalesce(status::double precision, property_number(rest->>'status')) AS status,
           coalesce(latency_ms, property_number(rest->>'latency_ms'))::numeric AS latency_ms,
           coalesce(bytes::numeric, property_number(rest->>'bytes')::numeric) AS bytes
    FROM inserted
) readings
GROUP BY project_id, event, "hour", customer_id, endpoint, method, status, plan
"""
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
ENDPOINT = "endpoint, method, status, plan"
DETAIL = f"customer_id, {ENDPOINT}"
NO_GAP = """short AND NOT EXISTS (SELECT FROM detail_gaps g WHERE g.project_id = staged_usage.project_id
    AND g.event = staged_usage.event AND g."hour" = staged_usage."hour")"""


MEASURES = "first_at, last_at, calls, latency_ms_count, bytes_count, latency_ms_sum, bytes_sum"
SUMMED = """min(first_at), max(last_at), sum(calls), sum(latency_ms_count), sum(bytes_count),
       sum(latency_ms_sum), sum(bytes_sum)"""


def raise_rollup(table: str, bucket: str, dimensions: str, where: str = "true", group: bool = True) -> str:
    """One level, raised from the staged usage.

    Without `group` the staged rows are taken as they are: they have this level's key already.
    """
    value = """("hour" AT TIME ZONE 'UTC')::date""" if bucket == "day" else bucket
    key = f"project_id, event, {value}, {dimensions}"
    order = f"{dimensions}, {value}, event, project_id"
    return f"""
INSERT INTO {table} AS kept (project_id, event, {bucket}, {dimensions}, {MEASURES})
SELECT {key}, {SUMMED if group else MEASURES} FROM staged_usage WHERE {where}
{f"GROUP BY {key}" if group else ""} ORDER BY {order}
ON CONFLICT ON CONSTRAINT {table}_key DO UPDATE SET
    first_at = least(kept.first_at, excluded.first_at),
    last_at = greatest(kept.last_at, excluded.last_at),
    calls = kept.calls + excluded.calls,
    latency_ms_count = kept.latency_ms_count + excluded.latency_ms_count,
    bytes_count = kept.bytes_count + excluded.bytes_count,
    latency_ms_sum = kept.latency_ms_sum + excluded.latency_ms_sum,
    bytes_sum = kept.bytes_sum + excluded.bytes_sum
"""


# xmax is 0 in a row that was inserted, not updated: only new keys are counted, only when there are any.
RAISE_DETAIL_HOUR = f"""
WITH raised AS (
{raise_rollup("usage_detail_hour", '"hour"', DETAIL, NO_GAP, group=False)}
    RETURNING project_id, event, "hour", xmax = 0 AS new
), counted AS (
    INSERT INTO detail_keys AS kept (project_id, event, "hour", keys)
    SELECT project_id, event, "hour", count(*) FROM raised WHERE new GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (project_id, event, "hour") DO UPDATE SET keys = kept.keys + excluded.keys
    RETURNING project_id, event, "hour", keys
)
INSERT INTO detail_gaps (project_id, event, "hour")
SELECT project_id, event, "hour" FROM counted WHERE keys > %(keys)s ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""
RAISE_DETAIL_DAY = raise_rollup("usage_detail_day", "day", DETAIL, NO_GAP)
RAISE_HOUR = raise_rollup("usage_hour", '"hour"', "customer_id")
RAISE_DAY = raise_rollup("usage_day", "day", "customer_id")
RAISE_STATUS_DAY = raise_rollup("usage_status_day", "day", "customer_id, status", NO_GAP)
RAISE_ENDPOINT_HOUR = raise_rollup("usage_endpoint_hour", '"hour"', ENDPOINT, NO_GAP)
# Last what all writers of a project meet on: the rows that all its customers share.
RAISE_OTHERS = (RAISE_DETAIL_DAY, RAISE_HOUR, RAISE_DAY, RAISE_STATUS_DAY, RAISE_ENDPOINT_HOUR)


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
    also = KEEP_KEYS if attribute else ""
    cursor.execute(INSERT_EVENTS.replace("{also}", also), {"oldest": oldest})
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
