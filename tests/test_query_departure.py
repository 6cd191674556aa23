"""Who closes the connection while a question runs, stops it; and slow questions stand in nobody's way."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPResponse
from threading import Thread
from typing import Any

import psycopg
import pytest
import redis

from agentry.departure import Asker, answering, stopped_when_unwanted
from agentry.errors import AgentryError
from tests.stack import Stack

SLOW = "select count() from numbers(1000000) as a cross join numbers(1000000) as b"
HALF_A_SECOND = "select count() from numbers(1000000) as a cross join numbers(8) as b"
AT_ONCE = 8  # settings.QUERIES_AT_ONCE of the stack


def connect(stack: Stack) -> socket.socket:
    return socket.create_connection(("127.0.0.1", stack.port), timeout=30)


def request(stack: Stack, path: str, body: Any) -> bytes:
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: localhost:{stack.port}", "User-Agent: tests/1.0"]
    lines += [f"Authorization: Bearer {stack.facts['api_token']}", f"Content-Length: {len(content)}"]
    lines += ["Content-Type: application/json", "Accept: application/json, text/event-stream", "", ""]
    return "\r\n".join(lines).encode() + content


def question(stack: Stack, hogql: str) -> bytes:
    return request(stack, f"/v1/analytics/{stack.facts['project']}/query/", {"query": hogql})


def mcp_question(stack: Stack, hogql: str) -> bytes:
    call = {"name": "agentry_analytics_query", "arguments": {"query": hogql}}
    return request(stack, "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})


def answer(sock: socket.socket) -> tuple[int, Any]:
    response = HTTPResponse(sock, method="POST")
    response.begin()
    return response.status, json.loads(response.read())


def server(stack: Stack, name: str) -> str:
    """Where one of the stack's servers is, from what it keeps beside its data."""
    kept = stack.data_dir / name
    return f"port={(kept / 'port').read_text().strip()} password={(kept / 'password').read_text().strip()}"


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    user = f"host=127.0.0.1 dbname=agentry user=agentry {server(stack, 'postgres')}"
    with psycopg.connect(user, autocommit=True) as connection:
        yield connection


@pytest.fixture
def valkey(stack: Stack) -> Iterator[redis.Redis]:
    known = dict(part.split("=") for part in server(stack, "valkey").split())
    with redis.Redis(port=int(known["port"]), password=known["password"]) as client:
        yield client


def running(database: psycopg.Connection[Any]) -> int:
    """How many of our questions PostgreSQL works on, leaders only."""
    found = database.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND leader_pid IS NULL"
        " AND query LIKE '%%generate_series%%' AND pid <> pg_backend_pid()"
    ).fetchone()
    assert found is not None
    return int(found[0])


def places(valkey: redis.Redis) -> int:
    """How many places of projects are taken."""
    return sum(int(valkey.zcard(key)) for key in valkey.scan_iter("queries:*"))


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("asked", [question, mcp_question], ids=["query", "mcp"])
def test_a_question_ends_with_its_connection(
    stack: Stack,
    database: psycopg.Connection[Any],
    valkey: redis.Redis,
    asked: Callable[[Stack, str], bytes],
) -> None:
    with connect(stack) as sock:
        sock.sendall(asked(stack, SLOW))
        assert within(5, lambda: running(database) == 1)
        assert places(valkey) == 1
    assert within(1, lambda: running(database) == 0)
    assert within(1, lambda: places(valkey) == 0)
    assert stack.ask("select 1 as one") == [{"one": 1}]  # its pool connection goes on


def test_questions_on_one_connection_are_answered_in_order(stack: Stack) -> None:
    with connect(stack) as sock:
        sock.sendall(question(stack, HALF_A_SECOND) + question(stack, "select 2 as two"))  # pipelined
        assert answer(sock)[1]["rows"] == [{"count()": 8_000_000}]
        assert answer(sock)[1]["rows"] == [{"two": 2}]
        sock.sendall(question(stack, HALF_A_SECOND))
        assert answer(sock)[0] == 200


def test_fifty_slow_questions_do_not_stop_ingest(
    stack: Stack, database: psycopg.Connection[Any], valkey: redis.Redis
) -> None:
    with ExitStack() as opened:
        sockets = [opened.enter_context(connect(stack)) for _ in range(50)]
        for sock in sockets:
            sock.sendall(question(stack, SLOW))
        assert within(10, lambda: running(database) == AT_ONCE)
        refused = 0
        for sock in sockets:
            sock.settimeout(0.5)
            try:
                status, body = answer(sock)
            except TimeoutError:
                continue  # one of those that run
            assert (status, body["error"]["code"]) == (429, "too_many_queries")
            refused += 1
        assert refused == len(sockets) - AT_ONCE
        started = time.monotonic()
        for number in range(20):
            event = {"event": "api_request", "distinct_id": f"among-{number}"}
            assert stack.post("", event, stack.facts["dsn"])["accepted"] == 1
        assert time.monotonic() - started < 5
    assert within(2, lambda: running(database) == 0)
    assert within(2, lambda: places(valkey) == 0)


def test_who_left_before_it_began_starts_nothing() -> None:
    asker = Asker()
    asker.leave()
    with answering(asker), pytest.raises(AgentryError) as refused, stopped_when_unwanted(print):
        raise AssertionError("it began")
    assert refused.value.code == "client_gone"


def test_a_stop_never_meets_what_comes_next() -> None:
    """leave() that has begun to stop is over before the block is: its connection may be used again."""
    asker, order = Asker(), []

    def stop() -> None:
        order.append("stopping")
        time.sleep(0.2)
        order.append("stopped")

    with answering(asker):
        with pytest.raises(AgentryError), stopped_when_unwanted(stop):
            leaving = Thread(target=asker.leave)
            leaving.start()
            within(5, lambda: order == ["stopping"])
            raise RuntimeError("cancelled")
        order.append("next")
    leaving.join()
    assert order == ["stopping", "stopped", "next"]


def test_without_a_client_nothing_is_watched() -> None:
    """A routine or a page's tests: no front, so nobody who could leave."""
    with stopped_when_unwanted(print):
        pass
