"""What is stored of odd but valid input: times, uuids, NUL, lone surrogates, duplicate keys."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest.decode import events
from analytics.ingest.times import milliseconds
from tests.ingest_client import Sender

NOON = datetime.now(UTC).replace(microsecond=0, second=30, minute=15, hour=12) - timedelta(days=2)
NOON_MS = int(NOON.timestamp()) * 1000
HERE = timezone(timedelta(hours=-9, minutes=-30))


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (NOON.isoformat(), NOON_MS),
        (NOON.isoformat().replace("+00:00", "Z"), NOON_MS),
        (NOON.isoformat().replace("+00:00", "Z").lower(), NOON_MS),
        (NOON.replace(tzinfo=None).isoformat(), NOON_MS),
        (NOON.isoformat(" "), NOON_MS),
        (NOON.astimezone(HERE).isoformat(), NOON_MS),
        (NOON.replace(tzinfo=None).isoformat() + ".123456789Z", NOON_MS + 123),
        (NOON.replace(tzinfo=None).isoformat() + ".9999Z", NOON_MS + 999),
        (NOON.strftime("%Y-%m-%d"), NOON_MS - (12 * 3600 + 15 * 60 + 30) * 1000),
        (NOON.strftime("%Y-%m-%dT%H:%M:60Z"), NOON_MS + 30_000),
        (NOON_MS, NOON_MS),
        (NOON_MS + 0.7, NOON_MS),
        (NOON_MS // 1000, NOON_MS),
        (NOON_MS / 1000 + 0.001, NOON_MS + 1),
    ],
)
def test_timestamps(sender: Sender, value: Any, ms: int) -> None:
    event = sender.stored({"event": "e", "timestamp": value})
    assert (event.timestamp, event.floating) == (ms, False)


def test_the_edges_of_the_window_are_inside(sender: Sender) -> None:
    for edge in (timedelta(days=-90, minutes=1), timedelta(hours=23, minutes=59)):
        sender.stored({"event": "e", "timestamp": (datetime.now(UTC) + edge).isoformat()})


@given(st.floats(-9e10, 9e10))
def test_seconds_keep_their_milliseconds(seconds: float) -> None:
    assert abs(milliseconds(seconds, "timestamp") - seconds * 1000) <= 1.0


def test_the_server_chooses_a_missing_time_and_it_floats_only_with_a_clients_uuid(sender: Sender) -> None:
    chosen = str(uuid.uuid4())
    for event in ({"event": "e"}, {"event": "e", "timestamp": None, "uuid": None}):
        stored = sender.stored(event)
        assert abs(stored.timestamp - now_ms()) < 10_000 and not stored.floating
        assert uuid.UUID(stored.uuid).version == 4
    stored = sender.stored({"event": "e", "uuid": chosen})
    assert (stored.uuid, stored.floating) == (chosen, True)


def test_sent_at_corrects_a_wrong_clock(sender: Sender) -> None:
    """A device whose clock says 1970 sends an event of five seconds ago."""
    stored = sender.stored({"event": "e", "timestamp": 1, "sent_at": "1970-01-01T00:00:06Z"})
    assert abs(stored.timestamp - (now_ms() - 5_000)) < 10_000 and not stored.floating
    corrected = {"event": "e", "timestamp": NOON_MS, "sent_at": NOON_MS, "uuid": str(uuid.uuid4())}
    assert sender.stored(corrected).floating
    assert sender.verdict({"event": "e", "timestamp": NOON_MS, "sent_at": 1_000})["code"] == (
        "timestamp_out_of_window"
    )


@pytest.mark.parametrize(
    "form", [str.upper, lambda text: text.replace("-", ""), "{{{}}}".format, "URN:UUID:{}".format]
)
def test_a_uuid_has_one_form(sender: Sender, form: Any) -> None:
    chosen = str(uuid.uuid4())
    assert sender.stored({"event": "e", "uuid": form(chosen)}).uuid == chosen


def test_nul_and_lone_surrogates_become_the_replacement_character(sender: Sender) -> None:
    odd = rb'{"event":"a\u0000b","distinct_id":"\ud800x","properties":{'
    odd += rb'"customer_id":"\udC00","k\u0000":["\uDBFF"],'
    odd += rb'"text":"\\ud800 \\u0000 \ud83d\ude00 \n","plan":"\ud83d\ud83d\ude00"}}'
    for body in (odd, b"[" + odd + b"]", odd + b"\n" + b" "):
        event = sender.stored(body)
        assert (event.event, event.distinct_id, event.customer_id) == ("a\ufffdb", "\ufffdx", "\ufffd")
        assert event.plan == "\ufffd\U0001f600"
        assert json.loads(event.rest or "") == {
            "k\ufffd": ["\ufffd"],
            "text": "\\ud800 \\u0000 \U0001f600 \n",
        }


def test_a_lone_surrogate_does_not_touch_the_events_beside_it(sender: Sender) -> None:
    body = (
        rb'[ {"event":"a"} , {"event":"\ud800", "n":"\\\ud800"},' + b'\n{"event":"\xe2\x82\xac"}, 1e999 ,{}]'
    )
    answer = sender.send(body).json()
    assert answer["accepted"] == 3
    assert [(verdict["index"], verdict["code"]) for verdict in answer["rejected"]] == [
        (3, "bad_number"),
        (4, "missing_event"),
    ]


def test_the_last_of_duplicate_keys_wins(sender: Sender) -> None:
    pairs = b'"plan":"a","plan":"b","x":1,"x":[]'
    for twist in (b"", rb',"odd":"\ud800"'):
        event = sender.stored(
            b'{"event":"first","event":"e","properties":{"y":1},"properties":{' + pairs + twist + b"}}"
        )
        assert (event.event, event.plan) == ("e", "b")
        assert json.loads(event.rest or "")["x"] == [] and "y" not in json.loads(event.rest or "")


def test_what_is_null_is_left_out_except_in_properties(sender: Sender) -> None:
    sent = dict.fromkeys(["distinct_id", "uuid", "timestamp", "sent_at", "properties"]) | {"event": "e"}
    event = sender.stored(sent)
    assert (event.distinct_id, event.rest) == ("", None)
    nothing = dict.fromkeys(
        ["customer_id", "endpoint", "method", "plan", "status", "latency_ms", "bytes", "x"]
    )
    event = sender.stored({"event": "e", "properties": nothing})
    assert json.loads(event.rest or "") == nothing


characters = st.characters(codec=None) | st.sampled_from('\\"u0d8c\0\ud800\udc00\n')


@given(st.lists(st.text(characters), min_size=1))
def test_every_text_is_repaired_as_its_parsed_value_would_be(texts: list[str]) -> None:
    raw = json.dumps(texts).encode()
    repaired = [sent.value for sent in events(raw)]
    assert repaired == [
        "".join(
            "\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in json.loads(json.dumps(text))
        )
        for text in texts
    ]
