"""/healthz, /readyz, and what production refuses to start on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from agentry import health, valkey
from agentry.stack.child import start, stop
from agentry.stack.servers import Valkey, await_ready, free_port

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
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


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
