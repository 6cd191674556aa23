"""Accounting: received = stored + duplicate + rejected + dead_lettered + backlog, shown on /metrics."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import msgspec
import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentry import valkey
from agentry.accounts.models import Project
from agentry.stack.child import Command, start, stop
from analytics import metrics
from analytics.engines import postgres_accounts
from analytics.ingest import refused
from analytics.ingest.batch import Batch
from analytics.ingest.event import Entry, to_row
from analytics.ingest.stream import append
from analytics.ingest.times import Clock
from analytics.write import pulse
from analytics.write.accounting import accounting
from tests.write_events import DAY, NOW, ask, assert_accounted, drain_all, event, send, stored


def reject(project: Project, *codes: str) -> None:
    batch = Batch(project.id, Clock.at(NOW, settings.RETENTION_DAYS))
    batch.rejected = [{"index": index, "code": code} for index, code in enumerate(codes)]
    append(batch)


def scrape() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = Client().get("/metrics", headers={"User-Agent": "prometheus"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def sample(found: Any, name: str, **labels: str) -> float | None:
    value: float | None = found.get((name, frozenset(labels.items())))
    return value


def test_the_identity_holds_before_and_after_a_drain(project: Project) -> None:
    once = event()
    send(project, once, event(), event(uuid="no uuid"))
    send(project, once)
    reject(project, "bad_uuid", "bad_uuid", "too_deep")
    assert_accounted(project, received=7, backlog=4, rejected=3, stored=0)
    drain_all()
    assert_accounted(project, received=7, stored=2, duplicate=1, dead_lettered=1, backlog=0, rejected=3)
    assert accounting(project.id).rejected == {"bad_uuid": 2, "too_deep": 1}


def test_an_entry_that_cannot_be_decoded_is_a_dead_letter_as_a_whole(project: Project) -> None:
    send(project, event())
    client = valkey.client()
    client.xadd("ingest:0", {"e": b"\x94\x01 no entry", "n": 3})
    client.xadd("ingest:0", {"x": "no entry at all"})
    client.incrby("ingest:backlog", 3)
    drain_all()
    assert len(stored()) == 1
    assert ask("SELECT payload, reason LIKE 'undecodable%%' FROM dead_letters") == [
        ("lAEgbm8gZW50cnk=", True)
    ]
    assert client.get("ingest:backlog") == b"0"
    assert_accounted(project, received=1, stored=1)


@pytest.mark.parametrize("rows", [b"a\tb\n", b"", b"no end", b"\t" * 12])
def test_an_entry_whose_rows_are_none_is_a_dead_letter_as_a_whole(project: Project, rows: bytes) -> None:
    send(project, event())
    client = valkey.client()
    entry = Entry(project.id, NOW, [NOW // DAY], False, rows, {})
    client.xadd("ingest:0", {"e": msgspec.msgpack.encode(entry), "n": 2})
    client.incrby("ingest:backlog", 2)
    drain_all()
    assert len(stored()) == 1
    assert ask("SELECT count(*) FROM dead_letters WHERE reason LIKE 'undecodable%%'") == [(1,)]
    assert accounting(project.id).dead_lettered == 2


@pytest.mark.parametrize("day", [NOW // DAY, 0])
def test_a_row_that_is_none_does_not_hold_its_shard(project: Project, day: int) -> None:
    good = event()
    client = valkey.client()
    rows = to_row(good).encode() + b"\t" * 12 + b"\n"
    entry = Entry(project.id, NOW, [NOW // DAY, day], False, rows, {})
    client.xadd("ingest:0", {"e": msgspec.msgpack.encode(entry), "n": 2})
    client.incrby("ingest:backlog", 2)
    drain_all()
    assert stored() == {good.uuid: 1}
    assert ask("SELECT sqlstate, reason LIKE 'undecodable%%' FROM dead_letters") == [("", True)]
    assert accounting(project.id).dead_lettered == 1


def test_metrics_show_the_accounting_the_backlog_and_its_age(project: Project) -> None:
    name = str(project.id)
    send(project, event(), event())
    reject(project, "bad_uuid")
    found = scrape()
    assert sample(found, "agentry_events_received_total", project=name) == 3
    assert sample(found, "agentry_events_backlog", project=name) == 2
    assert sample(found, "agentry_events_rejected_total", project=name, reason="bad_uuid") == 1
    assert sample(found, "agentry_events_unaccounted", project=name) == 0
    assert sample(found, "agentry_ingest_backlog_events") == 2
    shards = map(str, range(settings.SHARDS))
    lags = [sample(found, "agentry_ingest_lag_seconds", shard=shard) for shard in shards]
    assert 0 < max(lag for lag in lags if lag is not None) < 60
    drain_all()
    found = scrape()
    assert sample(found, "agentry_events_stored_total", project=name) == 2
    assert sample(found, "agentry_ingest_backlog_events") == 0
    assert sample(found, "agentry_events_unaccounted", project=name) == 0
    assert (
        sample(found, "agentry_up", server="valkey") == sample(found, "agentry_up", server="postgresql") == 1
    )


def test_metrics_show_lag_refusals_letters_and_who_works(project: Project) -> None:
    name = str(project.id)
    send(project, event(), event(), event(uuid="no uuid"))
    refused.note(project.id, "not_json")
    refused.note(project.id, "not_json")
    pulse.drained(0)
    pulse.ticked()
    drain_all()
    found = scrape()
    lag = "agentry_ingest_accept_to_queryable_seconds"
    assert sample(found, f"{lag}_count") == 3
    assert sample(found, f"{lag}_bucket", le="+Inf") == 3
    assert sample(found, f"{lag}_bucket", le="60.0") == 3
    assert 0 < (sample(found, f"{lag}_sum") or 0) < 180
    assert sample(found, "agentry_requests_refused_total", project=name, code="not_json") == 2
    assert sample(found, "agentry_dead_letters_waiting", project=name) == 1
    assert 0 <= (sample(found, "agentry_ingest_seconds_since_drain", shard="0") or 0) < 60
    assert sample(found, "agentry_ingest_seconds_since_drain", shard="1") is None
    assert 0 <= (sample(found, "agentry_seconds_since_beat") or 0) < 60


def test_metrics_answer_without_postgresql(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    send(project, event())

    def away(*_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(postgres_accounts, "totals", away)
    found = scrape()
    assert sample(found, "agentry_up", server="postgresql") == 0
    assert sample(found, "agentry_ingest_backlog_events") == 1
    assert sample(found, "agentry_events_received_total", project=str(project.id)) == 1
    assert sample(found, "agentry_events_unaccounted", project=str(project.id)) is None


def test_metrics_answer_without_valkey(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    send(project, event())
    drain_all()
    nowhere = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(valkey, "client", lambda: nowhere)
    found = scrape()
    assert sample(found, "agentry_up", server="valkey") == 0
    assert sample(found, "agentry_events_stored_total", project=str(project.id)) == 1
    assert sample(found, "agentry_events_received_total", project=str(project.id)) is None


def test_labels_are_bounded(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "PROJECTS", 1)
    send(project, event(), event())
    for number in range(3):
        send(project.id + 100 + number, event())
        refused.note(project.id + 100 + number, "not_json")
    for _ in range(2):
        refused.note(project.id, "not_json")
    found = scrape()
    assert sample(found, "agentry_requests_refused_total", project=str(project.id), code="not_json") == 2
    assert sample(found, "agentry_requests_refused_total", project="other", code="not_json") == 3
    assert sample(found, "agentry_events_received_total", project=str(project.id)) == 2
    assert sample(found, "agentry_events_received_total", project="other") == 3


def test_dead_letters_are_replayed_once_what_refused_them_is_mended(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events ADD CONSTRAINT no_pears CHECK (distinct_id <> 'pear')")
    pear = event(distinct_id="pear", rest='{"kind": "fruit"}')
    send(project, pear, event(), event(uuid="no uuid"))
    drain_all()
    assert_accounted(project, received=3, stored=1, dead_lettered=2)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events DROP CONSTRAINT no_pears")
    name = f"{project.team.slug}/{project.slug}"
    call_command("replay_dead_letters", "--project", name)
    assert "2 dead letters sent again" in capsys.readouterr().out
    drain_all()
    assert stored()[pear.uuid] == 1
    assert ask("SELECT rest->>'kind' FROM events WHERE uuid = %s", pear.uuid) == [("fruit",)]
    assert_accounted(project, received=5, stored=2, dead_lettered=3)
    call_command("replay_dead_letters", "--project", name)
    assert "1 dead letters sent again" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_a_celery_worker_and_beat_drain_without_any_other_wake_up(project: Project, tmp_path: Any) -> None:
    """The safety net: nobody sent a task for these events."""
    send(project, *(event() for _ in range(50)))
    values = connection.settings_dict
    server = f"{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "agentry.settings",
        "DATABASE_URL": f"postgresql://{server}/{values['NAME']}",
        "VALKEY_URL": settings.VALKEY_URL,
    }
    celery = [sys.executable, "-m", "celery", "-q", "-A", "agentry.celery"]
    worker = [
        *celery,
        "worker",
        "-Q",
        "drain,celery",
        "-c",
        "1",
        "-B",
        "-s",
        str(tmp_path / "beat"),
        "-l",
        "error",
    ]
    command = Command(args=worker, cwd=settings.BASE_DIR, env=environment)
    process = start(command, subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(stored()) < 50 and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        stop(process, command)
    assert len(stored()) == 50
    assert_accounted(project, received=50, stored=50, backlog=0)
