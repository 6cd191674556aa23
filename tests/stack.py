"""A whole running Agentry for a test: `manage.py dev`, as a developer starts it."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from agentry.stack.child import Command, finish, has_ended, start
from agentry.stack.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120.0
STOP_SECONDS = 60.0
# A word of a child's command line that no other child has.
WORDS = {
    "postgres": "postgres",
    "valkey-server": "valkey",
    "granian": "web",
    "worker": "worker",
    "beat": "beat",
}


@dataclass
class Stack:
    """A stack's data directory and port; `facts` is its demo.json once it is ready."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    facts: dict[str, Any] = field(default_factory=dict)
    account: pwd.struct_passwd | None = None  # who runs it, when not we
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def output(self) -> str:
        return self._log.read_text()

    @property
    def _log(self) -> Path:
        return self.data_dir.with_suffix(".log")

    def _command(self, environment: dict[str, str]) -> Command:
        """`manage.py dev` with nothing inherited from the tests' own servers and settings."""
        names = ("PATH", "HOME", "LANG", "TMPDIR")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        ours = {"AGENTRY_DATA_DIR": str(self.data_dir), "PORT": str(self.port), "AGENTRY_DEMO": "0"}
        args = [sys.executable, "manage.py", "dev"]
        environment = {**kept, **ours, **environment}
        return Command(args, ROOT, environment, stop_seconds=STOP_SECONDS, account=self.account)

    def start(self, **environment: str) -> None:
        (self.data_dir / "demo.json").unlink(missing_ok=True)  # a killed supervisor leaves it
        with self._log.open("ab") as log:
            self.process = start(self._command(environment), log)

    def await_ready(self) -> None:
        """Return when demo.json is there: it is written last."""
        deadline = time.monotonic() + START_SECONDS
        while not (self.data_dir / "demo.json").exists():
            assert not has_ended(self.process), self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)
        self.facts = json.loads((self.data_dir / "demo.json").read_text())

    def stop(self) -> None:
        if not has_ended(self.process):
            self.process.terminate()
        finish(self.process, time.monotonic() + STOP_SECONDS)

    def processes(self) -> dict[str, psutil.Process]:
        """The supervisor's children by name."""
        found = {}
        for process in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                names = {Path(argument).name for argument in process.cmdline()}
                found.update({WORDS[word]: process for word in WORDS.keys() & names})
        return found

    def memory_mb(self, name: str) -> float:
        """Of a child and all below it, in MB; pages that they share are counted once (PSS)."""
        found = 0.0
        with suppress(KeyError, psutil.NoSuchProcess):  # it is starting again
            child = self.processes()[name]
            for process in (child, *child.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    found += process.memory_full_info().pss / 2**20
        return found

    def send(self, *events: dict[str, Any]) -> Any:
        """POST events and wait until they are stored. Gives the answer's JSON; raises urllib.error.*."""
        return self.post("", list(events), self.facts["dsn"], "?wait=true")

    def ask(self, hogql: str) -> list[dict[str, Any]]:
        """The rows that answer a query."""
        rows: list[dict[str, Any]] = self.post("query/", {"query": hogql}, self.facts["api_token"])["rows"]
        return rows

    def post(self, path: str, body: Any, secret: str, parameters: str = "") -> Any:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{self.url}/v1/analytics/{self.facts['project']}/{path}{parameters}",
            json.dumps(body).encode(),
            {**headers, "User-Agent": "agentry-tests"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            error.add_note(error.read().decode())  # what it says and what to do
            raise

    def is_ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as response:
            return bool(response.status == 200)
        return False


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@contextmanager
def running_stack(data_dir: Path, account: pwd.struct_passwd | None = None) -> Iterator[Stack]:
    """A ready stack for as long as the block lasts."""
    stack = Stack(data_dir, account=account)
    stack.start()
    try:
        stack.await_ready()
        yield stack
    finally:
        stack.stop()
