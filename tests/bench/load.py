"""A load client of our own, run as a process of its own: keep-alive connections, a bounded time.

`python -m tests.bench.load` reads a Job from stdin and writes a Tally to stdout; `start`, `finish`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle

import msgspec

HOST = "127.0.0.1"


class Job(msgspec.Struct):
    """Requests that differ in their bodies only, over `connections`: each body once, or again and again until
    `seconds` are over."""

    port: int
    method: str
    path: str
    headers: dict[str, str]
    bodies: list[bytes] = msgspec.field(default_factory=lambda: [b""])
    once: bool = False
    seconds: float = 4.0
    connections: int = 16


class Tally(msgspec.Struct):
    requests: int
    seconds: float
    statuses: dict[str, int]
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    def only(self, status: int) -> Tally:
        """Itself; AssertionError if any answer had another status."""
        assert set(self.statuses) == {str(status)}, f"expected only {status}, got {self.statuses}"
        return self


def start(job: Job) -> subprocess.Popen[bytes]:
    """Put the load on the server from another process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.msgpack.encode(job))
    process.stdin.close()
    return process


def finish(process: subprocess.Popen[bytes]) -> Tally:
    assert process.stdout is not None
    tally = msgspec.msgpack.decode(process.stdout.read(), type=Tally)
    assert process.wait(30) == 0
    return tally


def run(job: Job) -> Tally:
    return finish(start(job))


def requests(job: Job) -> list[bytes]:
    """The requests as they go over the wire."""
    headers = {"Host": f"localhost:{job.port}", "User-Agent": "agentry-bench/1", **job.headers}
    lines = [f"{job.method} {job.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join(lines).encode()
    if job.method == "GET":
        return [head + b"\r\n\r\n"]
    return [head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body for body in job.bodies]


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> str:
    """One request and its whole answer; gives the status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    if length:
        await reader.readexactly(length)
    return head[9:12].decode()


async def connection(job: Job, work: Iterator[bytes], ends: float, answers: list[tuple[str, float]]) -> None:
    reader, writer = await asyncio.open_connection(HOST, job.port)
    for request in work:  # shared: each connection takes what is next
        began = time.perf_counter()
        status = await ask(reader, writer, request)
        done = time.perf_counter()
        answers.append((status, done - began))
        if done >= ends:
            break
    writer.close()
    await writer.wait_closed()


async def load(job: Job) -> Tally:
    ready = requests(job)
    work = iter(ready) if job.once else cycle(ready)
    answers: list[tuple[str, float]] = []
    began = time.perf_counter()
    ends = began + job.seconds
    await asyncio.gather(*(connection(job, work, ends, answers) for _ in range(job.connections)))
    took = time.perf_counter() - began
    statuses: dict[str, int] = {}
    for status, _ in answers:
        statuses[status] = statuses.get(status, 0) + 1
    waits = sorted(wait for _, wait in answers)
    return Tally(len(answers), took, statuses, round(waits[int(len(waits) * 0.99)] * 1000, 2))


if __name__ == "__main__":
    tally = asyncio.run(load(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)))
    sys.stdout.buffer.write(msgspec.msgpack.encode(tally))
