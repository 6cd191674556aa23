"""The drain: what lies in the streams is stored once, in order, whatever dies in between."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import OperationalError, connection

from agentry import valkey
from agentry.accounts.models import Project
from analytics.engines import postgres_write
from analytics.ingest import wait
from analytics.ingest.stream import BACKLOG
from analytics.write import batch, drain
from analytics.write.reader import Reader
from tests.write_events import (
    HOUR,
    NOW,
    ask,
    assert_accounted,
    drain_all,
    event,
    rollup_differences,
    send,
    stored,
)


def backlog() -> int:
    return int(valkey.client().get(BACKLOG) or 0)


def test_events_are_stored_and_rolled_up_and_leave_the_stream(project: Project) -> None:
    for hours in range(50):
        send(
            project,
            event(timestamp=NOW - hours * HOUR),
            event(timestamp=NOW - hours * HOUR, customer_id=None),
        )
    drain_all()
    assert ask("SELECT count(*), sum(latency_ms) FROM events") == [(100, 1250.0)]
    assert rollup_differences() == []
    assert backlog() == 0
    assert all(Reader(shard).waiting() == 0 for shard in range(settings.SHARDS))
    assert_accounted(project, received=100, stored=100)


def test_a_redelivered_entry_is_not_written_and_not_counted_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crash between commit and acknowledgement."""
    send(project, event(), event())

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Reader, "acknowledge", crash)
        for shard in range(settings.SHARDS):
            try:
                drain.drain(shard)
            except KeyboardInterrupt:
                continue
    assert (len(stored()), backlog()) == (2, 2)
    drain_all()
    assert (len(stored()), backlog()) == (2, 0)
    assert_accounted(project, received=2, stored=2, duplicate=0)


def test_a_predecessors_pending_entries_go_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SHARDS", 1)
    first, second = event(), event()
    send(project, first)
    reader = Reader(0)
    reader.make_group()
    assert len(reader.read(">", 10, 10, 1000)) == 1  # and then it died
    send(project, second)
    written: list[str] = []
    original = batch.write

    def spy(shard: int, runs: list[list[Any]], **options: Any) -> Any:
        written.extend(entry.name for run in runs for entry in run)
        return original(shard, runs, **options)

    monkeypatch.setattr(batch, "write", spy)
    drain_all()
    assert set(stored()) == {first.uuid, second.uuid}
    assert written == sorted(written)


def test_an_emptied_valkey_heals_itself(project: Project) -> None:
    send(project, event())
    drain_all()
    valkey.client().flushdb()
    send(project, event())
    drain_all()
    assert len(stored()) == 2


def test_ids_that_begin_again_after_valkey_was_emptied_are_written(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clock went back: the same entry id stands for other events."""
    monkeypatch.setattr(settings, "SHARDS", 1)
    first = send(project, event())
    drain_all()
    valkey.client().flushdb()
    send(project, event())
    found: Any = valkey.client().xrange("ingest:0")
    valkey.client().delete("ingest:0")
    valkey.client().xadd("ingest:0", found[0][1], id=first.entry_ids[0])
    drain_all()
    assert len(stored()) == 2


@pytest.mark.django_db(transaction=True)
def test_while_another_drain_holds_the_shard_nothing_is_done(project: Project) -> None:
    send(project, event())
    holding, release = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            for shard in range(settings.SHARDS):
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", [drain.LOCK, shard])
            holding.set()
            release.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert holding.wait(10)
    drain_all()
    assert stored() == {}
    release.set()
    other.join()
    drain_all()
    assert len(stored()) == 1


def test_an_entry_appended_at_the_end_of_a_drain_is_not_stranded(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes after the last read, before the unlocking; its own task then loses the race for the lock."""
    monkeypatch.setattr(settings, "SHARDS", 1)
    send(project, event())
    late = [event()]
    unlock = drain._unlock

    def append_then_unlock(shard: int) -> None:
        if late:
            send(project, late.pop())
        unlock(shard)

    monkeypatch.setattr(drain, "_unlock", append_then_unlock)
    assert drain.drain(0) is False
    assert len(stored()) == 2


def test_wake_ups_are_asked_for_again_once_a_drain_has_begun(project: Project) -> None:
    assert [send(project, event()).wake for _ in range(20)].count(True) <= settings.SHARDS
    drain_all()
    assert send(project, event()).wake


@pytest.mark.parametrize("state", ["57P01", "53100", "25006", "40P01", "55P03", "42P01"])
def test_a_database_in_trouble_holds_the_backlog(
    project: Project, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    send(project, event())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '{state}'; END $$"""
        )
        cursor.execute("CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse()")
    for shard in range(settings.SHARDS):
        drain.drain(shard, seconds=0.3)
    assert (ask("SELECT count(*) FROM dead_letters"), backlog()) == ([(0,)], 1)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON events")
    drain_all()
    assert_accounted(project, received=1, stored=1)


def test_an_acknowledgement_that_fails_is_tried_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = send(project, event(), wait=True)
    original = Reader.acknowledge
    failures = [redis.TimeoutError(), redis.ConnectionError()]

    def fail_twice(*args: Any) -> None:
        if failures:
            raise failures.pop()
        original(*args)

    monkeypatch.setattr(Reader, "acknowledge", fail_twice)
    drain_all()
    assert wait.outcome(receipt).stored == 1
    assert_accounted(project, received=1, stored=1, backlog=0)


def test_a_batch_ends_at_its_limits(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SHARDS", 1)
    monkeypatch.setattr(drain, "BATCH_EVENTS", 10)
    sizes: list[int] = []
    original = batch.write

    def spy(shard: int, runs: list[list[Any]], **options: Any) -> Any:
        sizes.append(sum(entry.events for run in runs for entry in run))
        return original(shard, runs, **options)

    monkeypatch.setattr(batch, "write", spy)
    for _ in range(15):
        send(project, event(), event(), event())
    drain_all()
    assert sizes == [12, 12, 12, 9]
    monkeypatch.setattr(drain, "BATCH_BYTES", 1)
    for _ in range(3):
        send(project, event())
    drain_all()
    assert sizes[4:] == [1, 1, 1]


def test_the_database_that_is_away_is_waited_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    send(project, event())
    original = batch.write
    failures = [OperationalError("gone"), OperationalError("gone")]

    def fail_twice(*args: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return original(*args, **options)

    monkeypatch.setattr(batch, "write", fail_twice)
    drain_all()
    assert len(stored()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_dies_in_the_transaction_is_replaced(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends the session, as it does when it is shut down, when all but the commit is done."""
    send(project, *(event() for _ in range(100)))
    original = postgres_write.add_totals
    ended: list[int] = []

    def end_session_once(cursor: Any, totals: Any) -> None:
        original(cursor, totals)
        if not ended:
            cursor.execute("SELECT pg_backend_pid()")
            ended.append(cursor.fetchone()[0])
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(postgres_write, "add_totals", end_session_once)
    drain_all()
    assert (len(stored()), len(ended), rollup_differences()) == (100, 1, [])
    assert_accounted(project, received=100, stored=100, dead_lettered=0, duplicate=0, backlog=0)
