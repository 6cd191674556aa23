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
from analytics.ingest import wait
from analytics.ingest.event import AcceptedEvent
from analytics.ingest.stream import BACKLOG
from analytics.write import batch, drain
from analytics.write.reader import Reader
from tests.write_events import (
    DAY,
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


def test_every_column_is_kept_as_it_was(project: Project) -> None:
    rest = '{"status": "timeout", "a\\\\b": "tab\\t, line\\n, \\u00e9", "big": 12345678901234567890}'
    sent = event(
        event="näme\twith\nall \\N \\.",
        distinct_id="",
        customer_id="a\\b\tc\n",
        endpoint="",
        method=None,
        plan="\\N",
        status=None,
        latency_ms=-0.0,
        bytes=2**63 - 1,
        rest=rest,
    )
    send(project, sent, event(rest=None))
    drain_all()
    names = "event, distinct_id, customer_id, endpoint, method, plan, status, latency_ms, bytes, rest::text"
    kept = ask(f"SELECT {names} FROM events WHERE uuid = %s", sent.uuid)
    assert kept == [
        (
            *("näme\twith\nall \\N \\.", "", "a\\b\tc\n", "", None, "\\N", None, -0.0, 2**63 - 1),
            ask("SELECT %s::jsonb::text", rest)[0][0],
        )
    ]
    assert ask("SELECT count(*) FROM events WHERE rest IS NULL") == [(1,)]
    assert rollup_differences() == []


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

    def spy(shard: int, runs: list[list[Any]]) -> Any:
        written.extend(entry.name for run in runs for entry in run)
        return original(shard, runs)

    monkeypatch.setattr(batch, "write", spy)
    drain_all()
    assert set(stored()) == {first.uuid, second.uuid}
    assert written == sorted(written)


def test_waiting_requests_hear_their_own_outcome(project: Project) -> None:
    twice = event()
    receipts = [
        send(project, twice, event(), wait=True),
        send(project, twice, wait=True),
        send(project, event(), event(uuid="not a uuid"), wait=True),
    ]
    drain_all()
    outcomes = [wait.outcome(receipt) for receipt in receipts]
    assert [outcome.dead_lettered for outcome in outcomes] == [0, 0, 1]
    assert [outcome.stored + outcome.duplicates for outcome in outcomes] == [2, 1, 1]
    assert sum(outcome.stored for outcome in outcomes) == 3
    assert_accounted(project, received=5, stored=3, duplicate=1, dead_lettered=1)


def test_of_equal_events_in_one_batch_the_first_entry_is_told_stored(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SHARDS", 1)
    twice = event(floating=True)
    receipts = [send(project, twice, wait=True), send(project, twice, wait=True)]
    drain_all()
    first, second = (wait.outcome(receipt) for receipt in receipts)
    assert (first.stored, first.duplicates, second.stored, second.duplicates) == (1, 0, 0, 1)


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


def test_events_of_a_deleted_project_are_left_out(project: Project) -> None:
    send(project, event())
    send(project.id + 1000, event(), event())
    drain_all()
    assert len(stored()) == 1
    assert_accounted(project, received=1, stored=1)
    assert_accounted(project.id + 1000, received=2, rejected=2)


def test_a_batch_ends_at_its_limits(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SHARDS", 1)
    monkeypatch.setattr(drain, "BATCH_EVENTS", 10)
    sizes: list[int] = []
    original = batch.write

    def spy(shard: int, runs: list[list[Any]]) -> Any:
        sizes.append(sum(entry.events for run in runs for entry in run))
        return original(shard, runs)

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


def test_old_and_coming_days_get_their_partitions(project: Project) -> None:
    days = (-89, -40, 0, 1)
    send(project, *(event(timestamp=NOW + day * DAY) for day in days))
    drain_all()
    assert len(stored()) == len(days)
    assert rollup_differences() == []


def test_events_outside_the_window_are_left_out_and_counted(project: Project) -> None:
    """Only a stream that others wrote can hold them: ingest judges the time of every event."""
    ordinary: AcceptedEvent = event()
    send(project, ordinary, event(timestamp=NOW - 5000 * DAY), event(timestamp=NOW + 30 * DAY))
    drain_all()
    assert set(stored()) == {ordinary.uuid}
    assert_accounted(project, received=3, stored=1, rejected=2)


def test_property_types_are_the_first_ones_seen(project: Project) -> None:
    send(project, event(), types={"tries": "Numeric", "é" * 400: "Numeric"})
    drain_all()
    send(project, event(), types={"tries": "String", "beta": "Boolean"})
    drain_all()
    assert ask("SELECT name, type FROM property_types ORDER BY name") == [
        ("beta", "Boolean"),
        ("tries", "Numeric"),
    ]


def test_the_database_that_is_away_is_waited_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    send(project, event())
    original = batch.write
    failures = [OperationalError("gone"), OperationalError("gone")]

    def fail_twice(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return original(*args)

    monkeypatch.setattr(batch, "write", fail_twice)
    drain_all()
    assert len(stored()) == 1
