"""Deleting a customer's data while everything else goes on: in any order, at the same time, with deaths."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest
from django.db import connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentry.accounts.models import Project
from analytics.engines import postgres_delete
from analytics.keeping import deletion, steps
from analytics.keeping.deletion import delete_customer
from analytics.models import Deletion
from analytics.write import batch
from tests.test_deletion import OTHER, finish, wait_a_millisecond
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


@pytest.fixture(autouse=True)
def _a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    batch._known_properties.clear()
    monkeypatch.setattr(deletion, "PAUSE", 0.0)


ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("send"),
            st.sampled_from(["acme_corp", "wayne_ent"]),
            st.sampled_from([NOW, NOW - HOUR, NOW - DAY]),
            st.booleans(),
        ),
        st.tuples(st.sampled_from(["drain", "request", "step", "step", "again", "die"])),
    ),
    min_size=5,
    max_size=20,
)


class Killed(Exception):  # noqa: N818
    pass


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS)
def test_whatever_comes_in_between(
    project: Project, actions: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sends, drains, requests, steps, retries and deaths in any order: what is left is what was received
    after the last request, once, and all levels agree with it all along."""
    project = Project.objects.create(
        team=project.team, name="x", slug=f"x{Project.objects.count()}{Deletion.objects.count()}"
    )
    monkeypatch.setattr(steps, "SECONDS", -1.0)  # an hour a step
    left: dict[str, Any] = {}
    asked: list[Deletion] = []
    for action, *values in actions:
        if action == "send":
            customer, at, floating = values
            new = event(customer_id=customer, timestamp=at, floating=floating)
            left[new.uuid] = new
            send(project, new)
        elif action == "again" and left:
            send(project, list(left.values())[-1])
        elif action == "drain":
            drain_all()
        elif action == "request":
            wait_a_millisecond()
            asked.append(delete_customer(project, "acme_corp", None))
            wait_a_millisecond()
            left = {uuid: one for uuid, one in left.items() if one.customer_id != "acme_corp"}
        elif action == "step" and asked:
            steps.step(asked[-1].pk)
        elif action == "die" and asked:
            die(asked[-1], monkeypatch)
        if action in ("step", "drain", "die"):
            assert rollup_differences() == []
    for one in asked:
        finish(one)
    drain_all()
    rows = ask("SELECT uuid FROM events WHERE project_id = %s", project.id)
    assert sorted(str(uuid) for (uuid,) in rows) == sorted(left)
    assert rollup_differences() == []
    assert ask("SELECT count(*) FROM kept_events") == [(0,)]
    assert_accounted(project, backlog=0)


def die(asked: Deletion, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that ends in the middle, when the events are gone and the rollups are not."""

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(postgres_delete, "_rebuild", killed)
        with contextlib.suppress(Killed):
            steps.step(asked.pk)


@pytest.mark.django_db(transaction=True)
def test_ingest_of_the_same_customer_goes_on_meanwhile(project: Project) -> None:
    """Both writers and the deletion at once: no deadlock, nothing lost, and they agree at the end."""
    before = [event(timestamp=NOW - number % 48 * HOUR, endpoint=f"/{number % 7}") for number in range(2_000)]
    send(project, *before)
    drain_all()
    [(deadlocks,)] = ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    after: list[Any] = []
    failures: list[BaseException] = []
    stop = threading.Event()

    def ingest() -> None:
        try:
            while not stop.is_set():
                # Some are new, in hours that are being deleted; some are retries of what was deleted.
                new = [event(timestamp=NOW - number * HOUR) for number in range(48)]
                after.extend(new)
                send(project, *new, *before[: len(after) // 10])
                drain_all()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    wait_a_millisecond()
    asked = delete_customer(project, "acme_corp", None)
    wait_a_millisecond()
    thread = threading.Thread(target=ingest)
    thread.start()
    try:
        while asked.finished_at is None and not failures:
            steps.step(asked.pk)
            asked.refresh_from_db()
    finally:
        stop.set()
        thread.join(60)
    drain_all()
    assert failures == []
    assert {one.uuid for one in after} <= set(stored())
    assert max(stored().values()) == 1
    assert rollup_differences() == []
    assert_accounted(project, backlog=0)
    assert ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(deadlocks,)]


@pytest.mark.django_db(transaction=True)
def test_a_batch_under_way_is_waited_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looked for deletions before this one was asked for, and commits after."""
    written, may_commit = threading.Event(), threading.Event()
    count = batch._count

    def slowly(found: Any) -> None:
        count(found)
        written.set()
        may_commit.wait(30)

    def in_background(call: Any, *values: Any) -> threading.Thread:
        def run() -> None:
            call(*values)
            connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    monkeypatch.setattr(batch, "_count", slowly)
    send(project, event(), event(**OTHER))
    writer = in_background(drain_all)
    assert written.wait(30)
    asked = delete_customer(project, "acme_corp", None)
    deleter = in_background(steps.step, asked.pk)
    deleter.join(0.3)
    assert deleter.is_alive()
    may_commit.set()
    writer.join(30)
    deleter.join(30)
    finish(asked)
    assert [row for (row,) in ask("SELECT customer_id FROM events")] == ["wayne_ent"]
    assert rollup_differences() == []
