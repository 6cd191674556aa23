"""Exactly once, in effect: whatever is sent again, redelivered or cut off, an event is stored once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentry.accounts.models import Project
from analytics.engines import postgres_write
from analytics.ingest.event import AcceptedEvent
from analytics.write import drain
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


class CrashError(Exception):
    """The writer dies between its commit and its acknowledgement."""


def drain_and_crash(patch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> None:
        raise CrashError

    with patch.context() as inner:
        inner.setattr(Reader, "acknowledge", crash)
        for shard in range(settings.SHARDS):
            try:
                drain.drain(shard)
            except CrashError:
                continue


@pytest.fixture(autouse=True)
def never_careful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is inserted without a look for duplicates first, and again with one where there are some."""
    monkeypatch.setattr(postgres_write, "CAREFUL_SECONDS", 0.0)
    monkeypatch.setattr(postgres_write._Careful, "until", 0.0)


@pytest.mark.parametrize("again", [True, False])
def test_duplicates_are_looked_for_once_there_are_some(project: Project, again: bool) -> None:
    first = event()
    send(project, first, event())
    drain_all()
    send(project, first if again else event(), event())
    with CaptureQueriesContext(connection) as asked:
        drain_all()
    inserts = [query["sql"] for query in asked if "INSERT INTO events" in query["sql"]]
    assert [sql.count("ON CONFLICT") for sql in inserts] == [0, 1][: 1 + again]
    assert len(stored()) == 4 - again
    assert rollup_differences() == []
    assert_accounted(project, received=4, stored=4 - again, duplicate=again)


# An event of the client: its uuid's number, whether it sends a time, and what the server would choose if not.
CLIENT_EVENTS = st.tuples(
    st.integers(0, 7),
    st.booleans(),
    st.sampled_from([0, 1, HOUR, DAY, 3 * DAY]),
    st.sampled_from([None, "", "acme_corp", "x" * 600]),
)
STEPS = st.lists(
    st.one_of(st.lists(CLIENT_EVENTS, min_size=1, max_size=6), st.sampled_from(["drain", "crash"])),
    min_size=1,
    max_size=12,
)


def accepted(of: uuid.UUID, client: tuple[int, bool, int, str | None]) -> AcceptedEvent:
    """Every event of a uuid is one call: a client that sends the time sends the same one each time."""
    number, explicit, chosen, customer = client
    values: dict[str, Any] = {"customer_id": customer, "latency_ms": chosen / 7, "bytes": None}
    if explicit:
        return event(uuid=str(of), timestamp=NOW - number * 1000, **values)
    return event(uuid=str(of), timestamp=NOW - chosen, floating=True, **values)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_ledger_table_and_rollups_agree(
    project: Project, monkeypatch: pytest.MonkeyPatch, steps: list[Any]
) -> None:
    """A uuid that floats stays so until all its retries have: see the next test for those that turn."""
    names = [uuid.uuid4() for _ in range(8)]
    floats: dict[int, bool] = {}
    ledger: set[str] = set()
    before = ask("SELECT count(*) FROM events")[0][0]
    for step in [*steps, "drain"]:
        if step == "crash":
            drain_and_crash(monkeypatch)
        elif step == "drain":
            drain_all()
        else:
            # A uuid whose first event had a time always has it; one that floated first may have either.
            clients = [
                (number, explicit if floats.setdefault(number, not explicit) else True, *rest)
                for number, explicit, *rest in step
            ]
            send(project, *(accepted(names[client[0]], client) for client in clients))
            ledger.update(str(names[client[0]]) for client in clients)
            drain_all_if_first(floats, clients)
    rows = stored()
    assert {name for name in rows if name in ledger} == ledger
    assert ask("SELECT count(*) FROM events")[0][0] - before == len(ledger)
    assert rollup_differences() == []
    assert_accounted(project)


def drain_all_if_first(floats: dict[int, bool], clients: list[Any]) -> None:
    """Which of two shards is drained first is chance; the ledger's order must be the writer's."""
    if any(floats[client[0]] for client in clients):
        drain_all()


SHAPES = {
    "both float": (True, True),
    "floating, then with its time": (True, False),
    "with its time, then floating": (False, True),
}
# The last shape apart is two events: see test_retry_shapes.py.
APART = [(shape, False) for shape in SHAPES if SHAPES[shape][0]]


@pytest.mark.parametrize(("shape", "together"), [*((shape, True) for shape in SHAPES), *APART])
def test_a_retry_across_midnight_meets_the_first_time(project: Project, shape: str, together: bool) -> None:
    first, second = SHAPES[shape]
    name = str(uuid.uuid4())
    events = [
        event(uuid=name, timestamp=NOW - 2 * DAY, floating=first),
        event(uuid=name, timestamp=NOW, floating=second),
    ]
    if together:
        send(project, *events)
    else:
        for each in events:
            send(project, each)
            drain_all()
    drain_all()
    assert stored() == {name: 1}
    assert rollup_differences() == []
    assert_accounted(project, received=2, stored=1, duplicate=1)


def in_threads(*works: Any) -> None:
    failures: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("floating", [0, 1, 2])
def test_concurrent_writers_of_the_same_uuids_and_rollup_keys_stay_exact(
    project: Project, monkeypatch: pytest.MonkeyPatch, floating: int
) -> None:
    """Two shards, each with the same events in another order; of two, none, one or both float, with another
    time in each shard. (Where times are fixed, writers wait for each other there; without, at the events.)"""
    names = [str(uuid.uuid4()) for _ in range(3000)]
    deadlocks = ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    for shard, order in ((0, names), (1, names[::-1])):
        monkeypatch.setattr("analytics.ingest.stream.random.randrange", lambda _, shard=shard: shard)
        for start in range(0, len(order), 500):
            events = [
                event(
                    uuid=name,
                    floating=number % 2 < floating,
                    timestamp=NOW - (shard * DAY if number % 2 < floating else 0),
                    customer_id=f"customer_{number % 7}",
                )
                for number, name in ((int(name[:8], 16), name) for name in order[start : start + 500])
            ]
            send(project, *events)
    together = threading.Barrier(2)
    store = postgres_write.store

    def store_together(*args: Any, **options: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(5)
        return store(*args, **options)

    monkeypatch.setattr(postgres_write, "store", store_together)
    in_threads(lambda: drain.drain(0), lambda: drain.drain(1))
    drain_all()
    assert stored() == dict.fromkeys(names, 1)
    assert rollup_differences() == []
    assert_accounted(project, received=6000, stored=3000, duplicate=3000, backlog=0)
    assert ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == deadlocks


WRITER = """
import sys, django
django.setup()
from django.db import connection
from analytics.engines import postgres_write as sql
from analytics.write import batch, drain
{crash}
for shard in (0, 1):
    drain.drain(shard)
"""
STALL = """
import time
def stall(*_):
    print("stalled", flush=True)
    time.sleep(60)
"""
MOMENTS = {
    "in the transaction, after the rollups": STALL + "sql.add_totals = stall",
    "after the commit, before the acknowledgement": STALL + "drain._acknowledge = stall",
    "after reading, before the transaction": STALL + "batch.write = stall",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_9_of_a_drain_loses_and_doubles_nothing(project: Project, moment: str) -> None:
    send(project, *(event() for _ in range(500)))
    script = WRITER.format(crash=MOMENTS[moment])
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "agentry.settings",
        "DATABASE_URL": f"{url}/{database['NAME']}",
        "VALKEY_URL": settings.VALKEY_URL,
    }
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"stalled\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while Reader(0).waiting() + Reader(1).waiting() and time.monotonic() < deadline:
        drain_all()  # until the dead session's lock is gone
    assert len(stored()) == 500
    assert rollup_differences() == []
    assert_accounted(project, received=500, stored=500, duplicate=0, backlog=0)


def test_poison_is_bisected_to_the_single_event(project: Project) -> None:
    poison = {
        "22021": event(event="a\0b"),
        "22P02": event(uuid="no uuid"),
        "22003": event(status=2**40),
        "22P05": event(rest='{"a": "\\u0000"}'),
    }
    good = [event() for _ in range(300)]
    bad = list(poison.values())
    send(project, *good[:100], bad[0], *good[100:150], bad[1], bad[2], *good[150:], bad[3])
    drain_all()
    assert stored() == {each.uuid: 1 for each in good}
    letters = ask("SELECT sqlstate, payload, reason FROM dead_letters ORDER BY id")
    assert [state for state, _, _ in letters] == ["22021", "22P02", "22003", "22P05"]
    kept = [msgspec.json.decode(payload, type=dict) for _, payload, _ in letters]
    assert kept == [msgspec.structs.asdict(each) for each in bad]
    assert all(reason for _, _, reason in letters)
    assert rollup_differences() == []
    assert_accounted(project, received=304, stored=300, dead_lettered=4, duplicate=0)


def test_a_flood_of_poison_is_worked_off_in_pieces(project: Project) -> None:
    """More than one drain may do in its time: what it has done stays done."""
    for _ in range(12):
        send(project, *(event(uuid="no uuid") for _ in range(200)), event())
    drains = 0
    while any(Reader(shard).waiting() for shard in range(settings.SHARDS)):
        before = ask("SELECT count(*) FROM dead_letters")
        for shard in range(settings.SHARDS):
            drain.drain(shard, seconds=0.2)
        assert ask("SELECT count(*) FROM dead_letters") > before
        drains += 1
    assert drains > 1
    assert_accounted(project, received=2412, stored=12, dead_lettered=2400, backlog=0)
    assert rollup_differences() == []
