"""Deleting a customer's data: all that was received before is gone, nothing else, and rollups say what raw
events say after every step, whatever comes in between."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from agentry import valkey
from agentry.accounts.models import AuditEntry, Project
from analytics.customers import standing
from analytics.hogql.levels import LEVELS
from analytics.ingest import stream
from analytics.ingest.batch import judge
from analytics.ingest.decode import events
from analytics.ingest.stream import recent_rejects
from analytics.ingest.times import Clock
from analytics.keeping import deletion, steps
from analytics.keeping.deletion import delete_customer
from analytics.models import Deletion, Standings
from analytics.write import batch, partitions
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

OTHER = {"customer_id": "wayne_ent", "distinct_id": "wayne_ent"}
NUMBER = {"customer_id": None, "rest": '{"customer_id":42.50,"seats":1}'}


@pytest.fixture(autouse=True)
def _a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    batch._known_properties.clear()
    monkeypatch.setattr(deletion, "PAUSE", 0.0)


def finish(asked: Deletion) -> Deletion:
    for _ in range(200):
        deletion.work(5.0)
        asked.refresh_from_db()
        if asked.finished_at is not None:
            return asked
        drain_all()
    raise AssertionError(asked.state)


def mentions(customer: str) -> list[str]:
    """Tables of events and rollups in which the customer still stands."""
    tables = ("events", *(level.table for level in LEVELS), "dead_letters")
    found = [f"SELECT '{table}' FROM {table} t WHERE t::text LIKE %s" for table in tables]
    return [table for (table,) in ask(" UNION ".join(found), *[f"%{customer}%"] * len(tables))]


def test_a_customers_data_are_gone_and_the_others_are_as_they_were(project: Project) -> None:
    mine = [event(timestamp=NOW - step * HOUR, status=status) for step in range(50) for status in (200, 404)]
    others = [event(timestamp=NOW - step * HOUR, **OTHER) for step in range(0, 50, 7)]
    send(project, *mine, *others, event(customer_id=None), event(customer_id=""))
    send(project, event(uuid="no uuid"), event(uuid="no uuid", **OTHER))
    send(project, event(floating=True))
    drain_all()
    elsewhere = Project.objects.create(team=project.team, name="Other", slug="other")
    send(elsewhere, event())
    drain_all()
    send(project, event(), event(**OTHER))  # still in the queue
    done = finish(delete_customer(project, "acme_corp", None))
    assert done.events == 101
    assert done.days_left == 0 < (done.days or 0)
    assert ask(
        "SELECT customer_id, count(*) FROM events WHERE project_id = %s GROUP BY 1 ORDER BY 1", project.id
    ) == [
        ("", 1),
        ("wayne_ent", 9),
        (None, 1),
    ]
    assert rollup_differences() == []
    assert ask("SELECT count(*) FROM event_times WHERE project_id = %s", project.id) == [(0,)]
    assert ask("SELECT count(*) FROM dead_letters WHERE payload LIKE '%%acme_corp%%'") == [(0,)]
    assert ask("SELECT count(*) FROM dead_letters") == [(1,)]
    assert recent_rejects(project.id) == []
    assert ask("SELECT count(*) FROM events WHERE project_id = %s", elsewhere.id) == [(1,)]
    assert_accounted(project, received=115, stored=112, dead_lettered=2, rejected=1, backlog=0)
    assert AuditEntry.objects.get(action="customer.delete").subject == "default/acme_corp"


def test_how_a_customer_stands_is_forgotten_too(project: Project) -> None:
    send(project, event(), event(**OTHER))
    drain_all()
    kept = Standings.objects.create(project=project, event="api_request")
    assert standing.keep(kept)
    standing_now = "SELECT customer_id FROM standings ORDER BY 1"
    assert ask(standing_now) == [("acme_corp",), ("wayne_ent",)]
    finish(delete_customer(project, "acme_corp", None))
    assert ask(standing_now) == [("wayne_ent",)]


def test_a_customer_that_is_no_text_is_deleted_by_its_digits(project: Project) -> None:
    refused = event(uuid="no uuid", **NUMBER)
    send(project, event(**NUMBER), event(), refused)
    drain_all()
    assert ask("SELECT customer_id FROM usage_day ORDER BY 1") == [("42.50",), ("acme_corp",)]
    finish(delete_customer(project, "42.50", None))
    assert ask("SELECT customer_id FROM events") == [("acme_corp",)]
    assert ask("SELECT count(*) FROM dead_letters") == [(0,)]
    assert rollup_differences() == []


def test_an_hour_whose_details_are_incomplete_loses_the_customer_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DETAIL_KEYS_PER_HOUR", 5)
    for number in range(3):
        send(project, *(event(endpoint=f"/{number}/{place}") for place in range(4)), event(**OTHER))
        drain_all()
    assert ask("SELECT count(*) FROM detail_gaps") == [(1,)]
    finish(delete_customer(project, "acme_corp", None))
    assert mentions("acme_corp") == []
    assert rollup_differences() == []
    assert ask("SELECT keys FROM detail_keys") == [(1,)]


def test_the_excerpts_of_rejected_events_go_too(project: Project) -> None:
    sent = judge(project.pk, events(b'[{"event":"","distinct_id":"acme_corp"}]'), Clock.at(NOW, 90))
    stream.append(sent)
    assert len(stream.recent_rejects(project.pk)) == 1
    finish(delete_customer(project, "acme_corp", None))
    assert stream.recent_rejects(project.pk) == []


def test_history_older_than_raw_events_goes_with_them(project: Project) -> None:
    old = NOW - (settings.RETENTION_DAYS + 3) * DAY
    day = datetime.fromtimestamp(old / 1000, tz=UTC).date()
    partitions.ensure([day])
    send(project, event(timestamp=old), event(timestamp=old, **OTHER), event())
    drain_all()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.name(day)}")
    done = finish(delete_customer(project, "acme_corp", None))
    assert done.events == 1
    for level in LEVELS:
        customer = "customer_id" if level.of_customers else "'wayne_ent'"
        assert ask(f"SELECT {customer}, calls FROM {level.table}") == [("wayne_ent", 1)]


def test_a_level_of_all_customers_is_computed_anew(project: Project) -> None:
    """From raw events where there are some, else from the others' details."""
    old = NOW - (settings.RETENTION_DAYS + 3) * DAY
    past = datetime.fromtimestamp(old / 1000, tz=UTC).date()
    partitions.ensure([past])
    for at in (old, NOW, NOW - HOUR):
        send(project, event(timestamp=at - 5), event(timestamp=at, **OTHER))
        send(project, event(timestamp=at + 5, status=5))
    drain_all()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.name(past)}")
    finish(delete_customer(project, "acme_corp", None))
    for table in ("usage_endpoint_hour", "usage_status_day"):
        rows = ask(f"SELECT status, calls, first_at, last_at FROM {table}")
        assert sum(calls for _, calls, _, _ in rows) == 3
        assert {status for status, *_ in rows} == {200.0}
        moments = {moment.timestamp() * 1000 for _, _, *both in rows for moment in both}
        assert {round(moment) for moment in moments} <= {old, NOW, NOW - HOUR}


def wait_a_millisecond() -> None:
    """What is received in the same millisecond as a request counts as received before it."""
    begun = valkey.client().time()
    while valkey.client().time()[0:2] < (begun[0], begun[1] + 1500):
        pass


@pytest.mark.parametrize("customer", ["", " ", "x" * 201, "a\0b", "\ud800"])
def test_what_is_no_customer_is_refused(project: Project, customer: str) -> None:
    with pytest.raises(Exception, match="1 to 200 characters"):
        delete_customer(project, customer, None)
    assert not Deletion.objects.exists()


def test_the_command_shows_how_far_it_is(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    send(project, *(event(timestamp=NOW - number * DAY) for number in range(3)), event(**OTHER))
    drain_all()
    call_command("delete_data", "--project", "acme/default", "--customer", "acme_corp", "--yes")
    assert "done: 3 events deleted, 0 of 3 days left" in capsys.readouterr().out
    assert [row for (row,) in ask("SELECT customer_id FROM events")] == ["wayne_ent"]
    assert mentions("acme_corp") == []


def test_one_that_cannot_go_on_holds_up_no_other(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    send(project, event(), event(**OTHER))
    drain_all()
    stuck, other = delete_customer(project, "acme_corp", None), delete_customer(project, "wayne_ent", None)
    step = steps.step

    def stumbling(deletion: int) -> bool:
        if deletion == stuck.pk:
            raise DatabaseError
        return step(deletion)

    monkeypatch.setattr(steps, "step", stumbling)
    finish(other)
    assert [row for (row,) in ask("SELECT customer_id FROM events")] == ["acme_corp"]


def test_an_old_deletion_holds_for_a_queue_that_comes_back(project: Project) -> None:
    """As after a restore of an older Valkey: what is older than the request stays gone."""
    send(project, event(), event(**OTHER))
    saved = [(name, valkey.client().dump(name)) for name in ("ingest:0", "ingest:1")]
    wait_a_millisecond()
    finish(delete_customer(project, "acme_corp", None))
    assert len(stored()) == 1
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM written_entries; DELETE FROM events")
    for name, value in saved:
        if value is not None:
            valkey.client().restore(name, 0, value, replace=True)
    drain_all()
    assert [row for (row,) in ask("SELECT customer_id FROM events")] == ["wayne_ent"]
