"""The rows of "Accept" that are about who sends, not what: see test_accept.py."""

from __future__ import annotations

import json
import time
import uuid

import pytest

from tests.wire import GOOD, PATH, Heard, Wire

pytestmark = pytest.mark.timeout(180)


def test_unknown_key_or_another_project(wire: Wire) -> None:
    """One body for all wrong keys. A project that is not the key's is 404, whether or not it exists."""
    wrong = [f"Authorization: Bearer agd_{'a' * 32}", "Authorization: Basic x", "Authorization: Bearer agd_"]
    heard = [wire.ask(wire.request(GOOD, header)) for header in wrong]
    assert {(each.status, each.code) for each in heard} == {(401, "unauthorized")}
    assert len({each.body for each in heard}) == 1
    elsewhere = wire.ask(wire.request(GOOD, path="/v1/analytics/elsewhere/"))
    assert (elsewhere.status, elsewhere.code) == (404, "not_found")


def test_idempotency_key(wire: Wire) -> None:
    header = f"Idempotency-Key: {uuid.uuid4()}"
    first, again = (wire.ask(wire.request(GOOD, header)) for _ in range(2))
    assert (first.status, first.body) == (again.status, again.body)
    another = wire.ask(wire.request(b'{"event":"another"}', header))
    assert (another.status, another.code, another.closes) == (422, "idempotency_key_reused", False)


def limit(wire: Wire, amount: int | None) -> None:
    body = json.dumps({"requests_per_second": amount}).encode()
    headers = (f"Authorization: Bearer {wire.stack.facts['api_token']}", "Content-Type: application/json")
    heard = wire.ask(wire.request(body, *headers, method="PATCH", path="/v1/analytics/default/limits/"))
    assert heard.status == 200 and heard.json["requests_per_second"] == amount


def test_quota_exceeded(wire: Wire) -> None:
    """Within five seconds of its change, and no longer. Retry-After has no jitter: then there is room."""
    limit(wire, 1000)
    changed = time.monotonic()
    while "ratelimit-limit" not in wire.ask(wire.request(GOOD, path=f"{PATH}?wait=true")).headers:
        assert time.monotonic() - changed < 5
    limit(wire, 1)
    changed, heard = time.monotonic(), wire.ask(wire.request(GOOD))
    while heard.status == 202 and time.monotonic() - changed < 5:
        heard = wire.ask(wire.request(GOOD))
    assert (heard.status, heard.code, heard.closes) == (429, "rate_limited", False)
    assert 1 <= int(heard.headers["retry-after"]) <= 60
    assert (heard.headers["ratelimit-limit"], heard.headers["ratelimit-remaining"]) == ("10", "0")
    limit(wire, None)
    changed = time.monotonic()
    while "ratelimit-limit" in wire.ask(wire.request(GOOD)).headers:
        assert time.monotonic() - changed < 5
        time.sleep(0.1)


def test_a_client_that_leaves_before_the_answer_may_retry(wire: Wire) -> None:
    event = json.dumps({"event": "e", "uuid": str(uuid.uuid4()), "timestamp": time.time()}).encode()
    for _ in range(5):
        with Wire(wire.stack) as leaving:
            leaving.sock.sendall(leaving.request(event))
    heard: Heard = wire.ask(wire.request(event, path="/v1/analytics/default/?wait=true"))
    assert heard.json["stored"] + heard.json["duplicates"] == 1
    (row,) = wire.stack.ask(f"select count() n from events where uuid = '{json.loads(event)['uuid']}'")
    assert row["n"] == 1
