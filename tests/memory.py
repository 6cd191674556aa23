"""The most memory that parts of a stack take while something goes on, and bodies that ask for much of it."""

from __future__ import annotations

import gzip
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from tests.stack import Stack

LIMITS = {"web": 250.0, "worker": 300.0}  # MB
EXPANDED = 20 * 2**20
SECONDS = 0.05


class Peaks(defaultdict[str, float]):
    """Part → MB, for as long as the block lasts."""

    def over(self) -> list[str]:
        """What took more than it may, in words."""
        return [
            f"{name} took {self[name]:.0f} MB"
            for name, limit in LIMITS.items()
            if not 0 < self[name] <= limit
        ]


@contextmanager
def watched(stack: Stack) -> Iterator[Peaks]:
    peaks, ending = Peaks(float), threading.Event()

    def watch() -> None:
        while not ending.wait(SECONDS):
            for name in LIMITS:
                peaks[name] = max(peaks[name], stack.memory_mb(name))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        ending.set()
        thread.join()


def bombs() -> list[bytes]:
    """Bodies that expand to 20 MB: one large event, which is rejected, and many that are accepted."""
    lists = b'{"a":[' + b"[]," * (EXPANDED // 3 - 4) + b"[]]}"
    long = b'{"event":"bomb","properties":{"x":"' + b"y" * 200_000 + b'"}}'
    events = b"[" + b",".join([long] * (EXPANDED // (len(long) + 1))) + b"]"
    return [gzip.compress(body, 1) for body in (lists, events)]
