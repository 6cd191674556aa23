"""Every line of a log is read as it stands, or refused with a code; lines keep their identity."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from analytics.imports import combined, logpush
from analytics.imports.source import LINE_BYTES, FileError, Source, line_uuid
from analytics.ingest.verdicts import Verdict

LINE = '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "{}" {} {} "-" "curl/8"'


def read(line: str) -> dict[str, Any]:
    return combined.read(line.encode())


def push(line: str, customer_field: str = "ClientIP") -> dict[str, Any]:
    return logpush.reader(customer_field)(line.encode())


def request(text: str) -> dict[str, Any]:
    properties: dict[str, Any] = read(LINE.format(text, 200, 5))["properties"]
    return {name: properties.get(name) for name in ("method", "endpoint")}


def test_a_combined_line_becomes_an_api_request() -> None:
    line = (
        r'::1 - bob [10/Oct/2000:13:55:36 -0730] "POST /v1/a?b=c HTTP/2.0" 201 99 "http://x/" "say \"hi\" \\"'
    )
    assert read(line) == {
        "event": "api_request",
        "distinct_id": "::1",
        "timestamp": 971_213_136_000,
        "properties": {
            "customer_id": "::1",
            "endpoint": "/v1/a",
            "method": "POST",
            "status": 201,
            "bytes": 99,
            "referer": "http://x/",
            "user_agent": 'say "hi" \\',
        },
    }


def test_a_dash_is_absent() -> None:
    properties = read(LINE.format("GET / HTTP/1.1", 304, "-"))["properties"]
    assert "bytes" not in properties
    assert "referer" not in properties
    assert properties["status"] == 304


def test_what_postgresql_cannot_store_is_replaced() -> None:
    raw = combined.read(
        LINE.format("GET / HTTP/1.1", 200, 5).encode().replace(b"curl/8", rb"a\x00b" + b"\0\xff")
    )
    assert raw["properties"]["user_agent"] == "a\ufffdb\ufffd\ufffd"
    pushed = push(json.dumps({**PUSHED, "ClientRequestUserAgent": "a\0b\ud800"}))
    assert pushed["properties"]["user_agent"] == "a\ufffdb\ufffd"


def test_the_common_format_and_trailing_fields_are_read() -> None:
    assert read(LINE.format("GET / HTTP/1.1", 200, 5).rsplit(' "-"', 1)[0])["properties"]["bytes"] == 5
    assert read(LINE.format("GET / HTTP/1.1", 200, 5) + ' 0.012 "10.0.0.1"')


@pytest.mark.parametrize(
    ("text", "method", "endpoint"),
    [
        ("GET /a b?c HTTP/1.1", "GET", "/a b"),
        ("GET /old", "GET", "/old"),
        ("GET http://api.test/p/q?z=1 HTTP/1.1", "GET", "/p/q"),
        ("GET http://api.test HTTP/1.1", "GET", "/"),
        ("GET ?x=1 HTTP/1.1", None, None),
        ("OPTIONS * HTTP/1.1", "OPTIONS", "*"),
        (r"GET /\xc3\xa9 HTTP/1.1", "GET", "/é"),
        (r"GET /say-\"hi\" HTTP/1.1", "GET", '/say-"hi"'),
        ("-", None, None),
        ("", None, None),
        (r"\x16\x03\x01\x02", None, None),
        (r"GET /\x00\x01 HTTP/1.1", None, None),
        ("SSH-2.0-Go", None, None),
    ],
)
def test_a_request_line_is_read_or_left_out(text: str, method: str | None, endpoint: str | None) -> None:
    assert request(text) == {"method": method, "endpoint": endpoint}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("no log at all", "not_combined_log"),
        ('{"event": "api_request"}', "not_combined_log"),
        (LINE.format("GET / HTTP/1.1", 200, 5)[:-30], "not_combined_log"),
        (LINE.format("GET / HTTP/1.1", 200, 5).replace("17/May", "31/Feb"), "bad_time"),
        (LINE.format("GET / HTTP/1.1", 200, 5).replace("10:05:03", "10:0x:03"), "bad_time"),
        ("1.2.3.4 - - " + '[aaaaaaaaaaaaaaaaaaaaaa] "x ' * 20_000, "not_combined_log"),  # in linear time
    ],
)
def test_what_is_no_combined_line_has_a_reason(line: str, code: str) -> None:
    with pytest.raises(Verdict) as refused:
        read(line)
    assert refused.value.code == code


PUSHED = {
    "ClientIP": "2001:db8::1",
    "ClientRequestMethod": "GET",
    "ClientRequestURI": "/v1/orders?page=2",
    "ClientRequestUserAgent": "sdk/1",
    "ClientCountry": "de",
    "EdgeResponseStatus": 200,
    "EdgeResponseBytes": 512,
    "EdgeStartTimestamp": "2026-05-16T13:42:00Z",
    "EdgeTimeToFirstByteMs": 42,
    "OriginResponseDurationMs": 0,
    "RayID": "8f00",
    "RequestHeaders": {"x-customer": "acme_corp"},
}


def test_a_logpush_line_becomes_an_api_request() -> None:
    assert push(json.dumps(PUSHED)) == {
        "event": "api_request",
        "distinct_id": "2001:db8::1",
        "timestamp": 1_778_938_920_000,
        "properties": {
            "customer_id": "2001:db8::1",
            "endpoint": "/v1/orders",
            "method": "GET",
            "status": 200,
            "bytes": 512,
            "latency_ms": 42,
            "user_agent": "sdk/1",
            "ip_country": "DE",
            "ray_id": "8f00",
        },
    }


@pytest.mark.parametrize(
    "at", [1_778_938_920, 1_778_938_920_000_000_000, "1778938920", "2026-05-16T15:42:00+02:00"]
)
def test_logpush_times_come_in_three_forms(at: object) -> None:
    raw = push(json.dumps({**PUSHED, "EdgeStartTimestamp": at}))
    assert raw["timestamp"] == 1_778_938_920_000


def test_the_customer_can_be_another_logpush_field() -> None:
    raw = push(json.dumps(PUSHED), "RequestHeaders.x-customer")
    assert (raw["distinct_id"], raw["properties"]["customer_id"]) == ("acme_corp", "acme_corp")
    anonymous = push(json.dumps({**PUSHED, "RequestHeaders": {}}), "RequestHeaders.x-customer")
    assert anonymous["distinct_id"] == "2001:db8::1"
    assert "customer_id" not in anonymous["properties"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "not_json"),
        ('{"EdgeStartTimestamp": NaN}', "not_json"),
        ("[1]", "not_an_object"),
        ('{"event": "api_request"}', "not_logpush"),
        ('{"ClientIP": "1.1.1.1"}', "bad_time"),
        ('{"ClientIP": "1.1.1.1", "EdgeStartTimestamp": "soon"}', "bad_time"),
        ('{"ClientIP": "1.1.1.1", "EdgeStartTimestamp": true}', "bad_time"),
        ('{"ClientIP": ' + "[" * 100_000 + "]" * 100_000 + "}", "too_deep"),
    ],
)
def test_what_is_no_logpush_line_has_a_reason(line: str, code: str) -> None:
    with pytest.raises(Verdict) as refused:
        push(line)
    assert refused.value.code == code


def written(directory: Path, name: str, data: bytes) -> list[tuple[int, bytes | None, str]]:
    (directory / name).write_bytes(data)
    return [(line.number, line.data, line_uuid(line.chain)) for line in Source(str(directory / name)).lines()]


def test_lines_keep_their_uuid_under_another_name_zipped_grown_and_on_windows(tmp_path: Path) -> None:
    lines = written(tmp_path, "a.log", b"one\ntwo\ntwo\n")
    assert [line[:2] for line in lines] == [(1, b"one"), (2, b"two"), (3, b"two")]
    assert len({uuid for _, _, uuid in lines}) == 3
    assert written(tmp_path, "b.gz", gzip.compress(b"one\ntwo\ntwo\n")) == lines
    assert written(tmp_path, "c.log", b"one\r\ntwo\r\ntwo") == lines
    assert written(tmp_path, "d.log", b"one\ntwo\ntwo\nthree\n")[:3] == lines
    other = written(tmp_path, "e.log", b"one\nTWO\ntwo\n")
    assert (other[0] == lines[0], other[1] == lines[1], other[2] == lines[2]) == (True, False, False)


def test_a_line_without_end_costs_no_memory_and_the_next_is_read(tmp_path: Path) -> None:
    lines = written(tmp_path, "long.log", b"x" * (3 * LINE_BYTES) + b"\nnext\n")
    assert [line[:2] for line in lines] == [(1, None), (2, b"next")]


def test_a_zip_that_breaks_off_is_one_clear_line(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b"line %d\n" % number for number in range(50_000)))
    with pytest.raises(FileError, match=r"cannot be read after line [\d,]+: "):
        written(tmp_path, "cut.gz", whole[: len(whole) // 2])


def test_the_tail_is_whole_lines(tmp_path: Path) -> None:
    data = b"".join(b"line %d\n" % number for number in range(100_000))
    for name, content in (("a.log", data), ("a.gz", gzip.compress(data))):
        (tmp_path / name).write_bytes(content)
        source = Source(str(tmp_path / name))
        tail = source.tail()
        assert tail[-1] == b"line 99999"
        assert tail[0].startswith(b"line ")
        assert next(source.lines()).data == b"line 0"
