"""A request's id on a running Agentry: on every answer, in every line, and in the worker's; and its pulse."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from tests.stack import Stack

pytestmark = pytest.mark.stack

INGEST = "/v1/analytics/default/"


def client(stack: Stack) -> httpx.Client:
    headers = {"Authorization": f"Bearer {stack.facts['dsn']}", "User-Agent": "tests/1.0"}
    return httpx.Client(base_url=stack.url, headers=headers, timeout=30)


def named() -> str:
    return f"trace-{uuid4().hex[:12]}"


def lines(stack: Stack, request_id: str) -> list[str]:
    return [line for line in stack.output.splitlines() if f"request_id={request_id}" in line]


def soon(found: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def refused(sender: httpx.Client) -> float:
    """How many too large bodies /metrics has counted."""
    samples = sender.get("/metrics").text.splitlines()
    found = [line for line in samples if line.startswith("agentry_requests_refused_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in found if 'code="body_too_large"' in line)


def test_what_the_front_refuses_has_an_id_a_line_and_a_count(stack: Stack) -> None:
    with client(stack) as sender:
        before, request_id = refused(sender), named()
        answer = sender.post(INGEST, content=b" " * 6 * 2**20, headers={"X-Request-ID": request_id})
        assert (answer.status_code, answer.headers["X-Request-ID"]) == (413, request_id)
        soon(lambda: lines(stack, request_id))
        (line,) = lines(stack, request_id)
        assert f"method=POST path={INGEST} status=413" in line and "code=body_too_large" in line
        soon(lambda: refused(sender) == before + 1)
        odd = sender.post(INGEST, content=b" " * 6 * 2**20, headers={"X-Request-ID": "a b"})
        assert odd.headers["X-Request-ID"].isalnum()
        sender.post("/accounts/password/reset/key/1-secret/", content=b" " * 6 * 2**20)
        soon(lambda: "path=/accounts/…" in stack.output)
        assert "1-secret" not in stack.output


def test_mcp_has_an_id_and_a_line(stack: Stack) -> None:
    with client(stack) as sender:
        request_id = named()
        answer = sender.post("/mcp", json={}, headers={"X-Request-ID": request_id})
        assert (answer.status_code, answer.headers["X-Request-ID"]) == (401, request_id)
        soon(lambda: lines(stack, request_id))
        assert "method=POST path=/mcp status=401" in lines(stack, request_id)[0]


def test_the_worker_names_the_request_that_woke_it(stack: Stack) -> None:
    """A request that finds a wake-up pending already wakes nobody: then another one does."""
    with client(stack) as sender:
        for _ in range(20):
            request_id = named()
            answer = sender.post(INGEST, json={"event": "e"}, headers={"X-Request-ID": request_id})
            assert (answer.status_code, answer.headers["X-Request-ID"]) == (202, request_id)
            time.sleep(0.5)
            written = [line for line in lines(stack, request_id) if " written " in line]
            if written:
                break
    assert "task=analytics.write.drain" in written[0] and "events=" in written[0]


def test_readiness_knows_the_writer_and_beat(stack: Stack) -> None:
    with client(stack) as sender:
        soon(lambda: sender.get("/readyz").json()["warnings"] == [])
        said = sender.get("/readyz").json()
        assert set(said["seconds_since"]) == {"drain:0", "drain:1", "beat"}
        assert all(ago < 60 for ago in said["seconds_since"].values())
