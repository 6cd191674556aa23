"""A written batch: every value as it was sent, every entry told its outcome, nothing outside the window."""

from __future__ import annotations

import json
import uuid

import msgspec
import pytest
from django.conf import settings

from agentry.accounts.models import Project
from analytics.ingest import wait
from analytics.ingest.batch import Batch
from analytics.ingest.event import AcceptedEvent
from analytics.ingest.stream import append
from analytics.ingest.times import Clock
from tests.write_events import (
    DAY,
    NOW,
    ask,
    assert_accounted,
    drain_all,
    event,
    rollup_differences,
    send,
    stored,
)


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


@pytest.mark.parametrize(
    "text", ["1e999", "-1e999", "1e-400", "9" * 400, "NaN", "Infinity", "1e308", "-.5e1"]
)
def test_a_measure_that_is_text_is_stored_whatever_it_says(project: Project, text: str) -> None:
    rest = json.dumps(dict.fromkeys(("bytes", "status", "latency_ms"), text))
    send(project, event(status=None, latency_ms=None, bytes=None, rest=rest))
    drain_all()
    assert ask("SELECT rest::text FROM events") == [(rest,)]
    assert_accounted(project, received=1, stored=1)
    assert rollup_differences() == []


def test_what_the_version_before_left_in_the_stream_is_written(project: Project) -> None:
    """The form of an entry, by hand. A new worker meets entries of the web servers before it: whoever changes
    the form keeps the reader of this one for a version."""
    name = str(uuid.uuid4())
    values = [name, NOW, "f", "api_request", "ann", "acme\\tcorp", "/v1/a", "GET", "\x01", 200, 1.5, "\x01"]
    row = "\t".join(map(str, values)) + '\t{"sdk":"4"}\n'
    entry = [project.id, NOW, [NOW // DAY], False, row.encode(), {"sdk": "String"}]
    batch = Batch(project.id, Clock.at(NOW, settings.RETENTION_DAYS))
    batch.entries.append((msgspec.msgpack.encode(entry), 1))
    batch.accepted = 1
    append(batch)
    drain_all()
    found = ask("SELECT uuid::text, customer_id, plan, status, latency_ms, rest FROM events")
    assert found == [(name, "acme\tcorp", None, 200, 1.5, '{"sdk": "4"}')]


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


def test_events_of_a_deleted_project_are_left_out(project: Project) -> None:
    send(project, event())
    send(project.id + 1000, event(), event())
    drain_all()
    assert len(stored()) == 1
    assert_accounted(project, received=1, stored=1)
    assert_accounted(project.id + 1000, received=2, rejected=2)


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
