"""Agentry as it runs: web, worker and beat over durable servers, with a team, a project and its keys."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from django.conf import settings
from django.core.management import call_command

from agentry.accounts.keys import issue_api_token, issue_dsn_key
from agentry.accounts.models import Project, Scope, Team, User
from agentry.accounts.teams import create_team
from agentry.stack.child import start, stop
from agentry.stack.dev import programs
from agentry.stack.servers import HOST, free_port

READY_SECONDS = 60
EMAIL = "bench@example.com"


@dataclass
class Running:
    """What the rows of the bench use. `pids` are the web server's and the worker's."""

    port: int
    owner: User
    team: Team
    project: Project
    dsn: str
    token: str
    pids: dict[str, int]

    def post(self, path: str, body: Any, key: str) -> Any:
        """One POST over a connection of its own; its JSON answer. AssertionError unless 2xx."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=120)
        headers = {**self.headers(key), "Connection": "close"}
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        assert response.status < 300, f"{path}: {response.status} {answer[:500]!r}"
        return json.loads(answer)

    def ask(self, hogql: str, project: str = "default") -> Any:
        return self.post(f"/v1/analytics/{project}/query/", {"query": hogql}, self.token)

    def seconds(self, hogql: str, project: str = "default") -> float:
        """How long a question takes through the API."""
        began = time.perf_counter()
        self.ask(hogql, project)
        return time.perf_counter() - began

    def headers(self, key: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "User-Agent": "agentry-bench/1",
        }

    def memory_mb(self, name: str) -> float:
        """Private memory of a process and all below it, in MB."""
        process = psutil.Process(self.pids[name])
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_full_info().uss for member in family) / 2**20


def database() -> psycopg.Connection:
    return psycopg.connect(settings.DATABASE_URL)


@contextlib.contextmanager
def running(directory: Path) -> Iterator[Running]:
    """Migrate, make the account, start web, worker and beat, and end them after the block."""
    call_command("migrate", verbosity=0)
    owner = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL)
    team = Team.objects.filter(name="Bench").first() or create_team("Bench", owner)
    project = team.projects.get(slug="default")
    _, dsn = issue_dsn_key(project, "Bench", owner)
    _, token = issue_api_token(team, "Bench", [Scope.QUERY, Scope.PUBLISH], owner)
    port = free_port()
    with contextlib.ExitStack() as stack, (directory / "processes.log").open("ab") as log:
        pids = {}
        for name, command in programs(dict(os.environ), directory, port).items():
            process = start(command, log)
            stack.callback(stop, process, command)
            pids[name] = process.pid
        await_web(port)
        yield Running(port, owner, team, project, dsn, token, pids)


def await_web(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(HOST, port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise AssertionError("The web server did not become ready.")
