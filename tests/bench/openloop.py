"""Load that does not wait for answers: requests at moments fixed beforehand, in a process of its own.

Every latency is counted from the moment at which its request was due, also where none of the connections was
free then: a server that stalls is not asked less, and is not let off (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter, deque

import msgspec

from tests.bench.load import HOST, Job, requests

CONNECTIONS = 1_024
PATIENCE_SECONDS = 30.0  # after the last request was due


class Plan(msgspec.Struct):
    """`job.bodies` in turn, at `rate` requests a second for `job.seconds`."""

    job: Job
    rate: float


class Found(msgspec.Struct):
    """`statuses` are counted with whether there was a Retry-After: "503 after", "202". `late` were due and
    never answered. p99 of all, and of those accepted, in ms from when they were due."""

    sent: int
    seconds: float
    statuses: dict[str, int]
    late: int
    p99_ms: float
    accepted_p99_ms: float

    @property
    def accepted(self) -> int:
        return self.statuses.get("202", 0)

    @property
    def wrong(self) -> dict[str, int]:
        """Answers that overload does not excuse."""
        fine = ("202", "429 after", "503 after")
        return {what: number for what, number in self.statuses.items() if what not in fine}


class Line(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._due = 0.0
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._run.free(self)

    def send(self, due: float, request: bytes) -> None:
        self._due, self._read = due, b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, content = self._read.partition(b"\r\n\r\n")
        if not end:
            return
        lower = head.lower() + b"\r\n"
        start = lower.find(b"content-length: ") + 16
        if len(content) < int(lower[start : lower.index(b"\r", start)]):
            return
        status = head[9:12].decode() + (" after" if b"\nretry-after: " in lower else "")
        self._run.answered(status, self._due)
        if b"connection: close" in lower:
            self._transport.close()
        else:
            self._run.free(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._run.reconnect()


class Run:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.idle: deque[Line] = deque()
        self.answers: list[tuple[str, float]] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.ending = False

    def free(self, line: Line) -> None:
        if self.waiting:
            line.send(*self.waiting.popleft())
        else:
            self.idle.append(line)

    def due(self, at: float, request: bytes) -> None:
        if self.idle:
            self.idle.pop().send(at, request)
        else:
            self.waiting.append((at, request))

    def answered(self, status: str, due: float) -> None:
        self.answers.append((status, time.perf_counter() - due))

    def reconnect(self) -> None:
        if not self.ending:
            task = asyncio.get_running_loop().create_task(self.connect())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: Line(self), HOST, self.plan.job.port)

    async def go(self) -> Found:
        ready = requests(self.plan.job)
        total = int(self.plan.rate * self.plan.job.seconds)
        for _ in range(CONNECTIONS):
            await self.connect()
        began = time.perf_counter()
        for number in range(total):
            due = began + number / self.plan.rate
            if (pause := due - time.perf_counter()) > 0.001:
                await asyncio.sleep(pause)
            elif number % 8 == 0:
                await asyncio.sleep(0)  # late ourselves: hear answers in between
            self.due(due, ready[number % len(ready)])
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while len(self.answers) < total and time.perf_counter() < deadline:
            await asyncio.sleep(0.01)
        self.ending = True
        return self._found(total, time.perf_counter() - began)

    def _found(self, total: int, seconds: float) -> Found:
        statuses = Counter(status for status, _ in self.answers)
        accepted = [wait for status, wait in self.answers if status == "202"]
        everything = [wait for _, wait in self.answers]
        late = total - len(self.answers)
        return Found(total, seconds, dict(statuses), late, _p99(everything), _p99(accepted))


def _p99(waits: list[float]) -> float:
    return round(sorted(waits)[int(len(waits) * 0.99)] * 1000, 1) if waits else 0.0


def run(job: Job, rate: float) -> Found:
    """From another process. Gives what was found once all are answered."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.openloop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    out, _ = process.communicate(msgspec.msgpack.encode(Plan(job, rate)))
    assert process.returncode == 0
    return msgspec.msgpack.decode(out, type=Found)


if __name__ == "__main__":
    found = asyncio.run(Run(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)).go())
    sys.stdout.buffer.write(msgspec.msgpack.encode(found))
