"""One child process: started in its own session, ended with a deadline, never outliving its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
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


def stop(process: subprocess.Popen[bytes], command: Command) -> None:
    """Ask it to end, and after the deadline end it and all of its session's processes."""
    members = descendants(process.pid)
    if process.poll() is None:
        process.send_signal(command.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(command.stop_seconds)
    kill([*members, *descendants(process.pid)])
    process.wait()


def descendants(pid: int) -> list[psutil.Process]:
    """The process and everything below it. Known by start time too: no reused id is killed."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill(processes: list[psutil.Process], seconds: float = 5.0) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=seconds)
