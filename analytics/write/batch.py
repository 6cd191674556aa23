"""One batch, one transaction: events, rollups, totals and the entries' ids, all or nothing.

With `halve`, what PostgreSQL refuses is halved under savepoints down to the single event, which becomes a
dead letter; all others are stored. Trouble of the database itself escapes, and nothing is changed.
"""

from __future__ import annotations

import base64
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from agentry.accounts.models import Project
from analytics.engines import postgres_write as sql
from analytics.ingest.event import AcceptedEvent, Entry, at_of, from_row
from analytics.ingest.times import DAY
from analytics.write import deleted, partitions
from analytics.write.failure import DATABASE_ERRORS, is_refusal, sqlstate
from analytics.write.reader import Outcome, Received, project_of

EPOCH = date(1970, 1, 1)
DAYS_AHEAD = 2  # accepted up to 24 hours ahead of its request
WAITED = timedelta(days=30)  # no backlog is older: an entry that says so is wrong
PROPERTY_TYPES = ("String", "Numeric", "Boolean")
PROPERTY_NAME_BYTES = 500  # of a longer one no type is kept: it would not fit an index page
KNOWN_PROPERTIES = 100_000  # of this process; then it starts again
KNOWN_SECONDS = 30.0  # as well after so long: somebody may have had a type forgotten
FIELDS = len(AcceptedEvent.__struct_fields__)
UNDECODABLE = "undecodable"  # a dead letter's reason: its payload is the whole entry, in base64

_decode = msgspec.msgpack.Decoder(Entry).decode
_known_properties: set[tuple[int, str]] = set()
_known_until = 0.0  # time.monotonic()


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one entry, one after another: those of all its events, or of some."""

    entry: int  # its number in the batch
    project_id: int
    data: bytes
    events: int
    floating: bool

    def staged(self) -> bytes:
        """With what the stage's table has before them. Millions of rows a second: nothing is looked at."""
        before = b"%d\t%d\t" % (self.entry, self.project_id)
        return before + self.data[:-1].replace(b"\n", b"\n" + before) + b"\n"

    def only(self, rows: list[bytes]) -> Rows:
        return Rows(self.entry, self.project_id, b"".join(rows), len(rows), self.floating)


@dataclass
class Batch:
    """What is to be written and what became of it. Counters are keyed by entry number or by project."""

    entries: list[Received]
    received_at: int = 0  # of the oldest entry, in milliseconds
    rows: list[Rows] = field(default_factory=list)
    days: dict[int, list[int]] = field(default_factory=dict)  # entry number → its events' days
    undecodable: dict[int, str] = field(default_factory=dict)  # entry number → why
    property_types: dict[tuple[int, str], str] = field(default_factory=dict)
    totals: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    stored: Counter[int] = field(default_factory=Counter)  # by entry; only if somebody waits
    dead: Counter[int] = field(default_factory=Counter)  # by entry
    refused: Counter[int] = field(default_factory=Counter)  # by project
    dropped: Counter[int] = field(default_factory=Counter)  # by project
    deletions: list[deleted.Deletion] = field(default_factory=list)

    @property
    def attribute(self) -> bool:
        return bool(self.deletions) or any(entry.waits for entry in self.entries)

    def outcomes(self) -> dict[tuple[int, int], Outcome]:
        """Entry id → outcome, for the entries that somebody waits for."""
        events = {rows.entry: rows.events for rows in self.rows}
        found = {}
        for number, entry in enumerate(self.entries):
            if entry.waits:
                stored, dead = self.stored[number], self.dead[number]
                found[entry.id] = Outcome(stored, max(events.get(number, 0) - stored - dead, 0), dead)
        return found


def write(shard: int, runs: list[list[Received]], *, halve: bool = False) -> dict[tuple[int, int], Outcome]:
    """Write runs of entries, in stream order, and commit. Gives the outcome of those somebody waits for.

    Raises django.db.Error or psycopg.Error when the database is in trouble, or, without `halve`, refuses an
    event; then nothing has been written.
    """
    new = _not_written(shard, runs)
    batch = Batch([entry for run in new for entry in run])
    _decode_entries(batch)
    oldest = _admit(batch)
    with transaction.atomic(), connection.cursor() as cursor:
        sql.prepare(cursor)
        _heed_deletions(cursor, batch)
        _bury_entries(cursor, batch)
        _store(cursor, batch, batch.rows, oldest, halve=halve)
        _count(batch)
        _forget_properties()
        fresh = {key: kind for key, kind in batch.property_types.items() if key not in _known_properties}
        sql.add_property_types(cursor, fresh)
        sql.record_runs(cursor, shard, [(*run[0].id, *run[-1].id) for run in new])
        sql.add_totals(cursor, batch.totals)
    _known_properties.update(fresh)
    return batch.outcomes()


def _forget_properties() -> None:
    """Now and then every type is offered to PostgreSQL again, which keeps what it has."""
    global _known_until
    if len(_known_properties) > KNOWN_PROPERTIES or time.monotonic() > _known_until:
        _known_properties.clear()
        _known_until = time.monotonic() + KNOWN_SECONDS


def _not_written(shard: int, runs: list[list[Received]]) -> list[list[Received]]:
    """The runs without the entries whose transaction has committed already, and without empty runs.

    Asked before the transaction: the shard's lock is this session's, so nobody else commits one meanwhile.
    """
    with connection.cursor() as cursor:
        written = sql.written_runs(cursor, shard, min(run[0].id for run in runs)[0])

    def is_new(entry: Received) -> bool:
        return not any(run[:2] <= entry.id <= run[2:] for run in written)

    kept = ([entry for entry in run if is_new(entry)] for run in runs) if written else iter(runs)
    return [run for run in kept if run]


def _decode_entries(batch: Batch) -> None:
    for number, received in enumerate(batch.entries):
        try:
            entry = _decode(received.data)
        except msgspec.DecodeError as error:
            batch.undecodable[number] = str(error)
            continue
        if entry.rows.count(b"\t") != (FIELDS - 1) * entry.rows.count(b"\n") or entry.rows[-1:] != b"\n":
            batch.undecodable[number] = "The rows have not the form of rows."
            continue
        batch.received_at = min(batch.received_at or entry.received_at, entry.received_at)
        batch.rows.append(Rows(number, entry.project_id, entry.rows, entry.rows.count(b"\n"), entry.floating))
        batch.days[number] = entry.days
        for name, kind in entry.property_types.items():
            if kind in PROPERTY_TYPES and "\0" not in name and len(name.encode()) <= PROPERTY_NAME_BYTES:
                batch.property_types.setdefault((entry.project_id, name), kind)


def _bury_entries(cursor: CursorWrapper, batch: Batch) -> None:
    """Entries that cannot be decoded at all: one dead letter each, for all its events."""
    for number, reason in batch.undecodable.items():
        received = batch.entries[number]
        if not received.data and not received.events:
            continue  # deleted while it was pending
        project_id = project_of(received.data)
        payload = base64.b64encode(received.data).decode()
        sql.add_dead_letter(cursor, project_id, payload, "", f"{UNDECODABLE}: {reason}")
        batch.totals[project_id, "dead_lettered", ""] += received.events
        batch.dead[number] += received.events


def _admit(batch: Batch) -> datetime:
    """Leave out events of deleted projects and outside the window; make the partitions that are missing.

    The window is that of the moment at which the batch's oldest entry was accepted: what was accepted is
    stored, however long it waited (up to WAITED). Gives the start of the oldest partition. Before the writing
    transaction, which would hold the partitions' locks until its end.
    """
    projects = {rows.project_id for rows in batch.rows}
    gone = projects - set(Project.objects.filter(id__in=projects).values_list("id", flat=True))
    days = _days(batch)
    existing = {(day - EPOCH).days for day in partitions.existing()}
    now = datetime.now(UTC)
    waited = min(max(now.timestamp() - batch.received_at / 1000, 0), WAITED.total_seconds())
    first = (partitions.first_kept(now - timedelta(seconds=waited)) - EPOCH).days
    last = (now.date() - EPOCH).days + DAYS_AHEAD
    admitted = {day for day in days if first <= day <= last or day in existing}
    if gone or admitted != days:
        _reject(batch, gone, admitted)
    partitions.ensure(EPOCH + timedelta(days=day) for day in admitted - existing)
    oldest = min(existing | admitted, default=0)
    return partitions.start(EPOCH + timedelta(days=oldest))


def _days(batch: Batch) -> set[int]:
    return {day for days in batch.days.values() for day in days}


def _heed_deletions(cursor: CursorWrapper, batch: Batch) -> None:
    """As they stand now that the writers' lock is held: none begins to delete before this batch's commit."""
    batch.deletions, gone = deleted.asked(cursor, batch.entries, {rows.project_id for rows in batch.rows})
    if gone:
        _reject(batch, gone, _days(batch))


def _reject(batch: Batch, gone: set[int], admitted: set[int]) -> None:
    kept = []
    for rows in batch.rows:
        if rows.project_id in gone:
            batch.totals[rows.project_id, "rejected", "project_deleted"] += rows.events
            continue
        if not admitted.issuperset(batch.days[rows.entry]):
            every = rows.data.splitlines(keepends=True)
            inside = [row for row in every if _is_within(row, admitted)]
            batch.totals[rows.project_id, "rejected", "outside_window"] += len(every) - len(inside)
            rows = rows.only(inside)
        if rows.events:
            kept.append(rows)
    batch.rows = kept
    batch.property_types = {key: kind for key, kind in batch.property_types.items() if key[0] not in gone}


def _is_within(row: bytes, admitted: set[int]) -> bool:
    """A row that has no time is PostgreSQL's to refuse, alone."""
    try:
        return at_of(row) // DAY in admitted
    except ValueError:
        return True


def _store(cursor: CursorWrapper, batch: Batch, rows: list[Rows], oldest: datetime, *, halve: bool) -> None:
    if not rows:
        return
    try:
        with transaction.atomic():
            sql.stage(cursor, (some.staged() for some in rows))
            dropped = [(deletion.project_id, deletion.drop(cursor)) for deletion in batch.deletions]
            floating = any(some.floating for some in rows)
            limit, attribute = settings.DETAIL_KEYS_PER_HOUR, batch.attribute
            stored = sql.store(cursor, oldest, limit, floating=floating, attribute=attribute)
            by_entry = sql.stored_by_entry(cursor) if batch.attribute else {}
            for deletion in batch.deletions:
                deletion.keep(cursor)
    except DATABASE_ERRORS as error:
        if not (halve and is_refusal(error)):
            raise
        halves = _halves(rows)
        if not halves:
            _bury(cursor, batch, rows[0], error)
        for half in halves:
            _store(cursor, batch, half, oldest, halve=True)
        return
    for project_id, events in stored.items():
        batch.totals[project_id, "stored", ""] += events
    for project_id, events in dropped:
        batch.totals[project_id, "rejected", deleted.REASON] += events
        batch.dropped[project_id] += events
    batch.stored.update(by_entry)


def _halves(rows: list[Rows]) -> list[list[Rows]]:
    """Two halves, in order; none of a single event."""
    if len(rows) > 1:
        return [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
    every = rows[0].data.splitlines(keepends=True)
    middle = len(every) // 2
    return [[rows[0].only(half)] for half in (every[:middle], every[middle:])] if middle else []


def _bury(cursor: CursorWrapper, batch: Batch, row: Rows, error: Exception) -> None:
    state, reason = sqlstate(error) or "", str(error).partition("\n")[0][:500].replace("\0", "")
    try:
        payload = msgspec.json.encode(from_row(row.data)).decode()
    except (ValueError, msgspec.DecodeError):  # no row of ours: an error here would hold the shard for ever
        payload, state, reason = base64.b64encode(row.data).decode(), "", f"{UNDECODABLE}: {reason}"
    sql.add_dead_letter(cursor, row.project_id, payload, state, reason)
    batch.refused[row.project_id] += 1
    batch.dead[row.entry] += 1


def _count(batch: Batch) -> None:
    """What was neither stored, dropped nor refused was there already."""
    sent: Counter[int] = Counter()
    for rows in batch.rows:
        sent[rows.project_id] += rows.events
    for project_id, events in sent.items():
        refused = batch.refused[project_id]
        other = batch.totals[project_id, "stored", ""] + batch.dropped[project_id] + refused
        batch.totals[project_id, "dead_lettered", ""] += refused
        batch.totals[project_id, "duplicate", ""] += events - other
