"""A Valkey that stands still under a running stack, and the quiet after it."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.stack import Stack

HEARD_SECONDS = 30.0
WRITTEN_SECONDS = 60.0


@contextmanager
def outage(stack: Stack) -> Iterator[None]:
    """Valkey is stopped; when the block ends, and a sender has been told 503, it goes on."""
    valkey = stack.processes()["valkey"]
    before = _refusals(stack)
    valkey.suspend()
    try:
        yield
        deadline = time.monotonic() + HEARD_SECONDS
        while _refusals(stack) == before:
            assert time.monotonic() < deadline, "nobody was told 503"
            time.sleep(0.05)
    finally:
        valkey.resume()


def settle(stack: Stack) -> None:
    """Returns when everything that was accepted is written."""
    deadline = time.monotonic() + WRITTEN_SECONDS
    while "\nagentry_ingest_backlog_events 0.0\n" not in metrics(stack):
        assert time.monotonic() < deadline, "the backlog does not end"
        time.sleep(0.1)


def duplicates(stack: Stack) -> float:
    """How many events were found stored already, since the stack's beginning."""
    lines = (
        line for line in metrics(stack).splitlines() if line.startswith("agentry_events_duplicate_total{")
    )
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def metrics(stack: Stack) -> str:
    with urllib.request.urlopen(f"{stack.url}/metrics", timeout=10) as response:
        return str(response.read().decode())


def _refusals(stack: Stack) -> int:
    return stack.output.count(" status=503 ")  # one that knows Valkey to be away does not ask it again
