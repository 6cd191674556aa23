"""An event's row: what COPY reads, and what a dead letter gives back."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.ingest.batch import judge
from analytics.ingest.decode import Sent, judged_as, sent_as
from analytics.ingest.event import AcceptedEvent, Entry, from_row, to_row
from analytics.ingest.ordinary import accept, ordinary
from analytics.ingest.times import Clock

CLOCK = Clock.at(1_800_000_000_000, 90)
texts = st.text(st.characters(codec="utf-8") | st.sampled_from("\\\t\n\r\x01N\0."))
maybe = st.none() | texts
accepted = st.builds(
    AcceptedEvent,
    uuid=texts,
    timestamp=st.integers(-(2**62), 2**62),
    floating=st.booleans(),
    event=texts,
    distinct_id=texts,
    customer_id=maybe,
    endpoint=maybe,
    method=maybe,
    plan=maybe,
    status=st.none() | st.integers(-(2**31), 2**31 - 1),
    latency_ms=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    bytes=st.none() | st.integers(-(2**63), 2**63 - 1),
    rest=maybe,
)


@given(accepted)
def test_a_row_gives_back_the_event(event: AcceptedEvent) -> None:
    row = to_row(event).encode()
    assert row.count(b"\n") == 1 and b"\r" not in row and row.count(b"\t") == 12
    found = from_row(row)
    assert found == event
    assert repr(found.latency_ms) == repr(event.latency_ms)


ORDINARY = {"customer_id": "acme", "endpoint": "/v1", "method": "GET", "plan": "pro", "status": 200}
ORDINARY |= {"latency_ms": 1.5, "bytes": 7, "region": "eu", "score": 2.5}
integers = st.sampled_from([0, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400])
values = st.one_of(
    *(st.none(), st.booleans(), integers, st.floats(allow_nan=False), texts, st.just("x" * 201)),
    *(st.just([1]), st.just({}), st.dictionaries(texts, texts, min_size=1, max_size=2)),
)
times = st.sampled_from(
    [
        *("2027-01-15T08:00:00Z", "2027-01-14T23:59:59.999999+05:45", "2027-01-15 08:00", "20270115T080000Z"),
        *("2027-01-15T08:00:60Z", "2027-01-15t08:00:00z", "1999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        *("", "x", CLOCK.received_at, CLOCK.received_at / 1000, None, True, -1),
    ]
)
UUID = "9b2e6ea0-0f3c-4d0c-9d1b-5b9f9a3f4f9e"
uuids = st.sampled_from(["", "X", UUID.upper(), f"{{{UUID}}}", 7])
# What is strange in an event: nothing, or one or two of its fields or properties.
strange_fields = st.one_of(
    st.tuples(st.sampled_from(["timestamp", "sent_at"]), times),
    st.tuples(st.just("uuid"), uuids),
    st.tuples(st.sampled_from(["event", "distinct_id", "properties", "other"]), values),
)
strange_properties = st.tuples(st.sampled_from(list(ORDINARY)), values) | st.tuples(
    st.sampled_from(["status", "latency_ms", "bytes"]), integers
)


@st.composite
def sent_events(draw: Any) -> dict[str, Any]:
    properties = ORDINARY | dict(draw(st.lists(strange_properties, max_size=2)))
    for name in draw(st.sets(st.sampled_from(list(ORDINARY)), max_size=2)):
        del properties[name]
    event = {"event": "e", "uuid": UUID, "timestamp": "2027-01-15T07:00:00Z", "properties": properties}
    return event | dict(draw(st.lists(strange_fields, max_size=1)))


def outcome(sent: Sent) -> Any:
    """What becomes of one event: it as it is written and the types of its properties, or its verdict."""
    batch = judge(1, [sent], CLOCK)
    if batch.rejected:
        return batch.rejected
    entry = msgspec.msgpack.decode(batch.entries[0][0], type=Entry)
    return from_row(entry.rows), entry.property_types, entry.days, entry.floating


@settings(max_examples=500)
@given(sent_events())
def test_the_short_way_of_ordinary_events_and_the_long_way_agree(event: dict[str, Any]) -> None:
    raw = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert outcome(judged_as(raw)) == outcome(sent_as(raw))


def test_the_walkthroughs_event_goes_the_short_way() -> None:
    properties = {
        "customer_id": "acme",
        "plan": "pro",
        "endpoint": "/v1/users/:id",
        "method": "GET",
        "status": 200,
    }
    event = {"event": "api_request", "distinct_id": "acme", "properties": {**properties, "latency_ms": 12.5}}
    found = ordinary(json.dumps(event).encode())
    assert found and accept(found, CLOCK, {})
