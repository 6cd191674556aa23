"""Figures 4, 5 and 7: half the load and three times the load that a stack at rest can bear, and a backlog."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from tests.bench import load, openloop
from tests.chaos import check, db, meanwhile
from tests.chaos.client import Tally
from tests.chaos.dead_letters import put
from tests.stack import Stack

SECONDS, BATCH = 20.0, 20
BACKLOG = 1_000_000
TURN_SECONDS = 10.0
EVENT = {"event": "load", "properties": {"customer_id": "acme_corp", "endpoint": "/v1/things", "status": 200}}


def borne(stack: Stack, tally: Tally) -> Iterator[tuple[str, int]]:
    """Figures, judged by the bench where the machine is at rest; a wrong answer is a fault anywhere."""
    path = f"/v1/analytics/{stack.facts['project']}/"
    headers = {"Authorization": f"Bearer {stack.facts['dsn']}", "Content-Type": "application/json"}
    bodies = [json.dumps([EVENT] * BATCH).encode()]
    job = load.Job(stack.port, "POST", path, headers, bodies, seconds=SECONDS)
    most = load.run(job).only(202)
    tally.add(sent=most.requests * BATCH, answered=most.requests * BATCH)
    yield "requests/s of 20 events", round(most.per_second)
    for times, name in ((0.5, "half"), (3.0, "three times")):
        check.await_drain(stack)
        found = openloop.run(job, most.per_second * times)
        tally.add(sent=found.sent * BATCH, answered=found.accepted * BATCH)
        for answer in [*found.wrong, *["none"] * found.late]:
            tally.fault(f"at {name} the load an answer was {answer}")
        yield f"p99 in ms at {name}", round(found.p99_ms)
        yield f"goodput in % at {name}", round(100 * found.accepted / found.seconds / most.per_second)


def backlog(stack: Stack, seed: int, tally: Tally) -> Iterator[tuple[str, int]]:
    """The worker stands still while events come; from when it goes on until all are written. Meanwhile
    questions are answered and what is due every few seconds has its turn."""
    check.await_drain(stack)
    with db.stopped(stack, "worker"):
        put(stack, BACKLOG, 0, seed)
        tally.add(sent=BACKLOG, answered=BACKLOG)
    began = time.monotonic()
    answer, beat = 0.0, 0
    while (seen := check.metrics(stack))["backlog"]:
        asked = time.monotonic()
        status, _, content = meanwhile.ask(stack)
        answer = max(answer, time.monotonic() - asked)
        # While the worker stood still nobody could hear a tick: only what has passed since counts.
        beat = max(beat, min(seen["beat_ms"], round(1000 * (asked - began))))
        if status != 200:
            tally.fault(f"behind a backlog a question was answered {status}: {content[:200]!r}")
        if asked - began > check.DRAIN_SECONDS:
            tally.fault("a backlog was not gone in time")
            break
    yield f"ms until {BACKLOG:,} are gone", round(1000 * (time.monotonic() - began))
    for what, ms in (("an answer", round(answer * 1000)), ("a tick of beat", beat)):
        yield f"most ms for {what} then", ms
        if ms > TURN_SECONDS * 1000:
            tally.fault(f"behind a backlog {what} took {ms:,} ms")
