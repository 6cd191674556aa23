"""The chapters `db` and `valkey` of the proof: which server is of no use, how, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.chaos import db, small_disk, valkey
from tests.stack import Stack


@dataclass(frozen=True)
class Outage:
    """`hold` are the seconds that it lasts: in the slice (0: left out), and in the whole."""

    server: str  # "postgres": events are accepted and wait; "valkey": they are refused
    begin: Callable[[Stack], AbstractContextManager[None]]
    hold: tuple[float, float]
    within: float  # seconds after its end all must be well again


DISK_FULL = "disk full"
OUTAGES: dict[str, Outage] = {
    "read only": Outage("postgres", db.read_only, (2, 20), 30),
    "no connections": Outage("postgres", db.no_connections, (2, 20), 30),
    "immediate stop": Outage("postgres", db.kept_down, (0, 20), 30),
    DISK_FULL: Outage("postgres", small_disk.full, (0, 20), 30),
    "stopped": Outage("postgres", db.stopped, (15, 600), 30),
    "valkey stopped": Outage("valkey", valkey.stopped, (2, 30), 15),
    "valkey full": Outage("valkey", valkey.full, (2, 20), 15),
    "valkey down": Outage("valkey", valkey.down, (0, 60), 15),
    "valkey read only": Outage("valkey", valkey.read_only, (0, 20), 15),
    "valkey misconf": Outage("valkey", valkey.misconfigured, (0, 20), 15),
}
SLICE = tuple(name for name, outage in OUTAGES.items() if outage.hold[0])
