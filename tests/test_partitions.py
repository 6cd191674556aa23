"""Partitions of events: one a day, made when needed, dropped after the retention time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from agentry import valkey
from agentry.accounts.models import Project
from analytics.hogql.levels import LEVELS
from analytics.write import maintenance, partitions
from tests.write_events import DAY, NOW, ask, drain_all, event, rollup_differences, send, stored

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def _no_partitions() -> Iterator[None]:
    """Partitions outlive the emptying of tables: each test begins and ends without."""
    remove()
    yield
    remove()


def remove() -> None:
    with connection.cursor() as cursor:
        for day in partitions.existing():
            cursor.execute(f"DROP TABLE {partitions.name(day)}")


def own_connection() -> psycopg.Connection[Any]:
    values = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(**{name: values[name] for name in names if name in values}, autocommit=True)


def test_maintenance_makes_days_ahead_and_drops_what_is_past(project: Project) -> None:
    old = TODAY - timedelta(days=settings.RETENTION_DAYS + 2)
    partitions.ensure([old, TODAY - timedelta(days=settings.RETENTION_DAYS)])
    maintenance.maintain()
    expected = {TODAY + timedelta(days=ahead) for ahead in range(9)}
    assert partitions.existing() == expected | {TODAY - timedelta(days=settings.RETENTION_DAYS)}
    assert ask("SELECT to_regclass(%s)", partitions.name(old)) == [(None,)]


def test_many_make_the_same_day_at_once() -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(6)

    def make() -> None:
        try:
            barrier.wait(10)
            partitions.ensure([TODAY, TODAY + timedelta(days=1)])
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert partitions.existing() == {TODAY, TODAY + timedelta(days=1)}


def test_a_day_is_made_while_a_query_and_a_writer_are_under_way(project: Project) -> None:
    send(project, event())
    drain_all()
    with own_connection() as reader, own_connection() as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events")
        writer.execute("BEGIN")
        writer.execute("LOCK TABLE events IN ROW EXCLUSIVE MODE")  # as INSERT does
        began = time.monotonic()
        partitions.ensure([TODAY + timedelta(days=3)])
        assert time.monotonic() - began < 2
        reader.execute("SELECT count(*) FROM events")


def test_retention_lets_a_running_query_end(project: Project) -> None:
    old = TODAY - timedelta(days=settings.RETENTION_DAYS + 2)
    partitions.ensure([old])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {partitions.name(old)} (project_id, "timestamp", uuid, event, distinct_id)
            VALUES (%s, %s, gen_random_uuid(), 'x', '')""",
            [project.id, partitions.start(old)],
        )

    def drop() -> None:
        maintenance.maintain()
        connections.close_all()

    dropping = threading.Thread(target=drop)
    with own_connection() as reader, reader.cursor("rows") as rows:
        reader.autocommit = False
        rows.execute("SELECT event FROM events")
        dropping.start()
        time.sleep(0.5)
        with own_connection() as other:  # neither readers nor writers wait for the one that waits
            other.execute("SET statement_timeout = '2s'")
            assert other.execute("SELECT count(*) FROM events").fetchone() is not None
        send(project, event())
        drain_all()
        assert rows.fetchall() == [("x",)]
        reader.rollback()
    dropping.join(30)
    assert old not in partitions.existing()
    assert ask("SELECT to_regclass(%s)", partitions.name(old)) == [(None,)]
    assert len(stored()) == 1


def test_a_drop_that_was_interrupted_is_finished(project: Project) -> None:
    old = [TODAY - timedelta(days=settings.RETENTION_DAYS + days) for days in (2, 3)]
    partitions.ensure(old)
    with own_connection() as reader, own_connection() as interrupted:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events")
        interrupted.execute("SET statement_timeout = '300ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            interrupted.execute(
                f"ALTER TABLE events DETACH PARTITION {partitions.name(old[0])} CONCURRENTLY".encode()
            )
    assert len(partitions.existing()) == 1
    maintenance.maintain()
    assert not {day for day in partitions.existing() if day < TODAY}
    assert [
        found for day in old for (found,) in ask("SELECT to_regclass(%s)", partitions.name(day)) if found
    ] == []


def test_events_that_wait_keep_their_day(project: Project) -> None:
    """Accepted on the last day of the window, written after midnight: the day is not dropped before."""
    first = partitions.first_kept(datetime.now(UTC)) - timedelta(days=3)
    partitions.ensure([first])
    three_days_ago = NOW - 3 * DAY
    valkey.client().xadd("ingest:0", {"e": b"", "n": 1}, id=f"{three_days_ago}-0")
    maintenance.maintain()
    assert first in partitions.existing()
    valkey.client().delete("ingest:0")
    maintenance.maintain()
    assert first not in partitions.existing()


def test_row_level_security_holds_through_partitions(project: Project) -> None:
    send(project, event())
    drain_all()
    [day] = partitions.existing()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SET LOCAL ROLE agentry_query")
        cursor.execute("SELECT set_config('agentry.project_id', %s, true)", [str(project.id + 1)])
        cursor.execute("SELECT count(*) FROM events")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT set_config('agentry.project_id', %s, true)", [str(project.id)])
        cursor.execute("SELECT count(*) FROM events")
        assert cursor.fetchone() == (1,)
        cursor.execute("ROLLBACK")
        cursor.execute("SELECT has_table_privilege('agentry_query', %s, 'SELECT')", [partitions.name(day)])
        assert cursor.fetchone() == (False,)


def test_what_is_past_its_age_is_deleted(project: Project) -> None:
    send(project, event(floating=True), event())
    drain_all()
    before = {level.table: ask(f"SELECT count(*) FROM {level.table}") for level in LEVELS}
    with connection.cursor() as cursor:
        for level in LEVELS:
            table, bucket = level.table, f'"{level.bucket}"'
            others = (
                "event, first_at, last_at, calls, latency_ms_count, bytes_count, latency_ms_sum, bytes_sum"
            )
            cursor.execute(
                f"INSERT INTO {table} (project_id, {bucket}, {others}) SELECT project_id,"
                f" {bucket} - interval '27 months', {others} FROM {table}"
            )
        cursor.execute("UPDATE event_times SET fixed_at = now() - interval '9 days'")
        cursor.execute("UPDATE written_entries SET written_at = now() - interval '2 days'")
    maintenance.maintain()
    assert {table: ask(f"SELECT count(*) FROM {table}") for table in before} == before
    assert ask("SELECT count(*) FROM event_times") == ask("SELECT count(*) FROM written_entries") == [(0,)]
    assert rollup_differences() == []


def test_runs_whose_entries_are_still_in_the_stream_are_remembered(project: Project) -> None:
    """A backlog that waits for days may hold an entry that was committed and not acknowledged."""
    valkey.client().xadd("ingest:0", {"e": b"", "n": 1}, id="5-0")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO written_entries VALUES (0, 1, 0, 4, 0, now() - interval '2 days'),"
            " (0, 5, 0, 5, 0, now() - interval '2 days')"
        )
    maintenance.maintain()
    assert ask("SELECT first_ms FROM written_entries") == [(5,)]


def test_without_valkey_nothing_is_dropped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    old = TODAY - timedelta(days=settings.RETENTION_DAYS + 2)
    partitions.ensure([old])
    monkeypatch.setattr(maintenance, "oldest_entries", lambda: None)
    maintenance.maintain()
    assert {old, TODAY} <= partitions.existing()


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        ((2026, 11, 22), 25, (2024, 10, 1)),
        ((2026, 1, 31), 1, (2025, 12, 1)),
        ((2026, 12, 1), 12, (2025, 12, 1)),
    ],
)
def test_months_are_counted_back_to_a_first_day(
    moment: tuple[int, int, int], months: int, expected: tuple[int, int, int]
) -> None:
    found = maintenance.months_before(datetime(*moment, tzinfo=UTC), months)
    assert found.date() == date(*expected)
