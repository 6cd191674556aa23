"""A Valkey that stands still under a running stack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.stack import Stack

HEARD_SECONDS = 30.0


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


def _refusals(stack: Stack) -> int:
    return stack.output.count("append_failed")
