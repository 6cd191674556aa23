"""Requests made at random, on connections that stay open: no 500, no silence, no connection lost.

Every request is right as HTTP, so each must be answered, and none may cost the next its connection. The same
requests in every run; AGENTRY_HUNT=1 makes new ones, for two minutes.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import time
import uuid
import zlib
from collections import Counter
from typing import Any

import pytest
import zstandard

from tests.stack import Stack
from tests.wire import Wire

pytestmark = pytest.mark.timeout(300)
HUNTS = "AGENTRY_HUNT" in os.environ
SEED = random.randrange(2**32) if HUNTS else 7
SECONDS, REQUESTS = (120, 10**9) if HUNTS else (60, 600)
ANSWERS = {200, 202, 400, 401, 403, 404, 405, 406, 413, 415, 422, 503}

PATHS = [
    *["/v1/analytics/default/"] * 6,
    *["/batch/", "/i/v0/e/", "/capture/", "/e/", "/i/v1/analytics/events", "/v1/analytics/default"],
    *["/v1/analytics/other/", "/v1/analytics/default/?wait=maybe", "/v1/analytics/%00/", "/batch?api_key=x"],
    *["/v1/analytics/default/limits/", "/v1/analytics/default/query/", "/v1/nothing", "/%ff", "/healthz"],
]
HEADERS = [
    *["Content-Type: application/x-ndjson", "Content-Type: text/plain", "Content-Type: ;;", "Content-Type:"],
    *[
        "Content-Encoding: gzip",
        "Content-Encoding: zstd",
        "Content-Encoding: identity",
        "Content-Encoding: br",
    ],
    *["Idempotency-Key: one", "Idempotency-Key:", "Idempotency-Key: " + "x" * 300, "Accept: text/html"],
    *["Authorization: Bearer agd_wrong", "Authorization:", "User-Agent:", "Cookie: a=b; sessionid=\xff"],
    *["X-Request-ID: \xe9", "Host: evil.example", "X-Forwarded-For: 1, 2", "Range: bytes=0-1", "X_A: b"],
]
ATOMS: list[Any] = [
    *[None, True, 0, -1, 2**63, 10**400, 1.5e308, "", "e", "\0", "\ud800", "x" * 300, "é" * 90, [], {}],
    *["2026-05-16T00:00:00Z", "1970-01-01", 1e12, str(uuid.UUID(int=5)), "{" * 40, "\\u0000"],
]
FIELDS = [
    "event",
    "uuid",
    "timestamp",
    "sent_at",
    "properties",
    "distinct_id",
    "api_key",
    "batch",
    "status",
    "x",
]


class Maker:
    """Random requests, and what was made last, to tell of."""

    def __init__(self, chance: random.Random, dsn: str) -> None:
        self.chance, self.dsn = chance, dsn

    def value(self, depth: int = 0) -> Any:
        kind = self.chance.random()
        if depth > 3 or kind < 0.4:
            return self.chance.choice(ATOMS)
        if kind < 0.6:
            return [self.value(depth + 1) for _ in range(self.chance.randrange(4))]
        names = self.chance.sample(FIELDS, self.chance.randrange(1, 6))
        made = {name: self.value(depth + 1) for name in names}
        if self.chance.random() < 0.7:
            made["event"] = "api_request"
        if self.chance.random() < 0.5:
            made["api_key"] = self.dsn
        return made

    def body(self) -> bytes:
        kind = self.chance.random()
        if kind < 0.05:
            return self.chance.randbytes(self.chance.randrange(300))
        if kind < 0.08:
            unit = self.chance.choice([b"[", b'{"a":', b" ", b"{}\n", b"1,", b'"\\ud800",', b"\0"])
            return unit * self.chance.choice([40, 1_000, 100_000])
        text = bytearray(json.dumps(self.value(), indent=self.chance.choice([None, None, 1])).encode())
        if kind > 0.8:
            for _ in range(self.chance.randrange(1, 4)):
                place = self.chance.randrange(len(text) + 1)
                text[place : place + self.chance.randrange(3)] = self.chance.choice(
                    [b"", b"}", b"]", b'"', b"\xff", b"\0", b"\\", b"1e999", b"NaN", b",", b"\n"]
                )
        return bytes(text)

    def packed(self, body: bytes, headers: list[str]) -> bytes:
        """Compressed as the headers say, more or less."""
        said = " ".join(headers)
        if self.chance.random() < 0.8:
            if "gzip" in said:
                body = gzip.compress(body, mtime=0)
            elif "zstd" in said:
                body = zstandard.compress(body)
        if "Content-Encoding" in said and self.chance.random() < 0.2:
            body = body[: self.chance.randrange(len(body) + 1)] + zlib.compress(body)[:5]
        return body

    def request(self, wire: Wire) -> bytes:
        headers = self.chance.sample(HEADERS, self.chance.choice([0, 0, 0, 1, 1, 2, 3]))
        method = self.chance.choice(["POST"] * 12 + ["PUT", "GET", "PATCH", "DELETE", "OPTIONS", "BREW"])
        path = self.chance.choice(PATHS)
        body = self.packed(self.body(), headers)
        if self.chance.random() < 0.8:
            return wire.request(body, *headers, method=method, path=path)
        head = wire.head(*headers, "Transfer-Encoding: chunked", method=method, path=path)
        size = self.chance.choice([1, 7, 1_000, 50_000]) + len(body) // 50
        chunks = [body[start : start + size] for start in range(0, len(body), size)]
        return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def test_requests_at_random(stack: Stack) -> None:
    maker = Maker(random.Random(SEED), stack.facts["dsn"])
    deadline = time.monotonic() + SECONDS
    seen: Counter[int] = Counter()
    with Wire(stack) as wire:
        assert wire.works()
        while time.monotonic() < deadline and seen.total() < REQUESTS:
            requests = [maker.request(wire) for _ in range(maker.chance.choice([1, 1, 1, 2, 3]))]
            wire.sock.sendall(b"".join(requests))
            for request in requests:
                told = (SEED, request[:2_000])
                heard = wire.heard()
                assert heard.status in ANSWERS, (heard, told)
                assert not heard.closes, (heard, told)
                if heard.status >= 400 and heard.headers["content-type"] == "application/json":
                    assert heard.code, told
                seen[heard.status] += 1
            if seen.total() % 50 == 0:
                assert wire.works()
        assert wire.works()
    assert {200, 202, 400, 401, 404, 405} <= seen.keys(), seen
