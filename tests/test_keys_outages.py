"""Keys while a server is away: known keys go on, revocation holds, nobody waits long."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from agentry import valkey
from agentry.accounts import keystore, mirror
from agentry.accounts.keys import issue_dsn_key, revoke
from agentry.accounts.models import Project, User
from agentry.accounts.secrets import mint
from agentry.errors import AgentryError
from agentry.stack.child import start, stop
from agentry.stack.servers import Valkey, await_ready, free_port

pytestmark = pytest.mark.django_db(transaction=True)

Outage = Callable[[], None]
LIMIT = 5.0  # seconds until a revocation holds everywhere

OTHER_PROCESS = """
import sys, time, django
django.setup()
from agentry.accounts import keystore
from agentry.errors import AgentryError
print("ready", flush=True)
while True:
    try:
        keystore.authorize(sys.argv[1], "dsn")
    except AgentryError as error:
        print(error.status, flush=True)
        break
    print("open", flush=True)
    time.sleep(0.05)
"""


@pytest.fixture(autouse=True)
def _new_process() -> None:
    keystore.forget()


@pytest.fixture
def postgres_down(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    """Call it: from then on nothing listens where PostgreSQL is thought to be."""

    def go() -> None:
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "PORT", str(free_port()))

    yield go
    connection.close()
    monkeypatch.undo()


@pytest.fixture
def own_valkey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """A Valkey of this test's own, not started; on disk, so that it comes back as it was."""
    server = Valkey(tmp_path / "valkey")
    server.prepare()
    monkeypatch.setattr(settings, "VALKEY_URL", server.url)
    valkey.client.cache_clear()
    yield server
    monkeypatch.undo()
    valkey.client.cache_clear()


@contextmanager
def up(server: Valkey) -> Iterator[None]:
    command = server.command()
    with open(server.directory / "log", "ab") as log:
        process = start(command, log)
    try:
        await_ready(server, process)
        yield
    finally:
        stop(process, command)


def answer_to(secret: str) -> int:
    try:
        keystore.authorize(f"Bearer {secret}", "dsn")
    except AgentryError as error:
        assert error.status != 503 or error.retry_after
        return error.status
    return 200


def refused_after(secret: str) -> float:
    """Seconds until the key is refused, asked as a busy process asks."""
    began = time.monotonic()
    while answer_to(secret) != 401:
        assert time.monotonic() < began + LIMIT, "the revoked key still opens"
        time.sleep(0.02)
    return time.monotonic() - began


def test_known_keys_work_while_postgresql_is_down(
    project: Project, user: User, dsn: str, postgres_down: Outage
) -> None:
    known = issue_dsn_key(project, "Known", user)[1]  # `dsn` was never told to Valkey
    postgres_down()
    assert answer_to(known) == 200
    assert answer_to(dsn) == 503
    assert answer_to(mint("agd_")) == 503


def test_keys_work_while_valkey_is_down_and_revocation_holds(
    project: Project, user: User, own_valkey: Valkey
) -> None:
    key, secret = issue_dsn_key(project, "Edge", user)
    assert answer_to(secret) == 200
    assert answer_to(mint("agd_")) == 401
    revoke(key, user)
    assert refused_after(secret) <= keystore.CACHED + 0.5


def test_nothing_opens_while_both_are_down(dsn: str, own_valkey: Valkey, postgres_down: Outage) -> None:
    postgres_down()
    assert answer_to(dsn) == 503


def test_an_empty_valkey_heals_itself(
    project: Project, user: User, dsn: str, own_valkey: Valkey, postgres_down: Outage
) -> None:
    with up(own_valkey):
        assert answer_to(dsn) == 200
        keystore.forget()
        postgres_down()
        assert answer_to(dsn) == 200  # the first question wrote it


def test_a_revocation_that_valkey_missed_holds_once_it_is_back(
    project: Project, user: User, own_valkey: Valkey
) -> None:
    with up(own_valkey):
        key, secret = issue_dsn_key(project, "Edge", user)
        assert answer_to(secret) == 200
    revoke(key, user)
    with up(own_valkey):  # from its log on disk, where the key is alive
        keystore.forget()
        assert refused_after(secret) < LIMIT
        assert valkey.client().get(f"key:{key.secret_hash}") == b"revoked"


def test_the_sweep_buries_what_a_dead_process_could_not(
    project: Project, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, secret = issue_dsn_key(project, "Edge", user)
    with monkeypatch.context() as killed:
        killed.setattr(mirror, "bury", lambda mark: None)  # between the commit and its word to Valkey
        revoke(key, user)
    assert answer_to(secret) == 200
    mirror.sweep(within=timedelta(minutes=1))
    keystore.forget()
    assert answer_to(secret) == 401


def test_a_stalled_postgresql_holds_two_threads_and_no_more(project: Project, user: User, dsn: str) -> None:
    known = issue_dsn_key(project, "Known", user)[1]
    asked: list[threading.Thread] = []
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as stall:
        stall.execute("LOCK TABLE accounts_dsnkey IN ACCESS EXCLUSIVE MODE")
        for _ in range(2):
            asked.append(threading.Thread(target=_ask_and_close, args=[mint("agd_")]))
            asked[-1].start()
        time.sleep(0.2)
        began = time.monotonic()
        assert answer_to(mint("agd_")) == 503
        assert answer_to(known) == 200
        assert time.monotonic() - began < 1.0
        stall.rollback()
    for thread in asked:
        thread.join(10)
    keystore.forget()
    assert answer_to(dsn) == 200


def test_a_revocation_reaches_every_process_in_time(project: Project, user: User) -> None:
    key, secret = issue_dsn_key(project, "Edge", user)
    database = connection.settings_dict["NAME"]
    address = f"{settings.DATABASE_URL.rpartition('/')[0]}/{database}"
    with ExitStack() as stack:
        others = [stack.enter_context(_another_process(secret, address)) for _ in range(2)]
        for other in others:
            assert _next(other) == "ready" and _next(other) == "open"
        began = time.monotonic()
        revoke(key, user)
        for other in others:
            while (line := _next(other)) == "open":
                assert time.monotonic() - began < LIMIT
            assert line == "401"
        assert time.monotonic() - began < LIMIT


@contextmanager
def _another_process(secret: str, address: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, f"Bearer {secret}"],
        env=os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "agentry.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _next(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _ask_and_close(secret: str) -> None:
    answer_to(secret)
    connection.close()
