"""What the client knows: each event's last status, on disk before the next request."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

SENT, AMBIGUOUS, ACCEPTED = "sent", "ambiguous", "accepted"
STATUSES = (SENT, AMBIGUOUS, ACCEPTED)


class Ledger:
    """One line a fact: a status and the uuids that have it. Facts of several threads may be mixed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()

    def write(self, status: str, uuids: Iterable[str]) -> None:
        line = " ".join([status, *uuids]).encode() + b"\n"
        with self._lock:
            self._file.write(line)
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> dict[str, str]:
    """uuid → the best status it ever had: what was accepted once is owed, whatever a re-send met."""
    best: dict[str, int] = {}
    with path.open() as file:
        for line in file:
            status, *uuids = line.split()
            rank = STATUSES.index(status)
            for name in uuids:
                best[name] = max(best.get(name, 0), rank)
    return {name: STATUSES[rank] for name, rank in best.items()}
