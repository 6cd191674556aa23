"""What the endpoint accepts, and how it is answered."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentry import valkey
from tests.ingest_client import URL, Sender, backlog, counts, entries, waiting

HONO = {
    "event": "api_request",
    "distinct_id": "acme_corp",
    "properties": {
        "customer_id": "acme_corp",
        "plan": "scale",
        "endpoint": "/v1/things/:id",
        "method": "GET",
        "ip_country": "DE",
    },
}


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


def test_the_walkthroughs_middleware_sends_an_event(sender: Sender) -> None:
    """JSON.stringify leaves out an undefined sdk_version."""
    event = sender.stored(json.dumps(HONO, separators=(",", ":")).encode())
    assert (event.event, event.distinct_id, event.customer_id) == ("api_request", "acme_corp", "acme_corp")
    assert (event.plan, event.endpoint, event.method) == ("scale", "/v1/things/:id", "GET")
    assert json.loads(event.rest or "") == {"ip_country": "DE"}
    assert entries()[0].property_types == {"ip_country": "String"}


def test_an_array_is_accepted_whole(sender: Sender) -> None:
    response = sender.send([HONO] * 3)
    assert (response.status_code, response.json()) == (202, {"accepted": 3, "rejected": []})
    assert len({event.uuid for event in waiting()}) == 3
    assert (counts(), backlog()) == ({"received:": 3}, 3)


def test_the_address_works_without_its_slash(sender: Sender) -> None:
    assert sender.send(HONO, URL.rstrip("/")).status_code == 202


def test_an_empty_array_is_no_error(sender: Sender) -> None:
    assert sender.send([]).json() == {"accepted": 0, "rejected": []}
    assert (entries(), counts()) == ([], {})


@pytest.mark.parametrize(
    "type", ["application/x-ndjson", "application/ndjson; charset=utf-8", "application/jsonl", "text/plain"]
)
def test_ndjson_by_its_type_or_by_its_lines(sender: Sender, type: str) -> None:
    body = b'{"event":"a"}\r\n\n  {"event":"b"}\n{"event":"c"}\n\n'
    assert sender.send(body, type=type).json() == {"accepted": 3, "rejected": []}
    assert [event.event for event in waiting()] == ["a", "b", "c"]


def test_a_broken_line_of_ndjson_is_a_verdict_on_that_line(sender: Sender) -> None:
    lines = [b'{"event":"a"}', b"[" * 100_000, b"nonsense", b"3", b"NaN", b'{"event":"b"', b'{"event":"c"}']
    answer = sender.send(b"\n".join(lines), type="application/x-ndjson").json()
    assert answer["accepted"] == 2
    verdicts = [(verdict["index"], verdict["code"]) for verdict in answer["rejected"]]
    assert verdicts == [
        (1, "too_deep"),
        (2, "not_json"),
        (3, "not_an_object"),
        (4, "not_json"),
        (5, "not_json"),
    ]
    broken = b'{"event":"a"}\n{"event":\n{"event":"b"}'
    assert sender.send(broken).json()["accepted"] == 2


def test_one_object_over_several_lines_is_one_event(sender: Sender) -> None:
    assert sender.stored(b'{"event":"a","properties":\n{"plan":\n{}}}').event == "a"
    assert sender.stored(json.dumps(HONO, indent=2).encode(), type="text/plain").plan == "scale"


@pytest.mark.parametrize("name", ["gzip", "GZIP", "x-gzip", "zstd", "identity", ""])
def test_encodings(sender: Sender, name: str) -> None:
    body = json.dumps(HONO).encode()
    if "gzip" in name.lower():
        body = gzip.compress(body)
    elif name == "zstd":
        body = zstandard.compress(body)
    assert sender.stored(body, content_encoding=name).customer_id == "acme_corp"


def test_several_members_and_frames_are_one_body(sender: Sender) -> None:
    parts = [b'[{"event":"a"},', b"", b'{"event":"b"}]']
    gzipped = b"".join(gzip.compress(part) for part in parts)
    assert sender.send(gzipped, content_encoding="gzip").json()["accepted"] == 2
    framed = b"".join(zstandard.compress(part) for part in parts)
    assert sender.send(framed, content_encoding="zstd").json()["accepted"] == 2


def test_a_large_request_is_cut_into_even_entries(sender: Sender) -> None:
    assert sender.send([{"event": "a"}] * 2_500).json()["accepted"] == 2_500
    assert [entry.rows.count(b"\n") for entry in entries()] == [1_000, 1_000, 500]
    large = {"event": "b", "properties": {"text": "x" * 200_000}}
    assert sender.send([large] * 12).json()["accepted"] == 12
    assert [entry.rows.count(b"\n") for entry in entries()[3:]] == [5, 5, 2]
    assert backlog() == 2_512


def test_received_is_accepted_plus_rejected(sender: Sender) -> None:
    bad: list[Any] = [{"event": ""}, {"event": 3}, {"event": ""}, 7]
    answer = sender.send([HONO, *bad, HONO]).json()
    assert answer["accepted"] == 2 and [verdict["index"] for verdict in answer["rejected"]] == [1, 2, 3, 4]
    assert counts() == {
        "received:": 6,
        "rejected:missing_event": 2,
        "rejected:wrong_type": 1,
        "rejected:not_an_object": 1,
    }
    assert backlog() == 2


def test_types_are_those_first_seen(sender: Sender) -> None:
    sent = [{"a": None, "b": 1, "c": True}, {"a": [1], "b": "x", "status": "timeout"}, {"x" * 300: 1}]
    sender.send([{"event": "e", "properties": properties} for properties in sent])
    assert entries()[0].property_types == {"b": "Numeric", "c": "Boolean", "a": "String"}


def test_the_number_of_typed_names_is_bounded(sender: Sender) -> None:
    sender.send([{"event": "e", "properties": {f"{i}-{j}": 1 for j in range(300)}} for i in range(5)])
    assert len(entries()[0].property_types) == 1_000


# What a client sends can always be given back as it was.
numbers = st.integers() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
scalars = st.none() | st.booleans() | numbers | text
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=8)
names = st.sampled_from(
    ["customer_id", "endpoint", "method", "plan", "status", "latency_ms", "bytes", "other"]
)
columns = ["customer_id", "endpoint", "method", "plan", "status", "latency_ms", "bytes"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(names, scalars, max_size=8) | st.dictionaries(names, values, max_size=4))
def test_properties_are_kept_without_loss(sender: Sender, properties: dict[str, Any]) -> None:
    if type(properties.get("customer_id")) in (dict, list, float, int):
        properties["customer_id"] = 7  # others have verdicts
    valkey.client().flushdb()
    event = sender.stored({"event": "e", "properties": properties})
    promoted = {name: getattr(event, name) for name in columns if getattr(event, name) is not None}
    rest = json.loads(event.rest or "{}")
    assert not promoted.keys() & rest.keys()
    back = promoted | rest
    assert back == properties
    assert {name: type(back[name]) is bool for name in back} == {
        name: type(properties[name]) is bool for name in properties
    }
