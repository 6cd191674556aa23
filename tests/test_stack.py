"""`manage.py dev`: what dies comes back, what stops leaves nothing, what is stored stays."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from agentry.stack import facts
from agentry.stack.child import Command, finish
from agentry.stack.servers import HOST, free_port
from agentry.stack.supervisor import Child, Supervisor
from tests.stack import ROOT, Stack, eventually, running_stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]
COUNT = "select count() as calls from events where event = 'api_request'"
EVENT = {"event": "api_request", "distinct_id": "acme", "properties": {"customer_id": "acme"}}


def unless_503(call: Callable[[], Any]) -> Any:
    """What it answers, or None while it says to try again: a connection may still be to what died."""
    try:
        return call()
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        return None


def run_to_its_end(stack: Stack, **environment: str) -> tuple[int, list[str]]:
    """Start a stack that must not start. Gives its status and what it said."""
    stack.start(**environment)
    finish(stack.process, time.monotonic() + 60)
    return stack.process.returncode, stack.output.splitlines()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of these tests: they kill its parts."""
    with running_stack(tmp_path_factory.mktemp("own") / "data") as stack:
        yield stack


def test_everything_runs_and_listens_on_loopback_only(own: Stack) -> None:
    assert set(own.processes()) == {"postgres", "valkey", "web", "worker", "beat"}
    everything = psutil.Process(own.process.pid).children(recursive=True)
    listening = []
    for process in everything:
        with suppress(psutil.NoSuchProcess):  # a backend of PostgreSQL may end meanwhile
            open_now = process.net_connections("inet")
            listening += [each.laddr for each in open_now if each.status == psutil.CONN_LISTEN]
    assert own.port in {address.port for address in listening}
    assert {address.ip for address in listening} == {HOST}


def test_the_facts_are_complete_and_private(own: Stack) -> None:
    path = own.data_dir / facts.DEMO
    names = ["url", "email", "password", "team", "project", "dsn", "api_token", "publication_url"]
    assert list(own.facts) == names
    assert own.facts["url"] == own.url
    assert own.facts["publication_url"].startswith(f"{own.url}/q/pub_")
    assert path.stat().st_mode & 0o777 == 0o600
    for secret in ("password", "dsn", "api_token", "publication_url"):
        assert own.facts[secret] in own.output
    command_lines = str([process.cmdline() for process in own.processes().values()])
    assert "password" not in command_lines
    assert own.facts["dsn"] not in command_lines


@pytest.mark.parametrize("name", ["web", "worker", "beat", "postgres", "valkey"])
def test_a_killed_child_comes_back(own: Stack, name: str) -> None:
    before = own.ask(COUNT)[0]["calls"]
    killed = own.processes()[name]
    killed.kill()
    assert eventually(lambda: own.processes().get(name, killed) != killed)
    assert eventually(own.is_ready)
    event = EVENT | {"uuid": str(uuid4())}
    assert eventually(lambda: unless_503(lambda: own.send(event)) is not None)
    assert eventually(lambda: unless_503(lambda: own.ask(COUNT)[0]["calls"]) == before + 1)


def test_a_second_start_on_the_same_data_says_so(own: Stack) -> None:
    status, lines = run_to_its_end(
        Stack(own.data_dir.with_name("second"), own.port + 1), AGENTRY_DATA_DIR=str(own.data_dir)
    )
    assert (status, len(lines)) == (1, 1)
    assert "running" in lines[0]
    assert own.is_ready()


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_busy_port_is_one_clear_line(tmp_path: Path, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as busy:
        try:
            busy.bind((address, 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        busy.listen()
        port = busy.getsockname()[1]
        status, lines = run_to_its_end(Stack(tmp_path / "data", port))
    assert (status, len(lines)) == (1, 1)
    assert str(port) in lines[0]
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_wrong_setting_is_one_clear_line(tmp_path: Path) -> None:
    status, lines = run_to_its_end(Stack(tmp_path / "data"), PORT="eighty")
    assert (status, lines) == (1, ["PORT must be a whole number, not 'eighty'."])


def test_kill_9_then_a_second_start_then_a_clean_stop(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    stack.start()
    stack.await_ready()
    first = stack.facts
    assert stack.send(EVENT, EVENT)["stored"] == 2
    left = psutil.Process(stack.process.pid).children(recursive=True)
    stack.process.kill()
    stack.process.wait()

    stack.port = free_port()  # the keys stay, the addresses follow
    stack.start()
    stack.await_ready()
    assert psutil.wait_procs(left, timeout=0)[1] == []
    for name in ("email", "password", "team", "project", "dsn", "api_token"):
        assert stack.facts[name] == first[name]
    assert stack.facts["publication_url"].split("/q/")[1] == first["publication_url"].split("/q/")[1]
    assert stack.ask(COUNT)[0]["calls"] == 2

    everything = psutil.Process(stack.process.pid).children(recursive=True)
    assert len(everything) > 5
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(60) == 0
    assert psutil.wait_procs(everything, timeout=1)[1] == []
    assert not (stack.data_dir / "running.json").exists()


def test_who_keeps_dying_waits_longer_and_who_has_lived_does_not() -> None:
    supervisor = Supervisor(lambda line: None)

    def waits(*lived: float) -> Iterator[float]:
        child = Child("child", Command(["true"], ROOT, {}))
        for seconds in lived:
            child.process = subprocess.Popen(["true"])
            child.process.wait()
            supervisor._plan_start(child, child.started_at + seconds)
            yield child.wait

    assert list(waits(1, 1, 1, 1)) == [1, 2, 4, 4]
    assert list(waits(1, 1, 5, 1)) == [1, 2, 0.5, 1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give its servers another account")
def test_root_gives_the_servers_another_account_behind_a_closed_door(own: Stack) -> None:
    # pytest's own directories are like /root: 0700.
    assert own.data_dir.parent.stat().st_mode & 0o777 == 0o700
    assert own.data_dir.parent.stat().st_uid == 0
    nobody = pwd.getpwnam("nobody").pw_uid
    for name in ("postgres", "valkey"):
        assert own.processes()[name].uids().real == nobody


def test_an_ordinary_user_needs_nothing_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("every other test of this file has run as an ordinary user")
    user = pwd.getpwnam("nobody")
    home = Path("/var/tmp") / f"agentry-test-{os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, user.pw_uid, user.pw_gid)
    try:
        can = [sys.executable, "-c", "import django, os; os.listdir('agentry')"]
        try:
            subprocess.run(can, cwd=ROOT, user=user.pw_uid, group=user.pw_gid, extra_groups=[], check=True)
        except (PermissionError, subprocess.CalledProcessError):
            pytest.skip("this clone or its Python cannot be read by another account")
        with running_stack(home / "data", account=user) as stack:
            assert stack.send(EVENT)["stored"] == 1
    finally:
        shutil.rmtree(home)
