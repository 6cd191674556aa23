"""One step of a deletion: a short transaction that holds the writers, so nobody raises a rollup meanwhile.

A deletion's way: the customer's days, hour by hour; then it waits until the queue holds nothing that is older
than it (batches drop the customer's part themselves, `analytics.write.deleted`); then the dead letters.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import structlog
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from analytics.engines import postgres_delete as sql
from analytics.engines import postgres_prune as prune
from analytics.engines import postgres_standings
from analytics.hogql.levels import LEVELS
from analytics.ingest import stream
from analytics.models import Deletion
from analytics.write import maintenance, partitions
from analytics.write.batch import UNDECODABLE

SECONDS = 0.25  # a step begins nothing more after so long
LETTERS = 1_000  # a step
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)
PROJECT_TABLES = (
    *(level.table for level in LEVELS),
    "detail_keys",
    "detail_gaps",
    "event_times",
    "property_types",
    "dead_letters",
    "ingest_totals",
    "standings",
)
log = structlog.get_logger()


def step(deletion: int) -> bool:
    """Go one step on. False when it is done, waits for the queue, or somebody else is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        # No key update: a batch never locks this row, and who only names it is not held up.
        rows = Deletion.objects.select_for_update(skip_locked=True, no_key=True)
        found = rows.filter(pk=deletion, finished_at=None).first()
        if found is None:
            return False
        sql.hold_writers(cursor)
        go_on = _project_step if found.customer_id is None else _customer_step
        went_on = go_on(cursor, found)
        found.save()
    if found.finished_at is not None:
        log.info("deleted", deletion=found.pk, project=found.project_id, events=found.events)
    return went_on


def _customer_step(cursor: CursorWrapper, deletion: Deletion) -> bool:
    if deletion.reached != END:
        _delete_days(cursor, deletion)
        return True
    if not _queue_has_passed(deletion):
        return False
    found = sql.letters(cursor, deletion.project_id, deletion.letter, LETTERS)
    if found:
        assert deletion.customer_id is not None
        customer = deletion.customer_id
        sql.delete_letters(cursor, [id_ for id_, *letter in found if _is_of(customer, *letter)])
        deletion.letter = found[-1][0]
        return True
    stream.forget_rejects(deletion.project_id)
    sql.forget_kept(cursor, deletion.pk)
    assert deletion.customer_id is not None
    postgres_standings.forget(cursor, deletion.project_id, deletion.customer_id)
    deletion.finished_at = timezone.now()
    return False


def _delete_days(cursor: CursorWrapper, deletion: Deletion) -> None:
    """As many of the customer's hours as fit into a step."""
    assert deletion.customer_id is not None
    project, customer = deletion.project_id, deletion.customer_id
    reached = deletion.reached or BEGINNING
    days = sql.customer_days(cursor, project, customer, reached.date())
    deletion.days = len(days) if deletion.days is None else deletion.days
    kept = partitions.first_kept(datetime.now(UTC))
    until = time.monotonic() + SECONDS
    for number, (day, events) in enumerate(days):
        deletion.days_left = min(len(days) - number, deletion.days)
        start = partitions.start(day)
        following = start + timedelta(days=1)
        if day < kept:  # its raw events are gone, or may go at any moment
            deletion.events += sql.delete_history(cursor, project, customer, events, start)
        else:
            for hour in sql.customer_hours(cursor, project, customer, events, max(reached, start), following):
                deletion.events += sql.delete_hour(cursor, deletion.pk, project, customer, events, hour)
                deletion.reached = hour + sql.HOUR
                if time.monotonic() > until:
                    return
        deletion.reached = following
        if time.monotonic() > until:
            return
    deletion.days_left, deletion.reached = 0, END


def _project_step(cursor: CursorWrapper, deletion: Deletion) -> bool:
    """The project is gone: nobody reads its rows, and batches drop what still comes, so order is free."""
    project, until = deletion.project_id, time.monotonic() + SECONDS
    reached = deletion.reached or BEGINNING
    while reached != END:
        moment = sql.first_moment(cursor, project, reached)
        if moment is None:
            deletion.reached = reached = END
            break
        hour = moment.replace(minute=0, second=0, microsecond=0)
        deletion.reached = reached = hour + sql.HOUR
        deletion.events += sql.delete_project_events(cursor, project, hour, reached)
        if time.monotonic() > until:
            return True
    for table in PROJECT_TABLES:
        if table == "ingest_totals" and not _queue_has_passed(deletion):
            return False
        while prune.delete(table, "project_id = %s", [project]):
            if time.monotonic() > until:
                return True
    stream.forget_project(project)
    deletion.finished_at = timezone.now()
    return False


def _queue_has_passed(deletion: Deletion) -> bool:
    """Whether every entry that is older than the deletion has been written. False without Valkey."""
    oldest = maintenance.oldest_entries()
    if oldest is None or stream.now_ms() <= deletion.cutoff_ms:
        return False
    return all(first is None or first > deletion.cutoff_ms for first in oldest.values())


def _is_of(customer: str, payload: str, reason: str) -> bool:
    """Whether a dead letter is the customer's: one that cannot be decoded is, if it holds the name."""
    if reason.startswith(UNDECODABLE):
        try:
            return customer.encode() in base64.b64decode(payload)
        except binascii.Error:
            return customer in payload
    event = msgspec.json.decode(payload)
    if event.get("customer_id") is not None:
        return bool(event["customer_id"] == customer)
    rest = event.get("rest")
    return bool(rest) and read_as_text(rest) == customer


def read_as_text(rest: str) -> str | None:
    """The customer_id that stands in the rest, as PostgreSQL's ->> reads it."""
    value = json.loads(rest, parse_float=Decimal).get("customer_id")
    if isinstance(value, Decimal):
        return format(value, "f")
    return value if value is None or isinstance(value, str) else json.dumps(value)
