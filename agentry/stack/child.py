"""One child process: started in its own session, ended with a deadline, never outliving its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Command:
    """What to run. `stdin` is given to the program and then closed; `account` None means as we are."""

    args: list[str]
    cwd: Path
    env: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    stop_rank: int = 2  # the higher ranks stop first
    stdin: bytes = b""
    account: pwd.struct_passwd | None = None
    clean: Callable[[], None] = field(default=lambda: None)  # what must go before a start


def start(command: Command, output: int | IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Start it, stdout and stderr into `output`. Call from the main thread: the kernel ends a child when the
    *thread* that made it ends."""
    command.clean()
    account = command.account
    process = subprocess.Popen(
        command.args,
        cwd=command.cwd,
        env=dict(command.env),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,  # a Ctrl-C at the terminal reaches us only, and we stop them in order
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_die_with_parent(command.stop_signal),
    )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(command.stdin)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    return process


def _die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """For the new process: ask Linux to signal it when we die, even by kill -9.

    It runs after the change of account, which would clear the request.
    """
    parent = os.getpid()

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return ask


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended; then the rest of its session's first group is ended too.

    The kernel keeps the id from being reused until we have waited, so the group is still ours to kill.
    """
    if process.returncode is not None:
        return True
    if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def stop(process: subprocess.Popen[bytes], command: Command) -> None:
    """Ask it to end, and after its deadline end it and everything below it."""
    ask_to_stop(process, command)
    finish(process, time.monotonic() + command.stop_seconds)


def ask_to_stop(process: subprocess.Popen[bytes], command: Command) -> None:
    if not has_ended(process):
        process.send_signal(command.stop_signal)


def finish(process: subprocess.Popen[bytes], deadline: float) -> None:
    """Wait for its end until the deadline (of time.monotonic), then kill it with all its descendants."""
    while not has_ended(process):
        if time.monotonic() >= deadline:
            kill(descendants(process.pid))
        time.sleep(0.02)


def descendants(pid: int) -> list[psutil.Process]:
    """The process and everything below it. Known by start time too: no reused id is killed."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
