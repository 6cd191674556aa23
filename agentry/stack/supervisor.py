"""The supervisor: starts children, shows what they say, starts a dead one again, stops all in order.

One thread. It has no state but its children: what a kill -9 of it leaves behind is found again by the mark
that every child carries in its environment.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import FrameType

import psutil

from agentry.stack.child import Command, ask_to_stop, finish, has_ended, kill, start

MARK = "AGENTRY_SUPERVISED"  # in a child's environment: the data directory it works on
TICK_SECONDS = 0.1
# Between two starts of a child that keeps dying. Longer, and the pauses of others, as of Celery before it
# connects again, would grow with it: Valkey must be of use ten seconds after any kill.
LONGEST_WAIT = 4.0
LINE_BYTES = 64 * 1024


class Stopped(Exception):  # noqa: N818 (not an error: the way out of a wait)
    """A signal asked us to stop."""


@dataclass
class Child:
    """A child that is kept alive, or one that runs once (`once`) and is waited for."""

    name: str
    command: Command
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    wait: float = 0.5
    rest: bytes = b""  # of its output: a line that has not ended yet

    @property
    def is_running(self) -> bool:
        return self.process is not None and not has_ended(self.process)


@dataclass
class Supervisor:
    """`say` prints one line. Use it as a context manager: leaving it stops every child."""

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stopping: int = 0  # signals received

    def __enter__(self) -> Supervisor:
        self._selector = selectors.DefaultSelector()
        self._waker, sleeper = os.pipe()
        for end in (self._waker, sleeper):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(sleeper)
        self._selector.register(self._waker, selectors.EVENT_READ)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop_all()

    def add(self, name: str, command: Command) -> Child:
        """Start a child and keep it alive."""
        child = Child(name, command)
        self.children.append(child)
        self._start(child)
        return child

    def run(self, name: str, command: Command) -> int:
        """Run a child to its end, beside the others. Gives its exit status; raises Stopped."""
        child = Child(name, command, once=True)
        self.children.append(child)
        self._start(child)
        self.until(lambda: not child.is_running)
        self._read_rest(child)
        self.children.remove(child)
        assert child.process is not None
        return child.process.returncode

    def until(self, condition: Callable[[], bool], seconds: float | None = None) -> bool:
        """Look after the children until the condition holds; False after `seconds`. Raises Stopped."""
        deadline = time.monotonic() + seconds if seconds is not None else None
        while not condition():
            if deadline and time.monotonic() > deadline:
                return False
            self._tick()
        return True

    def forever(self) -> None:
        """Look after the children until a signal. Raises Stopped."""
        while True:
            self._tick()

    def _tick(self) -> None:
        self._read(TICK_SECONDS)
        if self.stopping:
            raise Stopped
        now = time.monotonic()
        for child in self.children:
            if child.once or child.is_running:
                continue
            if child.process is not None:
                self._read_rest(child)
                self._plan_start(child, now)
            if now >= child.start_at:
                self._start(child)

    def _plan_start(self, child: Child, now: float) -> None:
        assert child.process is not None
        lived, status = now - child.started_at, child.process.returncode
        child.wait = 0.5 if lived > LONGEST_WAIT else min(child.wait * 2, LONGEST_WAIT)
        child.start_at = now + child.wait
        child.process = None
        self.say(f"{child.name} ended with status {status}; it starts again in {child.wait:.1f} s")

    def _start(self, child: Child) -> None:
        process = start(child.command, subprocess.PIPE)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)
        child.process, child.started_at = process, time.monotonic()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping += 1

    def _read(self, seconds: float) -> None:
        """Pass on what the children say, waiting for it for so long."""
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._waker, 100)
            else:
                self._pass_on(key.data)

    def _pass_on(self, child: Child) -> bool:
        """Pass on one piece of its output. False when there is none now, or no more ever."""
        pipe = child.process.stdout if child.process else None
        if pipe is None or pipe.closed:
            return False
        try:
            piece = os.read(pipe.fileno(), LINE_BYTES)
        except BlockingIOError:
            return False
        *lines, child.rest = (child.rest + piece).split(b"\n")
        if child.rest and (not piece or len(child.rest) > LINE_BYTES):
            lines, child.rest = [*lines, child.rest], b""
        for line in lines:
            # A progress bar draws over itself: of such a line only the last state is worth a line here.
            text = line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
            self.say(f"{child.name:<9}| {text}")
        if not piece:
            self._close(child)
        return bool(piece)

    def _read_rest(self, child: Child) -> None:
        while self._pass_on(child):
            pass
        self._close(child)  # a process that outlived the child may still hold the other end

    def _close(self, child: Child) -> None:
        pipe = child.process.stdout if child.process else None
        if pipe is not None and not pipe.closed:
            self._selector.unregister(pipe)
            pipe.close()

    def _stop_all(self) -> None:
        """The last started first, so that nobody loses a server he needs; a second signal cuts it short."""
        self.stopping = 0
        for group in self._groups():
            for child in group:
                assert child.process is not None
                ask_to_stop(child.process, child.command)
            for child in group:
                self._await_end(child)

    def _groups(self) -> Iterable[list[Child]]:
        """Children that may stop at the same time, in order: what runs once and the web, workers, servers."""
        running = [child for child in self.children if child.is_running]
        for rank in (2, 1, 0):
            yield [child for child in running if child.command.stop_rank == rank]

    def _await_end(self, child: Child) -> None:
        assert child.process is not None
        deadline = time.monotonic() + child.command.stop_seconds
        while child.is_running and not self.stopping and time.monotonic() < deadline:
            self._read(0.05)
        finish(child.process, time.monotonic())
        self._read_rest(child)


def end_leftovers(mark: str) -> int:
    """End what a killed supervisor left: every process with our mark. Gives how many there were."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                process.terminate()
                found.append(process)
    kill(psutil.wait_procs(found, timeout=5)[1])
    psutil.wait_procs(found, timeout=5)
    return len(found)
