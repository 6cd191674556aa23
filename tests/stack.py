"""A whole running Agentry for a test: `manage.py dev`, as a developer starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from agentry.stack.child import Command, finish, has_ended, start
from agentry.stack.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120.0
STOP_SECONDS = 60.0


@dataclass
class Stack:
    """A stack's data directory and port; `facts` is its demo.json once it is ready."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def output(self) -> str:
        return self._log.read_text()

    @property
    def _log(self) -> Path:
        return self.data_dir.with_suffix(".log")

    def command(self, **environment: str) -> Command:
        """`manage.py dev` with nothing inherited from the tests' own servers and settings."""
        names = ("PATH", "HOME", "LANG", "TMPDIR")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        ours = {"AGENTRY_DATA_DIR": str(self.data_dir), "PORT": str(self.port), "AGENTRY_DEMO": "0"}
        args = [sys.executable, "manage.py", "dev"]
        return Command(args, ROOT, {**kept, **ours, **environment}, stop_seconds=STOP_SECONDS)

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return start(self.command(**environment), log)

    def await_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Return when demo.json is there: it is written last."""
        deadline = time.monotonic() + START_SECONDS
        while not (self.data_dir / "demo.json").exists():
            assert not has_ended(process), self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)
        self.facts = json.loads((self.data_dir / "demo.json").read_text())

    def processes(self) -> dict[str, psutil.Process]:
        """The supervisor's children by name, the oldest of each."""
        words = {"postgres": "/postgres", "valkey": "/valkey-server", "web": "granian", "worker": "worker"}
        words["beat"] = "beat"
        return {
            name: process
            for process in reversed(psutil.Process(self.process.pid).children())
            for name, word in words.items()
            if any(argument == word or argument.endswith(word) for argument in process.cmdline())
        }

    process: subprocess.Popen[bytes] = field(init=False)


@contextmanager
def running_stack(data_dir: Path, **environment: str) -> Iterator[Stack]:
    """A ready stack for as long as the block lasts."""
    stack = Stack(data_dir)
    stack.process = stack.start(**environment)
    try:
        stack.await_ready(stack.process)
        yield stack
    finally:
        if not has_ended(stack.process):
            stack.process.terminate()
        finish(stack.process, time.monotonic() + STOP_SECONDS)
