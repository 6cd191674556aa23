"""Bad HTTP on the server as it really runs: the next request is unharmed, or the connection is closed.

What granian's HTTP parser refuses before Agentry sees a request has a status and no body (BARE): no code of
ours runs then. docs/ingest.md lists it.
"""

from __future__ import annotations

import socket
import time
import uuid
from contextlib import ExitStack

import pytest

from tests.stack import Stack
from tests.wire import GOOD, PATH, Wire

pytestmark = pytest.mark.timeout(180)
SIZE = len(GOOD)

# What comes after the head's own headers → status. All of them close the connection, without a body.
BARE = {
    "a Content-Length that is no number": ("Content-Length: abc", 400),
    "a negative one": ("Content-Length: -1", 400),
    "one with a sign": (f"Content-Length: +{SIZE}", 400),
    "a list": (f"Content-Length: {SIZE}, {SIZE}", 400),
    "one of 30 digits": ("Content-Length: " + "9" * 30, 400),
    "two that differ": (f"Content-Length: {SIZE}\r\nContent-Length: {SIZE + 1}", 400),
    "a Transfer-Encoding without chunked": ("Transfer-Encoding: gzip", 400),
    "a space before the colon": (f"X-A : b\r\nContent-Length: {SIZE}", 400),
    "a folded header": (f"X-A: b\r\n c\r\nContent-Length: {SIZE}", 400),
    "a NUL in a header": (f"X-A: \x00\r\nContent-Length: {SIZE}", 400),
    "200 headers": ("\r\n".join(f"X-{n}: a" for n in range(200)) + f"\r\nContent-Length: {SIZE}", 431),
}
# Chunks → status and code. The end of a body that is malformed cannot be known, so these close.
CHUNKS = {
    "a size that is no number": b"zz\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "a negative size": b"-1\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "a size of 20 digits": b"f" * 20 + b"\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "more than its size": b"%x\r\n" % SIZE + GOOD + b"XX0\r\n\r\n",
    "lines without a return": b"%x\n" % SIZE + GOOD + b"\n0\n\n",
    "an endless extension": b"%x;" % SIZE + b"x" * 70_000 + b"\r\n" + GOOD + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", BARE)
def test_what_the_parser_refuses_closes_the_connection(stack: Stack, name: str) -> None:
    header, status = BARE[name]
    with Wire(stack) as wire:
        assert wire.works()
        heard = wire.ask(wire.head(header))
        assert (heard.status, heard.code, heard.closes) == (status, "", True)
        assert wire.ended()


def test_a_long_address_and_what_is_no_http(stack: Stack) -> None:
    for data, status in (
        (b"POST /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"P@ST / HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/9.9\r\n\r\n", 400),
    ):
        with Wire(stack) as wire:
            heard = wire.ask(data)
            assert (heard.status, heard.code, heard.closes) == (status, "", True)
            assert wire.ended()


@pytest.mark.parametrize("name", CHUNKS)
def test_malformed_chunks(stack: Stack, name: str) -> None:
    with Wire(stack) as wire:
        assert wire.works()
        heard = wire.ask(wire.head("Transfer-Encoding: chunked") + CHUNKS[name])
        assert (heard.status, heard.code, heard.closes) == (400, "incomplete_body", True)
        assert wire.ended()


def test_odd_requests_that_are_fine_keep_the_connection(stack: Stack) -> None:
    with Wire(stack) as wire:
        chunked = b"%x;a=b\r\n" % SIZE + GOOD + b"\r\n0\r\nX-Trailer: 1\r\n\r\n"
        assert wire.ask(wire.head("Transfer-Encoding: chunked") + chunked).status == 202
        assert wire.ask(wire.head(f"Content-Length: {SIZE}\r\nContent-Length: {SIZE}") + GOOD).status == 202
        assert wire.ask(wire.request(GOOD, path=f"http://localhost{PATH}")).status == 202
        assert wire.ask(wire.request(GOOD, "Connection: Upgrade", "Upgrade: h2c")).status == 202
        assert wire.ask(wire.request(GOOD, "Expect: 200-ok")).status == 202
        assert wire.ask(wire.request(GOOD, method="GET")).code == "method_not_allowed"
        assert wire.ask(wire.request(GOOD, method="BREW")).code == "method_not_allowed"
        assert wire.ask(wire.head()).code == "empty_body"
        nobody = wire.request(GOOD).replace(b"Host: ", b"X-Host: ")
        assert wire.ask(nobody).code == "bad_request"
        assert wire.works()


def test_two_framings_of_one_body_close_the_connection(stack: Stack) -> None:
    """Smuggling needs a second reading of the length: the chunks count, and nothing is read behind them."""
    with Wire(stack) as wire:
        head = wire.head("Content-Length: 5", "Transfer-Encoding: chunked")
        heard = wire.ask(head + b"%x\r\n" % SIZE + GOOD + b"\r\n0\r\n\r\n" + wire.request(GOOD))
        assert (heard.status, heard.closes) == (202, True)
        assert wire.ended()


def test_a_content_length_that_is_too_small(stack: Stack) -> None:
    """What is left of the body is read as the next request, which it is not; nothing of it is taken."""
    with Wire(stack) as wire:
        heard = wire.ask(wire.head(f"Content-Length: {SIZE - 5}") + GOOD + wire.request(GOOD))
        assert (heard.status, heard.code, heard.closes) == (400, "not_json", False)
        heard = wire.heard()
        assert (heard.status, heard.code, heard.closes) == (400, "", True)
        assert wire.ended()


def test_expect_100_continue(stack: Stack) -> None:
    """Asked before the body is sent, also on a connection that has been used; refused keys too."""
    with Wire(stack) as wire:
        for key, status in ((stack.facts["dsn"], 202), ("agd_" + "a" * 32, 401), (stack.facts["dsn"], 202)):
            headers = (f"Authorization: Bearer {key}", f"Content-Length: {SIZE}", "Expect: 100-continue")
            wire.sock.sendall(wire.head(*headers))
            assert wire.heard().status == 100
            assert wire.ask(GOOD).status == status
        assert wire.works()


def test_pipelined_requests_are_answered_in_order(stack: Stack) -> None:
    with Wire(stack) as wire:
        bodies = [GOOD, b"{", b"[" * 100_000, b" " * (6 * 2**20), b"", b'[{"event":"a"},{}]', GOOD]
        wire.sock.sendall(b"".join(wire.request(body) for body in bodies[:3]))
        wire.sock.sendall(b"".join(wire.request(body) for body in bodies[3:]))
        heard = [wire.heard() for _ in bodies]
        assert [each.status for each in heard] == [202, 400, 400, 413, 400, 202, 202]
        assert [each.code for each in heard[1:5]] == ["not_json", "too_deep", "body_too_large", "empty_body"]
        assert wire.works()


def test_a_half_closed_socket_ends_and_its_retry_is_stored_once(stack: Stack) -> None:
    """Who closes the sending side before the answer is taken to have left (granian cannot be told otherwise):
    the connection is closed, perhaps without an answer. In the middle of a body there is one."""
    name = str(uuid.uuid4())
    event = b'{"event":"e","uuid":"%b"}' % name.encode()
    for _ in range(5):
        with Wire(stack) as wire:
            wire.sock.sendall(wire.request(event))
            wire.sock.shutdown(socket.SHUT_WR)
            began = time.monotonic()
            wire.file.read()
            assert time.monotonic() - began < 10
    with Wire(stack) as wire:
        heard = wire.ask(wire.request(event, path=f"{PATH}?wait=true"))
        assert heard.json["stored"] + heard.json["duplicates"] == 1
        wire.sock.sendall(wire.head("Content-Length: 1000") + GOOD)
        wire.sock.shutdown(socket.SHUT_WR)
        assert wire.heard().code == "incomplete_body"
        assert wire.ended()
    assert stack.ask(f"select count() n from events where uuid = '{name}'") == [{"n": 1}]


def test_slow_headers_and_silent_sockets_end(stack: Stack) -> None:
    """200 that never end their headers or never say a word, and 50 that wait half-closed or after an answer:
    they stop nobody, and each is closed after ten seconds."""
    began = time.monotonic()
    with ExitStack() as kept:
        slow = [kept.enter_context(Wire(stack)) for _ in range(250)]
        for number, wire in enumerate(slow):
            if number < 150:
                wire.sock.sendall(wire.head(f"Content-Length: {SIZE}")[: 20 + number % 60])
            elif number < 200:
                pass  # not a word
            else:
                assert wire.works()
        for _ in range(10):
            asked = time.monotonic()
            with Wire(stack) as quick:
                assert quick.works()
            assert time.monotonic() - asked < 5
        assert all(wire.ended() for wire in slow)
        assert time.monotonic() - began < 25
