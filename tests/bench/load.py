"""A load client of our own, run as a process of its own: keep-alive connections, a bounded time.

`python -m tests.bench.load` reads a Job as JSON from stdin and prints a Tally as JSON; `run` does that.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import msgspec

HOST = "127.0.0.1"


class Job(msgspec.Struct):
    """The same request again and again, for `seconds`, over `connections`."""

    port: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
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


def run(job: Job) -> Tally:
    """Put the load on the server from another process and wait for the tally."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=msgspec.json.encode(job),
        stdout=subprocess.PIPE,
        check=True,
        timeout=job.seconds + 60,
    )
    return msgspec.json.decode(done.stdout, type=Tally)


def request_bytes(job: Job) -> bytes:
    headers = {"Host": f"localhost:{job.port}", "User-Agent": "agentry-bench/1", **job.headers}
    if job.body or job.method == "POST":
        headers["Content-Length"] = str(len(job.body))
    lines = [f"{job.method} {job.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + job.body


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


async def connection(job: Job, request: bytes, ends: float, answers: list[tuple[str, float]]) -> None:
    reader, writer = await asyncio.open_connection(HOST, job.port)
    while (began := time.perf_counter()) < ends:
        status = await ask(reader, writer, request)
        answers.append((status, time.perf_counter() - began))
    writer.close()
    await writer.wait_closed()


async def load(job: Job) -> Tally:
    request = request_bytes(job)
    answers: list[tuple[str, float]] = []
    began = time.perf_counter()
    ends = began + job.seconds
    await asyncio.gather(*(connection(job, request, ends, answers) for _ in range(job.connections)))
    took = time.perf_counter() - began
    statuses: dict[str, int] = {}
    for status, _ in answers:
        statuses[status] = statuses.get(status, 0) + 1
    waits = sorted(wait for _, wait in answers)
    return Tally(len(answers), took, statuses, round(waits[int(len(waits) * 0.99)] * 1000, 2))


if __name__ == "__main__":
    tally = asyncio.run(load(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)))
    sys.stdout.buffer.write(msgspec.json.encode(tally))
