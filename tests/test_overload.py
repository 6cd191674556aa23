"""Three times the load that it can bear, from senders that do not wait for answers."""

from __future__ import annotations

import json

import pytest

from tests.bench import load, openloop
from tests.stack import Stack, eventually

pytestmark = pytest.mark.timeout(180)
PATH = "/v1/analytics/default/"
BATCH, SECONDS = 20, 3.0


def test_overload_is_told_and_what_can_be_borne_is_taken(stack: Stack) -> None:
    events = [{"event": "burst", "properties": {"customer_id": "acme_corp", "status": 200}}] * BATCH
    headers = {"Authorization": f"Bearer {stack.facts['dsn']}", "Content-Type": "application/json"}
    bodies = [json.dumps(events).encode()]
    job = load.Job(stack.port, "POST", PATH, headers, bodies, seconds=SECONDS)
    borne = load.run(job).only(202)
    found = openloop.run(job, 3 * borne.per_second)
    assert not found.wrong and not found.late, found
    assert found.accepted / found.seconds > borne.per_second / 2, (found, borne)
    assert found.p99_ms < 5_000, found
    taken = (borne.requests + found.accepted) * BATCH
    asked = "select count() as n from events where event = 'burst'"
    assert eventually(lambda: stack.ask(asked) == [{"n": taken}])
