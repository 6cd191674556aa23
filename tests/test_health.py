"""/healthz, /readyz, and what production refuses to start on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from agentry import health, valkey
from agentry.stack.child import start, stop
from agentry.stack.servers import Valkey, await_ready, free_port
from analytics.ingest.stream import BACKLOG
from analytics.write import pulse

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def durable_valkey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Valkey of this test's own that keeps everything: the tests' shared one keeps nothing."""
    server = Valkey(tmp_path / "valkey")
    server.prepare()
    command = server.command()
    process = start(command)
    await_ready(server, process)
    monkeypatch.setattr(settings, "VALKEY_URL", server.url)
    valkey.client.cache_clear()
    yield
    valkey.client.cache_clear()
    stop(process, command)


def message(client: Client) -> str:
    response = client.get("/readyz")
    assert response.status_code == 503
    error = response.json()["error"]
    assert error["code"] == "not_ready"
    assert error["hint"]
    return str(error["message"])


def test_the_process_is_alive_without_a_server(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


@pytest.mark.django_db
def test_ready_when_both_servers_are_fit(client: Client, durable_valkey: None) -> None:
    pulse.drained(0)
    pulse.drained(1)
    pulse.ticked()
    response = client.get("/readyz")
    said = response.json()
    assert (response.status_code, said["status"]) == (200, "ready")
    assert (said["postgresql"], said["valkey"], said["warnings"]) == ("ok", "ok", [])
    assert said["backlog"] == {"events": 0, "limit": settings.BACKLOG_EVENTS, "share": 0.0}
    assert all(0 <= said["seconds_since"][name] < 60 for name in ("drain:0", "drain:1", "beat"))


@pytest.mark.django_db
def test_ready_with_a_warning_when_nobody_writes_or_little_room_is_left(
    client: Client, durable_valkey: None
) -> None:
    pulse.drained(0)
    valkey.client().hset(pulse.PULSE, "beat", int(time.time() * 1000) - 100_000)
    valkey.client().set(BACKLOG, settings.BACKLOG_EVENTS * 9 // 10)
    response = client.get("/readyz")
    assert response.status_code == 200
    full, writer, beat = response.json()["warnings"]
    assert full == "The backlog is 90% full."
    assert writer == "The writer of shard 1 has never been seen."
    assert beat.startswith("Beat was last seen 10")
    assert response.json()["seconds_since"]["drain:1"] is None


@pytest.mark.django_db
def test_not_ready_when_the_backlog_is_full(client: Client, durable_valkey: None) -> None:
    valkey.client().set(BACKLOG, settings.BACKLOG_EVENTS)
    assert "backlog is full" in message(client)
    error = client.get("/readyz").json()["error"]
    assert (error["postgresql"], error["backlog"]["share"]) == ("ok", 1.0)


@pytest.mark.django_db
def test_not_ready_on_a_valkey_that_keeps_nothing(client: Client) -> None:
    assert "appendonly yes" in message(client)


@pytest.mark.django_db
def test_not_ready_on_a_valkey_that_writes_later(client: Client, durable_valkey: None) -> None:
    valkey.client().config_set("appendfsync", "everysec")
    assert "appendfsync always" in message(client)


@pytest.mark.django_db
def test_not_ready_before_the_migrations(
    client: Client, durable_valkey: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(
        "django.db.migrations.recorder.MigrationRecorder.applied_migrations", lambda recorder: {}
    )
    assert "manage.py migrate" in message(client)


@pytest.mark.parametrize(
    "program", [["-c", "import agentry.asgi"], ["-m", "celery", "-A", "agentry.celery", "worker"]]
)
@pytest.mark.parametrize("reachable", [True, False])
def test_production_refuses_a_forgetful_valkey(program: list[str], reachable: bool) -> None:
    url = settings.VALKEY_URL if reachable else f"redis://127.0.0.1:{free_port()}/0"
    environment = {**os.environ, "AGENTRY_PRODUCTION": "1", "AGENTRY_SECRET_KEY": "s" * 60, "VALKEY_URL": url}
    done = subprocess.run(
        [sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    line = done.stderr.strip().splitlines()[-1]
    assert ("appendonly yes" if reachable else "Valkey does not answer") in line
