"""Whom the proof kills, and when: a schedule that its seed repeats."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.stack import Stack

FIND_SECONDS = 60.0
TOGETHER = 0.15  # of the kills: the next one follows before this one has healed


def _children(name: str) -> Callable[[Stack], list[psutil.Process]]:
    return lambda stack: stack.processes()[name].children()


def _itself(name: str) -> Callable[[Stack], list[psutil.Process]]:
    return lambda stack: [stack.processes()[name]]


def _backends(stack: Stack) -> list[psutil.Process]:
    """Those of our connections, before the idle ones those that are in the middle of something."""
    found = [
        (title, child)
        for child in _children("postgres")(stack)
        for title in child.cmdline()[:1]
        if title.startswith("postgres: agentry agentry")
    ]
    return [child for title, child in found if not title.endswith(" idle")] or [child for _, child in found]


# Kind → its candidates, and within how many seconds of SIGKILL all must be well again.
KINDS: dict[str, tuple[Callable[[Stack], list[psutil.Process]], float]] = {
    "web worker": (_children("web"), 15),
    "web parent": (_itself("web"), 15),
    "celery parent": (_itself("worker"), 30),
    "celery child": (_children("worker"), 30),
    "beat": (_itself("beat"), 30),
    "valkey": (_itself("valkey"), 10),
    "backend": (_backends, 15),
    "postmaster": (_itself("postgres"), 15),
}


@dataclass(frozen=True)
class Kill:
    """One kill: after this share of its round's batches; `heals` says whether the next waits for that."""

    kind: str
    after: float
    heals: bool


def schedule(rng: random.Random, kills: int, kinds: Sequence[str]) -> list[Kill]:
    """Every kind equally often, in any order; the last one heals."""
    order = [kinds[number % len(kinds)] for number in range(kills)]
    rng.shuffle(order)
    return [
        Kill(kind, rng.uniform(0.05, 0.95), rng.random() >= TOGETHER or number == kills)
        for number, kind in enumerate(order, 1)
    ]


def kill(stack: Stack, kind: str, rng: random.Random) -> int:
    """SIGKILL one of that kind as soon as there is one; gives its process id."""
    deadline = time.monotonic() + FIND_SECONDS
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess, KeyError, IndexError):  # it is starting, or just ended
            chosen = rng.choice(sorted(KINDS[kind][0](stack), key=lambda process: process.pid))
            chosen.kill()
            return chosen.pid
        time.sleep(0.02)
    raise AssertionError(f"there is no {kind} to kill:\n{stack.output[-2000:]}")
