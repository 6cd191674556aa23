"""A Valkey without memory for more: events are refused in time, and the drain goes on and frees it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest
import redis

from agentry.stack.servers import HOST
from tests.stack import Stack, eventually

pytestmark = pytest.mark.timeout(180)
PATH = "/v1/analytics/default/"
BATCH = json.dumps([{"event": "full", "properties": {"note": "x" * 500}}] * 2_000).encode()


@contextmanager
def valkey(stack: Stack) -> Iterator[redis.Redis]:
    url = json.loads((stack.data_dir / "running.json").read_text())["VALKEY_URL"]
    with redis.Redis.from_url(url) as client:
        try:
            yield client
        finally:
            client.config_set("maxmemory", "1gb")
            for process in (worker := stack.processes()["worker"], *worker.children()):
                process.resume()


def post(stack: Stack, body: bytes) -> tuple[int, str | None, dict[str, Any]]:
    """Status, Retry-After, answer."""
    connection = HTTPConnection(HOST, stack.port, timeout=30)
    headers = {"User-Agent": "tests/1.0", "Authorization": f"Bearer {stack.facts['dsn']}"}
    connection.request("POST", PATH, body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, response.headers["Retry-After"], answer


def refused_nearly_full(stack: Stack, client: redis.Redis, answers: list[Any]) -> bool:
    """What the requests took for themselves goes by and by: so the limit follows what is left."""
    client.config_set("maxmemory", client.info("memory")["used_memory"] * 10 // 9)
    time.sleep(0.3)
    answers.append(post(stack, b'{"event": "full"}'))
    return bool(answers[-1][0] == 503)


def test_a_full_valkey_refuses_drains_and_takes_again(stack: Stack) -> None:
    worker = stack.processes()["worker"]
    stopped = [worker, *worker.children()]
    for process in stopped:
        process.suspend()
    with valkey(stack) as client:
        for _ in range(10):
            assert post(stack, BATCH)[0] == 202
        answers: list[tuple[int, str | None, dict[str, Any]]] = []
        assert eventually(lambda: refused_nearly_full(stack, client, answers))
        _, after, answer = answers[-1]
        assert answer["error"]["code"] == "overloaded"
        assert 1 <= int(after or 0) <= 60
        assert client.set("a message", "of Celery's"), "there is room left for the drain"
        assert stack.is_ready()

        # No room for anything now, no message that would wake anybody, and a worker that has to begin anew.
        client.delete("drain", "celery")
        client.config_set("maxmemory", client.info("memory")["used_memory"] // 2)
        for process in stopped:
            process.kill()
        assert eventually(lambda: int(client.get("ingest:backlog") or 0) == 0)
        client.config_set("maxmemory", "1gb")
    assert eventually(lambda: post(stack, b'{"event": "later"}')[0] == 202)
    asked = "select count() as calls from events where event = 'full'"
    assert stack.ask(asked)[0]["calls"] >= 10 * 2_000
    began = time.monotonic()
    assert stack.send({"event": "full"})["stored"] == 1
    assert time.monotonic() - began < 15
