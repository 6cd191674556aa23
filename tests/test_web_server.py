"""The ASGI front under granian, spoken to through sockets: slow, short, huge and odd requests."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from contextlib import ExitStack
from http.client import HTTPResponse

import psutil
import pytest

from tests.stack import Stack

pytestmark = pytest.mark.timeout(180)
READ_SECONDS = 10


def connect(stack: Stack) -> socket.socket:
    return socket.create_connection(("127.0.0.1", stack.port), timeout=30)


def head(stack: Stack, *headers: str, method: str = "POST", path: str = "/v1/analytics/default/") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{stack.port}", "User-Agent: tests/1.0"]
    lines += [f"Authorization: Bearer {stack.facts['dsn']}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def answer(sock: socket.socket, method: str = "POST") -> tuple[int, bytes, HTTPResponse]:
    response = HTTPResponse(sock, method=method)
    response.begin()
    return response.status, response.read(), response


def error_of(sock: socket.socket) -> tuple[int, str]:
    status, body, _ = answer(sock)
    error = json.loads(body)["error"]
    assert error["message"]
    assert error["hint"]
    return status, error["code"]


def test_two_hundred_slow_bodies_stop_nobody_and_end_in_408(stack: Stack) -> None:
    started = time.monotonic()
    with ExitStack() as sockets:
        slow = [sockets.enter_context(connect(stack)) for _ in range(200)]
        for sock in slow:
            sock.sendall(head(stack, "Content-Length: 1000") + b'{"event": ')
        for _ in range(5):
            asked = time.monotonic()
            assert stack.send({"event": "api_request", "distinct_id": "quick"})["stored"] == 1
            assert time.monotonic() - asked < 5
        for sock in slow:
            assert error_of(sock) == (408, "body_timeout")
            assert sock.recv(1) == b""  # and the connection is closed
    assert READ_SECONDS <= time.monotonic() - started < 3 * READ_SECONDS


def test_a_body_that_trickles_is_bounded_as_a_whole(stack: Stack) -> None:
    with connect(stack) as sock:
        sock.sendall(head(stack, "Content-Length: 1000"))
        started = time.monotonic()
        sock.settimeout(0.5)
        while time.monotonic() - started < 2 * READ_SECONDS:
            sock.sendall(b" ")
            try:
                if sock.recv(1, socket.MSG_PEEK):
                    break
            except TimeoutError:
                continue
        assert error_of(sock) == (408, "body_timeout")
        assert time.monotonic() - started < READ_SECONDS + 3


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Length: 1000", b'{"event": "api_request"}'),
        ("Transfer-Encoding: chunked", b'18\r\n{"event": "api_request"}\r\n'),
        ("Transfer-Encoding: chunked", b"zz\r\nnonsense"),
    ],
)
def test_a_body_that_ends_early_is_refused(stack: Stack, header: str, body: bytes) -> None:
    with connect(stack) as sock:
        sock.sendall(head(stack, header) + body)
        sock.shutdown(socket.SHUT_WR)
        assert error_of(sock) == (400, "incomplete_body")


def test_a_chunked_body_needs_no_length(stack: Stack) -> None:
    with connect(stack) as sock:
        sock.sendall(head(stack, "Transfer-Encoding: chunked"))
        for part in (b'{"event": ', b'"api_request"}'):
            sock.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        sock.sendall(b"0\r\n\r\n")
        status, body, _ = answer(sock)
        assert (status, json.loads(body)["accepted"]) == (202, 1)


@pytest.mark.parametrize(("mebibytes", "closes"), [(5.1, False), (15, False), (17, True)])
def test_a_large_body_hears_why(stack: Stack, mebibytes: float, closes: bool) -> None:
    size = int(mebibytes * 2**20)
    with connect(stack) as sock:
        sock.sendall(head(stack, f"Content-Length: {size}"))
        try:
            sock.sendall(b" " * size)
        except ConnectionError:
            assert closes
        assert error_of(sock) == (413, "body_too_large")


def test_a_sender_that_asks_first_is_told_to_go_on(stack: Stack) -> None:
    body = b'{"event": "api_request"}'
    with connect(stack) as sock:
        sock.sendall(head(stack, f"Content-Length: {len(body)}", "Expect: 100-continue"))
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        sock.sendall(body)
        assert answer(sock)[0] == 202


def test_head_has_the_headers_and_no_body(stack: Stack) -> None:
    with connect(stack) as sock:
        for path in ("/healthz", "/accounts/login/"):  # on one connection: nothing is left in it
            sock.sendall(head(stack, method="HEAD", path=path))
            status, body, response = answer(sock, "HEAD")
            assert (status, body) == (200, b"")
            assert int(response.headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    "path", ["/%FF%FE", "/%00", "/a%2Fb/..%2f", "/v1/%C3%A9/", "/" + "a" * 5000, "//", "/%"]
)
def test_odd_paths_are_not_found(stack: Stack, path: str) -> None:
    with connect(stack) as sock:
        sock.sendall(head(stack, method="GET", path=path))
        assert answer(sock, "GET")[0] in {400, 404}


def test_many_requests_share_a_connection(stack: Stack) -> None:
    body = b'{"event": "api_request"}'
    with connect(stack) as sock:
        for _ in range(50):
            sock.sendall(head(stack, f"Content-Length: {len(body)}") + body)
            assert answer(sock)[0] == 202


def test_a_request_that_is_being_sent_is_answered_before_the_server_stops(stack: Stack) -> None:
    body = b'{"event": "api_request"}'
    web = stack.processes()["web"]
    with connect(stack) as sock:
        sock.sendall(head(stack, f"Content-Length: {len(body)}") + body[:-1])
        time.sleep(0.3)
        web.terminate()
        time.sleep(0.5)
        sock.sendall(body[-1:])
        assert answer(sock)[0] == 202
    psutil.wait_procs([web], timeout=20)
    deadline = time.monotonic() + 60
    while not stack.is_ready():  # the supervisor starts it again, for the other tests
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_readiness_through_the_front(stack: Stack) -> None:
    with urllib.request.urlopen(f"{stack.url}/readyz", timeout=10) as response:
        assert json.load(response)["status"] == "ready"
