"""Figure 10: so much poison in so many events makes exactly so many dead letters, and no worker falls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

from tests.chaos import check
from tests.stack import ROOT, Stack

KINDS = 4  # of poison, each with a SQLSTATE of its own


def poison(stack: Stack, events: int, bad: int, seed: int) -> tuple[float, list[str]]:
    """Put the events into the stream of a stack at rest. Gives the seconds until all are worked off, and
    sentences about what is wrong."""
    before, workers = _counts(stack), _workers(stack)
    put(stack, events, bad, seed)
    began = time.monotonic()
    drained = check.await_drain(stack)
    seconds = time.monotonic() - began
    after = _counts(stack)
    found = [new - old for new, old in zip(after, before, strict=True)]
    return seconds, [
        *([] if drained else ["the poison was not worked off in time"]),
        *_wrong(found, [events - bad, bad, bad], min(bad, KINDS), after[3]),
        *([] if _workers(stack) == workers else ["a worker fell over the poison"]),
    ]


def put(stack: Stack, events: int, bad: int, seed: int) -> None:
    """Into the stream, behind ingest."""
    servers = json.loads((stack.data_dir / "running.json").read_text())
    settings = {"AGENTRY_DATA_DIR": str(stack.data_dir), "DJANGO_SETTINGS_MODULE": "agentry.settings"}
    args = [sys.executable, "-m", "tests.chaos.poison", *map(str, (events, bad, seed))]
    subprocess.run(args, cwd=ROOT, env={**os.environ, **servers, **settings}, check=True)


def _wrong(found: list[int], expected: list[int], kinds: int, states: int) -> Iterator[str]:
    for what, number, right in zip(
        ("stored", "dead letters", "with a reason"), found, expected, strict=False
    ):
        if number != right:
            yield f"of the poison's events {number:,} {what}, not {right:,}"
    if states < kinds:
        yield f"the dead letters name {states} SQLSTATEs, not {kinds}"


def _counts(stack: Stack) -> list[int]:
    """Events, dead letters, those with SQLSTATE and reason, and the different SQLSTATEs."""
    query = """SELECT (SELECT count(*) FROM events), count(*),
        count(*) FILTER (WHERE sqlstate <> '' AND reason <> ''), count(DISTINCT sqlstate) FROM dead_letters"""
    with check.database(stack) as connection:
        return list(connection.execute(query).fetchone() or ())


def _workers(stack: Stack) -> set[psutil.Process]:
    worker = stack.processes()["worker"]
    return {worker, *worker.children()}
