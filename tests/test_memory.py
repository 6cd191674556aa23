"""Memory stays bounded, whatever is sent at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection

import psutil
import pytest

from agentry.stack.servers import HOST
from tests.memory import bombs, watched
from tests.stack import Stack

pytestmark = pytest.mark.timeout(180)
PATH = "/v1/analytics/default/"


def send(stack: Stack, body: bytes, **headers: str) -> tuple[int, str | None]:
    """Status and Retry-After."""
    connection = HTTPConnection(HOST, stack.port, timeout=60)
    ours = {"User-Agent": "tests/1.0", "Authorization": f"Bearer {stack.facts['dsn']}"}
    connection.request("POST", PATH, body, ours | headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers["Retry-After"]


def test_bombs_at_once_take_turns_while_the_database_stands_still(stack: Stack) -> None:
    postgres = stack.processes()["postgres"]
    stopped = [postgres, *postgres.children()]
    assert send(stack, b'{"event": "first"}')[0] == 202  # its key is known from here on
    with watched(stack) as peaks, ThreadPoolExecutor(8) as pool:
        try:
            for process in stopped:
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
            sent = [pool.submit(send, stack, body, **{"Content-Encoding": "gzip"}) for body in bombs() * 4]
            time.sleep(0.2)
            began = time.monotonic()
            assert send(stack, b'{"event": "small"}')[0] == 202, "small ones need no room"
            assert time.monotonic() - began < 10
            answers = [future.result() for future in sent]
        finally:
            for process in stopped:
                with suppress(psutil.NoSuchProcess):
                    process.resume()
    assert {status for status, _ in answers} <= {202, 503}
    assert (202, None) in answers
    assert all(1 <= int(after or 0) <= 60 for status, after in answers if status == 503)
    assert peaks.over() == [], dict(peaks)
