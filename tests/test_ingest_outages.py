"""While Valkey cannot promise to keep an event, no answer is a 2xx."""

from __future__ import annotations

import contextlib
import os
import signal
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import override_settings

from agentry import valkey
from agentry.stack.child import Command, start, stop
from agentry.stack.servers import HOST, Valkey, await_ready
from analytics.ingest import durable, pressure
from analytics.ingest.line import pack
from tests.ingest_client import Sender, backlog, error
from tests.stack import eventually

GOOD = {"event": "e"}


class Server:
    """A durable Valkey of this test's own."""

    def __init__(self, directory: Path) -> None:
        self.valkey = Valkey(directory / "valkey")
        self.valkey.prepare()
        self.process: subprocess.Popen[bytes]
        self.command: Command
        self.start()

    def start(self) -> None:
        self.command = self.valkey.command()
        with open(self.valkey.directory / "log", "ab") as log:
            self.process = start(self.command, log)
        await_ready(self.valkey, self.process)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def stop(self) -> None:
        stop(self.process, self.command)


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


@pytest.fixture
def server(tmp_path: Path, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server(tmp_path)
    monkeypatch.setattr(settings, "VALKEY_URL", server.valkey.url)
    _forget()
    yield server
    server.stop()
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    """What this process knows of its Valkey: it is another one from here on."""
    valkey.client.cache_clear()
    durable.forget()
    pressure.forget()


def refused(sender: Sender, code: str = "unavailable") -> None:
    began = time.monotonic()
    response = sender.send(GOOD)
    assert error(response) == (503, code)
    assert 1 <= int(response.headers["Retry-After"]) <= 10
    assert time.monotonic() - began < 5


def test_appendfsync_always_needs_no_more(server: Server, sender: Sender) -> None:
    assert durable.command() == b""
    assert sender.send(GOOD).status_code == 202
    server.signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    assert backlog() == 1
    assert sender.send(GOOD).status_code == 202
    assert backlog() == 2


def test_any_other_policy_waits_for_the_log(server: Server, sender: Sender) -> None:
    valkey.client().config_set("appendfsync", "everysec")
    assert durable.command() != b""
    for _ in range(2):
        assert sender.send(GOOD).status_code == 202
    valkey.client().script_flush()
    assert sender.send(GOOD).status_code == 202
    assert (
        int(valkey.client().info("commandstats")["cmdstat_waitaof"]["calls"]) == 5
    )  # twice without the script
    assert backlog() == 3


def test_a_log_that_never_syncs_is_no_promise(
    server: Server, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "_WAITAOF", pack(["WAITAOF", 1, 0, 1]))
    valkey.client().config_set("appendfsync", "no")
    refused(sender)


def test_settings_that_are_hidden_mean_waiting(server: Server, sender: Sender) -> None:
    valkey.client().acl_setuser("default", enabled=True, commands=["-config"])
    assert durable.command() != b""
    assert sender.send(GOOD).status_code == 202


def test_no_log_at_all(server: Server, sender: Sender) -> None:
    valkey.client().config_set("appendonly", "no")
    with override_settings(PRODUCTION=True):
        refused(sender)
    assert sender.send(GOOD).status_code == 202, "development may go on"


def test_restarted_without_its_log(server: Server, sender: Sender) -> None:
    """Noticed with the first event, however long its settings are believed."""
    with override_settings(PRODUCTION=True):
        assert sender.send(GOOD).status_code == 202
        server.stop()
        server.valkey.durable = False
        server.start()
        refused(sender)
        server.stop()
        server.valkey.durable = True
        server.start()
        assert eventually(lambda: sender.send(GOOD).status_code == 202, 3)
    assert backlog() == 2


def test_memory_full(server: Server, sender: Sender) -> None:
    assert sender.send(GOOD).status_code == 202
    valkey.client().config_set("maxmemory", "1mb")
    refused(sender, "overloaded")  # Valkey says it
    assert backlog() == 1
    used = valkey.client().info("memory")["used_memory"]
    valkey.client().config_set("maxmemory", used * 10 // 9)
    pressure.forget()
    refused(sender, "overloaded")  # and it need not
    assert sender.send({"event": ""}).status_code == 202, "what stores nothing needs no room"
    valkey.client().config_set("maxmemory", "1gb")
    pressure.forget()
    assert sender.send(GOOD).status_code == 202


def test_a_replica_takes_nothing(server: Server, sender: Sender) -> None:
    valkey.client().replicaof("127.0.0.1", "1")
    refused(sender)
    valkey.client().replicaof("NO", "ONE")
    assert sender.send(GOOD).status_code == 202


def test_its_snapshot_fails(server: Server, sender: Sender) -> None:
    """MISCONF."""
    client = valkey.client()
    client.config_set("save", "3600 1")
    server.valkey.data.chmod(0o500)
    try:
        assert eventually(lambda: _saved(client) == "err")
        refused(sender)
    finally:
        server.valkey.data.chmod(0o700)
    assert eventually(lambda: _saved(client) == "ok")
    assert sender.send(GOOD).status_code == 202


def _saved(client: redis.Redis) -> str:
    with contextlib.suppress(redis.ResponseError):  # one is under way
        client.bgsave()
    return str(client.info("persistence")["rdb_last_bgsave_status"])


class Loading(socketserver.StreamRequestHandler):
    """As Valkey answers every command while it reads its log."""

    def handle(self) -> None:
        for line in self.rfile:
            if line.startswith(b"*"):
                self.wfile.write(b"-LOADING Valkey is loading the dataset in memory\r\n")


def test_it_reads_its_log(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sender.send(GOOD).status_code == 202  # its key is known from here on
    with socketserver.ThreadingTCPServer((HOST, 0), Loading) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(settings, "VALKEY_URL", f"redis://{HOST}:{server.server_address[1]}/0")
        _forget()
        refused(sender)
        server.shutdown()
    monkeypatch.undo()
    _forget()
    assert sender.send(GOOD).status_code == 202


def test_too_few_replicas(server: Server, sender: Sender) -> None:
    valkey.client().config_set("min-replicas-to-write", "1")
    refused(sender)


def test_stopped_and_gone_and_back(server: Server, sender: Sender) -> None:
    assert sender.send(GOOD).status_code == 202
    server.signal(signal.SIGSTOP)
    refused(sender)
    server.signal(signal.SIGCONT)
    assert eventually(lambda: sender.send(GOOD).status_code == 202, 3)
    server.signal(signal.SIGKILL)
    server.process.wait()
    refused(sender)
    server.start()
    assert eventually(lambda: sender.send(GOOD).status_code == 202, 3)
    with pytest.raises(redis.RedisError):
        redis.Redis.from_url(settings.VALKEY_URL.replace(server.valkey.password, "wrong")).ping()


def test_many_at_once_hear_it_at_once(transactional_db: None, server: Server, sender: Sender) -> None:
    """One in a second waits for an answer that may not come; the others are told what that one found."""
    assert sender.send(GOOD).status_code == 202
    server.signal(signal.SIGSTOP)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _refused_in_thread(sender), range(80)))
    assert time.monotonic() - began < 8, "each of them has waited"
    server.signal(signal.SIGCONT)


def _refused_in_thread(sender: Sender) -> None:
    refused(sender)
    connection.close()
