"""Whatever is sent, the answer is one of the contract's, and memory is bounded."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tracemalloc
import zlib
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest_client import Sender, error

ALLOWED = {202, 400, 413, 415, 503}
BOUND_MB = 120  # a body of 20 MB as itself, as events, as entries and as a command to come
quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

text = st.text(st.characters(codec=None), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
)
fields = ["event", "distinct_id", "uuid", "timestamp", "sent_at", "properties", "customer_id", "status", "x"]
events_like = st.dictionaries(
    st.sampled_from(fields), values | st.dictionaries(st.sampled_from(fields), values), max_size=6
)
types = st.sampled_from(["application/json", "application/x-ndjson", "text/plain", "", ";;"])


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


def answered(sender: Sender, body: bytes, **how: Any) -> None:
    response = sender.send(body, **how)
    assert response.status_code in ALLOWED, response.content
    if response.status_code != 202:
        error(response)


@quick
@given(st.binary(max_size=200), types, st.sampled_from(["", "gzip", "zstd"]))
def test_any_bytes(sender: Sender, body: bytes, type: str, encoding: str) -> None:
    answered(sender, body, type=type, content_encoding=encoding)
    answered(sender, gzip.compress(body)[: len(body)], type=type, content_encoding=encoding)


@quick
@given(values | events_like | st.lists(events_like | values, max_size=5), types)
def test_any_json(sender: Sender, value: Any, type: str) -> None:
    """NaN and Infinity included, as Python writes them."""
    answered(sender, json.dumps(value).encode(), type=type)
    answered(sender, json.dumps(value, indent=1).encode(), type=type)


@quick
@given(st.lists(events_like, min_size=1, max_size=4), st.data())
def test_any_damage(sender: Sender, value: list[Any], data: st.DataObject) -> None:
    body = bytearray(json.dumps(value).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(
            st.sampled_from(b'{}[]",:\\u0d8\x00\xff\n1e')
        )
    answered(sender, bytes(body))
    answered(sender, bytes(body), type="application/x-ndjson")


# 20 MB each, chosen to be as dear as they can be: many events, many values, many lines, many escapes.
DEAR = r"""
import resource, sys

from agentry.errors import AgentryError
from analytics.ingest.batch import judge
from analytics.ingest.decode import events
from analytics.ingest.times import Clock

SIZE = 20 * 2**20
CLOCK = Clock.at(1_800_000_000_000, 90)
lists = b'{"event":"e","properties":{"a":[' + b"[]," * 87_000 + b"[]]}}"
nuls = b'{"event":"e","x":"' + rb"\u0000" * 40_000 + b'"}'
bodies = [
    lambda: b"[" + b"{}," * (SIZE // 3 - 1) + b"{}]",
    lambda: b"[" + b"3," * (SIZE // 2 - 8) + rb'"\ud800"]',
    lambda: b"\n" * (SIZE - 2) + b"{}",
    lambda: b"{" + b"\n" * (SIZE - 2) + b"{",
    lambda: b"{" + b"\n{" * (SIZE // 2 - 1),
    lambda: b'{"a":[' + b"[]," * (SIZE // 3 - 4) + b"[]]}",
    lambda: b'[{"a":[' + b"[]," * (SIZE // 3 - 9) + rb'"\ud800"]}]',
    lambda: b'{"event":"' + rb"\u0000" * (SIZE // 6 - 4) + b'"}',
    lambda: b"[" + b",".join([lists] * 20) + b"," + b" " * (SIZE - 21 * len(lists)) + lists + b"]",
    lambda: b"[" + b",".join([nuls] * 82) + b"]",
    lambda: b"[" + b",".join([b'{"event":"e","properties":{"x":"' + b"y" * 1_900 + b'"}}'] * 10_000) + b"]",
    lambda: b"[" + b",".join([b'{"event":"' + b"y" * 1_900 + b'"}'] * 10_000) + b"]",
    lambda: b"[" * SIZE,
    lambda: b'{"' + b"\\" * (SIZE - 2),
]
bodies[-1]()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number, body in enumerate(bodies):
    try:
        judge(1, events(body()), CLOCK)
    except AgentryError as error:
        assert error.status in (400, 413)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(number, grown, "MB", flush=True)
    assert grown < int(sys.argv[1]), (number, grown)
"""


def test_the_dearest_bodies_take_bounded_memory() -> None:
    subprocess.run([sys.executable, "-c", DEAR, str(BOUND_MB)], check=True, timeout=120)


def test_bombs_stop_at_their_first_byte_too_many(sender: Sender) -> None:
    """128 MB of zeros; gzip packs it a thousand times, zstd ten thousand times."""
    squeeze = zlib.compressobj(9, wbits=31)
    zeros = b"".join(squeeze.compress(bytes(2**20)) for _ in range(128)) + squeeze.flush()
    packer = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=20)
    ).compressobj()
    blocks = b"".join(packer.compress(bytes(2**20)) for _ in range(128)) + packer.flush()
    for name, wire in (
        ("gzip", zeros),
        ("gzip", zeros[:-9]),
        ("zstd", blocks),
        ("gzip", gzip.compress(zeros, mtime=0)),
    ):
        tracemalloc.start()
        response = sender.send(wire, content_encoding=name)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert response.status_code in (400, 413)
        assert most < 32 * 2**20 + len(wire) * 3, (name, most)
