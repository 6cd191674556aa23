"""Bad input, line by line: the rows of "Accept" in the reliability paper, on the server as it really runs.

Each is sent between two good events on one connection that stays open, and harms neither. Where a row wants
something else than the design, the design holds; the difference stands beside the test. Rows that other files
test are named at the end.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import uuid
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import zstandard

from tests.wire import GOOD, Wire

pytestmark = pytest.mark.timeout(180)
GZIP, ZSTD = "Content-Encoding: gzip", "Content-Encoding: zstd"
# Without the time: they are in the names of tests, and two workers may collect those in different seconds.
GZIPPED = gzip.compress(GOOD, mtime=0)
GZIPPED_TWICE = gzip.compress(GZIPPED, mtime=0)


def refused(wire: Wire, body: bytes, *headers: str) -> tuple[int, str]:
    heard = wire.ask(wire.request(body, *headers))
    assert not heard.closes
    return heard.status, heard.code


def verdicts(wire: Wire, *events: object) -> list[str]:
    """The codes of refused events, each of which leaves the good ones beside it alone."""
    good = b'{"event":"good"}'
    sent = [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]
    heard = wire.ask(wire.request(b"[" + b",".join([good, *sent, good]) + b"]"))
    assert heard.status == 202, heard.body
    assert heard.json["accepted"] == 2
    assert [verdict["index"] for verdict in heard.json["rejected"]] == list(range(1, len(sent) + 1))
    return [verdict["code"] for verdict in heard.json["rejected"]]


def with_property(value: bytes, name: bytes = b"a") -> bytes:
    return b'{"event":"e","properties":{"%b":%b}}' % (name, value)


def stored(wire: Wire, event: bytes) -> dict[str, Any]:
    """The row that an event becomes."""
    name = str(uuid.uuid4())
    body = event.replace(b'"event"', b'"uuid":"%b","event"' % name.encode(), 1)
    heard = wire.ask(wire.request(body, path="/v1/analytics/default/?wait=true"))
    assert heard.json == {"stored": 1, "duplicates": 0, "rejected": []}
    columns = "event, distinct_id, properties.customer_id c, toString(properties.a) a"
    (row,) = wire.stack.ask(f"select {columns} from events where uuid = '{name}'")
    return row


def test_valid_single_or_array(wire: Wire) -> None:
    """202 has no `duplicates`: they are known when the writer has looked, and `?wait=true` tells them."""
    heard = wire.ask(wire.request(b'[{"event":"a"},{"event":""},{"event":"b"}]'))
    assert heard.status == 202 and heard.json["accepted"] == 2
    assert [(v["index"], v["code"]) for v in heard.json["rejected"]] == [(1, "missing_event")]


def test_wire_body_over_5_mb(wire: Wire) -> None:
    assert refused(wire, b" " * (5 * 2**20 + 1)) == (413, "body_too_large")


@pytest.mark.parametrize(("encoding", "compress"), [(GZIP, gzip.compress), (ZSTD, zstandard.compress)])
def test_expanded_over_20_mb(wire: Wire, encoding: str, compress: Any) -> None:
    assert refused(wire, compress(b" " * (20 * 2**20 + 1)), encoding) == (413, "body_too_large")


def test_over_10_000_events(wire: Wire) -> None:
    assert refused(wire, b"[" + b",".join([GOOD] * 10_001) + b"]") == (413, "too_many_events")


def test_event_over_256_kb(wire: Wire) -> None:
    """A verdict on that event, not 413: a bad event never sinks a good one."""
    assert verdicts(wire, with_property(b'"' + b"x" * 2**18 + b'"')) == ["too_large"]


def bombs() -> dict[str, tuple[bytes, str]]:
    """Some 5 MB each; of a megabyte of zeros that can be repeated, and so on to five gigabytes and more."""
    squeeze = zlib.compressobj(9, wbits=-15)
    megabyte = squeeze.compress(bytes(2**20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    head = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    gigabytes = head + megabyte * (4_900_000 // len(megabyte))
    frame = zstandard.compress(bytes(8 * 2**20))
    return {
        "gzip": (gigabytes, GZIP),
        "gzip, nested": (gzip.compress(gigabytes), GZIP),
        "zstd": (frame * (4_900_000 // len(frame)), ZSTD),
    }


def test_compression_bombs_take_no_memory(wire: Wire) -> None:
    """Growth under 32 MB, the body itself (5 MB, and as often again as it is handed on) not counted."""
    web = wire.stack.processes()["web"]
    workers = [web, *web.children(recursive=True)]
    for name, (body, encoding) in bombs().items():
        before = {worker.pid: worker.memory_info().rss for worker in workers}
        for worker in workers:
            Path(f"/proc/{worker.pid}/clear_refs").write_text("5")  # the peak begins anew
        began = time.monotonic()
        status, code = refused(wire, body, encoding)
        # Nested: what it expands to is no JSON, and is not expanded again.
        assert (status, code) in {(413, "body_too_large"), (400, "not_utf8"), (400, "not_an_event")}, name
        assert time.monotonic() - began < 5
        grown = max(_peak(worker) - before[worker.pid] for worker in workers)
        assert grown < 32 * 2**20 + 3 * len(body), (name, grown >> 20)


def _peak(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


@pytest.mark.parametrize(
    ("body", "header", "answer"),
    [
        (GOOD, GZIP, (400, "bad_compression")),
        (GOOD, ZSTD, (400, "bad_compression")),
        (zstandard.compress(GOOD), GZIP, (400, "bad_compression")),
        (GZIPPED, "Content-Encoding: identity", (400, "not_utf8")),
        (GZIPPED[:-1], GZIP, (400, "bad_compression")),
        (zstandard.compress(GOOD)[:-1], ZSTD, (400, "bad_compression")),
        (GZIPPED_TWICE, GZIP, (400, "not_utf8")),
        (GZIPPED_TWICE, "Content-Encoding: gzip, gzip", (415, "unsupported_encoding")),
        (zlib.compress(GOOD), "Content-Encoding: deflate", (415, "unsupported_encoding")),
        (GOOD, "Content-Encoding: br", (415, "unsupported_encoding")),
    ],
)
def test_compression_that_is_none(wire: Wire, body: bytes, header: str, answer: tuple[int, str]) -> None:
    assert refused(wire, body, header) == answer


def test_depth_over_32(wire: Wire) -> None:
    """A verdict on that event: it can be parsed."""
    assert verdicts(wire, with_property(b"[" * 31 + b"]" * 31)) == ["too_deep"]


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_100_000_brackets(wire: Wire, body: bytes) -> None:
    assert refused(wire, body) == (400, "too_deep")


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"+1", b"01", b"1.", b"0x1"])
def test_what_is_no_number(wire: Wire, number: bytes) -> None:
    """400 for the body: it is not JSON."""
    assert refused(wire, with_property(number)) == (400, "not_json")


def test_numbers_that_overflow(wire: Wire) -> None:
    numbers = (b"1e999", b"-1e999", b"9" * 309, b"9" * 5_000, b"1" + b"0" * 400 + b".5")
    assert verdicts(wire, *map(with_property, numbers)) == ["bad_number"] * len(numbers)


def test_nul_and_lone_surrogates(wire: Wire) -> None:
    r"""Stored as U+FFFD in key, value and name; there is no mark `$sanitized`. A written `\\u0000` stays."""
    row = stored(
        wire, rb'{"event":"n\u0000m","distinct_id":"\ud800","properties":{"a":"\\u0000\udc00","b\ud800":1}}'
    )
    assert (row["event"], row["distinct_id"], row["a"]) == ("n\ufffdm", "\ufffd", "\\u0000\ufffd")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"event":"\xff"}', "not_utf8"),
        (b'{"event":"\xed\xa0\x80"}', "not_utf8"),
        ('{"event":"e"}'.encode("utf-16"), "not_utf8"),
        (b"\xef\xbb\xbf" + GOOD, "not_json"),
        (b"", "empty_body"),
        (b"  \r\n", "empty_body"),
        (b"7", "not_an_event"),
        (b'"text"', "not_an_event"),
        (b"null", "not_an_event"),
        (b'{"event":"e"', "not_json"),
        (b'{"event":"e"}}', "not_json"),
        (b'{"event":"a\x00b"}', "not_json"),
    ],
)
def test_utf8_bom_and_scalars(wire: Wire, body: bytes, code: str) -> None:
    assert refused(wire, body) == (400, code)


def test_an_empty_array(wire: Wire) -> None:
    """202 of nothing, not 400: a client that flushes an empty queue has done nothing wrong."""
    heard = wire.ask(wire.request(b"[]"))
    assert (heard.status, heard.json) == (202, {"accepted": 0, "rejected": []})


def test_duplicate_keys(wire: Wire) -> None:
    """The last wins, as in every parser a client is likely to have; not 400."""
    assert stored(wire, b'{"event":"first","event":"last","properties":{"a":1,"a":2}}')["a"] == "2"


def test_wrong_types(wire: Wire) -> None:
    """Verdicts, not 400."""
    events = [{"event": 3}, {"event": "e", "properties": []}, [], 3, None, {"event": "e", "timestamp": {}}]
    codes = ["wrong_type", "wrong_type", *["not_an_object"] * 3, "wrong_type"]
    assert verdicts(wire, *events) == codes


def test_10_000_keys_and_a_key_of_1_mb(wire: Wire) -> None:
    """Verdicts. A key over 200 characters is stored; one of 1 MB makes the event too large."""
    keys = json.dumps({"event": "e", "properties": {str(i): i for i in range(10_000)}}).encode()
    assert verdicts(wire, keys, with_property(b"1", b"k" * 2**20)) == ["too_many_keys", "too_large"]
    assert wire.ask(wire.request(with_property(b"1", b"k" * 201))).status == 202


def test_customer_id_over_200_characters(wire: Wire) -> None:
    assert verdicts(wire, with_property(b'"' + b"c" * 201 + b'"', b"customer_id")) == ["too_long"]
    assert stored(wire, with_property(b'"' + b"c" * 200 + b'"', b"customer_id"))["c"] == "c" * 200


def test_timestamps(wire: Wire) -> None:
    """Absent, naive (UTC) and leap seconds pass; `sent_at` corrects a wrong clock, without a mark."""
    now = datetime.now(UTC)
    outside = [now - timedelta(days=91), now + timedelta(hours=25), datetime(9999, 12, 31, tzinfo=UTC)]
    events: list[Any] = [{"event": "e", "timestamp": moment.isoformat()} for moment in outside]
    assert verdicts(wire, *events, {"event": "e", "timestamp": "soon"}) == [
        *["timestamp_out_of_window"] * 3,
        "bad_timestamp",
    ]
    leap = (now - timedelta(days=1)).strftime("%Y-%m-%dT23:59:60Z")
    for fine in ({}, {"timestamp": now.replace(tzinfo=None).isoformat()}, {"timestamp": leap}):
        assert wire.ask(wire.request(json.dumps({"event": "e", **fine}).encode())).json["accepted"] == 1


# The rest of the table, and where it is tested.
ELSEWHERE = {
    "unknown key, another project's key": "test_accept_senders.py::test_unknown_key_or_another_project",
    "Idempotency-Key": "test_accept_senders.py::test_idempotency_key",
    "quota exceeded": "test_accept_senders.py::test_quota_exceeded",
    "the client leaves": "test_accept_senders.py::test_a_client_that_leaves_before_the_answer_may_retry",
    "200 slow bodies": "test_web_server.py::test_two_hundred_slow_bodies_stop_nobody_and_end_in_408",
    "200 slow headers": "test_accept_http.py::test_slow_headers_and_silent_sockets_end",
    "half-closed sockets": "test_accept_http.py::test_a_half_closed_socket_ends_and_its_retry_is_stored_once",
    "the durable append": "test_ingest_outages.py",
    "customer_id cardinality explosion": "test_rollups.py",
    "revoked key": "test_ingest_refusals.py::test_a_revoked_key",
    "key revoked in flight": "test_keys_outages.py",
    "same event_id re-sent, hours later, concurrent": "test_exactly_once.py",
    "quota exceeded, of a month": "test_ingest_limits.py::test_a_month",
    "overload": "test_ingest_stream.py::test_the_backlog_is_bounded",
    "SIGTERM of web": "test_web_server.py::"
    "test_a_request_that_is_being_sent_is_answered_before_the_server_stops",
    "SIGKILL of web": "test_chaos.py",
}


@pytest.mark.parametrize("row", ELSEWHERE)
def test_the_rest_of_the_table_is_tested(row: str) -> None:
    file, _, name = ELSEWHERE[row].partition("::")
    source = (Path(__file__).parent / file).read_text()
    assert f"def {name}(" in source if name else "def test_" in source
