"""Backup and restore with the commands of docs/operations.md, while events come in."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from agentry.stack.binaries import account, binaries
from agentry.stack.child import start, stop
from agentry.stack.servers import Postgres, Valkey, await_ready
from tests.outage import metrics, settle
from tests.stack import ROOT, Stack

CLI = """#!{python}
import sys, redis
url, words = sys.argv[2], sys.argv[3:]
found = redis.Redis.from_url(url, decode_responses=True).execute_command(*words)
for name, value in found.items() if isinstance(found, dict) else []:
    print(f"{{name}}:{{value}}")
"""


def commands(name: str) -> str:
    """The block of that name in docs/operations.md."""
    found = re.search(rf"```sh {name}\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL)
    assert found is not None, name
    return found[1]


class Shell:
    """Runs the blocks, with the programs of the embedded servers (and a valkey-cli)."""

    def __init__(self, directory: Path, stack: Stack) -> None:
        (directory / "bin").mkdir()
        cli = directory / "bin" / "valkey-cli"
        cli.write_text(CLI.format(python=sys.executable))
        cli.chmod(0o755)
        (directory / "backup").mkdir()
        self.stack = stack
        self.backup = directory / "backup"
        self.path = (
            f"{directory / 'bin'}:{binaries().postgres}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        )

    def run(self, name: str) -> str:
        postgres, valkey = servers(self.stack)
        environment = {
            "PATH": self.path,
            "BACKUP": str(self.backup),
            "DATABASE_URL": postgres.url,
            "ADMIN_URL": postgres.url.removesuffix("agentry") + "postgres",
            "VALKEY_URL": valkey.url,
            "VALKEY_DIR": str(valkey.data),
            "AGENTRY_DATA_DIR": str(self.stack.data_dir),
        }
        done = subprocess.run(
            ["sh", "-euc", commands(name)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def servers(stack: Stack) -> tuple[Postgres, Valkey]:
    """New objects: a port is the one that is written down, not one that is free now."""
    found = Postgres(stack.data_dir / "postgres"), Valkey(stack.data_dir / "valkey")
    for server in found:
        server.__dict__["port"] = int((server.directory / "port").read_text())
    return found


class Client(threading.Thread):
    """Sends events until it is told to stop; keeps what was answered with 202, and when."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.stack = stack
        self.sent: list[tuple[float, dict[str, Any]]] = []
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            events = [made() for _ in range(20)]
            self.stack.post("", events, self.stack.facts["dsn"])
            self.sent += [(time.monotonic(), event) for event in events]
            time.sleep(0.005)


def made() -> dict[str, Any]:
    return {"event": "api_request", "uuid": str(uuid4()), "properties": {"customer_id": "acme_corp"}}


def stored(stack: Stack) -> list[str]:
    with psycopg.connect(servers(stack)[0].url) as connection:
        return [str(uuid) for (uuid,) in connection.execute("SELECT uuid FROM events").fetchall()]


def give_to_server(path: Path) -> None:
    user = account()
    if user:
        for found in (path, *path.rglob("*")):
            os.chown(found, user.pw_uid, user.pw_gid)


@pytest.mark.stack
def test_a_backup_is_restored_and_nothing_in_it_is_missing_or_doubled(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    shell = Shell(tmp_path, stack)
    client = Client(stack)
    stack.start()
    try:
        stack.await_ready()
        client.start()
        while len(client.sent) < 500:
            time.sleep(0.05)
        began = time.monotonic()
        shell.run("backup")
        while len(client.sent) < 1000:
            time.sleep(0.05)
    finally:
        client.done.set()
        client.join(30)
        stack.stop()
    for server in servers(stack):
        shutil.rmtree(server.directory)  # the disk is gone

    found = restore(shell, stack)
    before = {event["uuid"] for at, event in client.sent if at < began}
    assert len(found) == len(set(found)) and before <= set(found)

    stack.start()
    try:
        stack.await_ready()
        everything = [event for _, event in client.sent]
        for first in range(0, len(everything), 500):
            answer = stack.send(*everything[first : first + 500])
            assert answer["stored"] + answer["duplicates"] == len(everything[first : first + 500])
        settle(stack)
        assert sorted(stored(stack)) == sorted(event["uuid"] for event in everything)
        asked = stack.ask("select count() as calls from events")
        assert asked == [{"calls": len(everything)}]
        assert not re.search(r"agentry_events_unaccounted\{.*\} -?[1-9]", metrics(stack))
        with manage(stack, "GET", "/v1/analytics/default/export/events/") as response:
            assert response.headers["Transfer-Encoding"] == "chunked"
            assert gzip.decompress(response.read()).count(b"\n") == len(everything)
        assert_worker_deletes(stack, len(everything))
    finally:
        stack.stop()


def assert_worker_deletes(stack: Stack, events: int) -> None:
    """Asked for by REST, done by the worker that was told, and no request waits for it."""
    with manage(stack, "DELETE", "/v1/analytics/default/customers/acme_corp/") as response:
        asked = json.load(response)
    deadline = time.monotonic() + 60
    while asked["state"] != "done":
        assert time.monotonic() < deadline, asked
        time.sleep(0.1)
        with manage(stack, "GET", f"/v1/deletions/{asked['deletion_id']}/") as response:
            asked = json.load(response)
    assert asked["events_deleted"] == events
    assert stack.ask("select count() as calls from events") == [{"calls": 0}]


def manage(stack: Stack, method: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {stack.facts['api_token']}", "User-Agent": "agentry-tests"}
    request = urllib.request.Request(f"{stack.url}{path}", headers=headers, method=method)
    return urllib.request.urlopen(request, timeout=30)


def restore(shell: Shell, stack: Stack) -> list[str]:
    """Both servers from the backup. Gives the uuids that are stored then."""
    postgres, valkey = Postgres(stack.data_dir / "postgres"), Valkey(stack.data_dir / "valkey")
    running = []
    try:
        for server in (postgres, valkey):
            server.prepare()
            command = server.command()  # and its port is written down
            if server is valkey:
                shell.run("restore")
                give_to_server(valkey.data / "appendonlydir")
            with open(server.directory / "log", "ab") as log:
                process = start(command, log)
            running.append((process, command))
            await_ready(server, process)
        said = shell.run("restored")
        assert " 0 waiting" in said, said
        return stored(stack)
    finally:
        for process, command in reversed(running):
            stop(process, command)
