"""Each thing that can be wrong with one event: its code, and the good events beside it are accepted."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from agentry.accounts.models import Project
from analytics.ingest.stream import recent_rejects
from tests.ingest_client import Sender, counts

NOW = datetime.now(UTC)  # of when the tests were gathered: hours before the last of them may run
KEYS = ("too_many_keys", "properties")
BOMB = b'{"event":"e","properties":{"a":%s}}'


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


def nested(levels: int) -> bytes:
    """An event of that many levels."""
    return BOMB % (b"[" * (levels - 2) + b"]" * (levels - 2))


@pytest.mark.parametrize(
    ("event", "code", "field"),
    [
        ({}, "missing_event", "event"),
        ({"event": None}, "missing_event", "event"),
        ({"event": ""}, "missing_event", "event"),
        ({"event": 3}, "wrong_type", "event"),
        ({"event": ["e"]}, "wrong_type", "event"),
        ({"event": "e" * 201}, "too_long", "event"),
        ({"event": "e", "distinct_id": 7}, "wrong_type", "distinct_id"),
        ({"event": "e", "distinct_id": {"id": 7}}, "wrong_type", "distinct_id"),
        ({"event": "e", "distinct_id": "d" * 201}, "too_long", "distinct_id"),
        ({"event": "e", "uuid": 7}, "wrong_type", "uuid"),
        ({"event": "e", "uuid": ""}, "bad_uuid", "uuid"),
        ({"event": "e", "uuid": "not-a-uuid"}, "bad_uuid", "uuid"),
        ({"event": "e", "uuid": f"{uuid.uuid4()}0"}, "bad_uuid", "uuid"),
        ({"event": "e", "uuid": f"{uuid.uuid4()}\n"}, "bad_uuid", "uuid"),
        ({"event": "e", "uuid": f"{{{uuid.uuid4()}"}, "bad_uuid", "uuid"),
        ({"event": "e", "uuid": f"{uuid.uuid4()}}}"}, "bad_uuid", "uuid"),
        ({"event": "e", "properties": []}, "wrong_type", "properties"),
        ({"event": "e", "properties": "p"}, "wrong_type", "properties"),
        ({"event": "e", "properties": {"customer_id": {"id": 1}}}, "wrong_type", "properties.customer_id"),
        ({"event": "e", "properties": {"customer_id": [1]}}, "wrong_type", "properties.customer_id"),
        ({"event": "e", "properties": {"customer_id": "c" * 201}}, "too_long", "properties.customer_id"),
        ({"event": "e", "properties": {"customer_id": 10**200}}, "too_long", "properties.customer_id"),
        ({"event": "e", "properties": {"customer_id": 1e250}}, "too_long", "properties.customer_id"),
        ({"event": "e", "properties": {str(i): i for i in range(513)}}, "too_many_keys", "properties"),
        ({"event": "e", "properties": {"a": [{str(i): i} for i in range(512)]}}, *KEYS),
        ({str(i): i for i in range(600)}, "too_many_keys", "properties"),
        (3, "not_an_object", None),
        (None, "not_an_object", None),
        ("event", "not_an_object", None),
        ([{"event": "e"}], "not_an_object", None),
    ],
)  # fmt: skip
def test_wrong_fields(sender: Sender, event: Any, code: str, field: str | None) -> None:
    verdict = sender.verdict(event)
    assert (verdict["code"], verdict["field"]) == (code, field)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (True, "wrong_type"),
        ([1], "wrong_type"),
        ({}, "wrong_type"),
        ("", "bad_timestamp"),
        ("yesterday", "bad_timestamp"),
        ("1763846400", "bad_timestamp"),
        ("2026-02-30T00:00:00Z", "bad_timestamp"),
        ("2026-05-16T25:00:00Z", "bad_timestamp"),
        ("9999-12-31T23:59:60Z", "bad_timestamp"),
        ("\ud800", "bad_timestamp"),
        ("9999-12-31T23:59:59-23:59", "timestamp_out_of_window"),
        ("0001-01-01T00:00:00+23:59", "timestamp_out_of_window"),
        ("1970-01-01", "timestamp_out_of_window"),
        ((NOW - timedelta(days=90, minutes=1)).isoformat(), "timestamp_out_of_window"),
        ((NOW + timedelta(hours=30)).isoformat(), "timestamp_out_of_window"),
        (0, "timestamp_out_of_window"),
        (-1, "timestamp_out_of_window"),
        (NOW.timestamp() * 1e6, "timestamp_out_of_window"),
        (10**300, "timestamp_out_of_window"),
        (-(10**300), "timestamp_out_of_window"),
        (1.7e308, "timestamp_out_of_window"),
    ],
    ids=map(str, count()),  # two of them are new each time, and test workers must agree on names
)
def test_wrong_timestamps(sender: Sender, value: Any, code: str) -> None:
    verdict = sender.verdict({"event": "e", "timestamp": value})
    assert (verdict["code"], verdict["field"]) == (code, "timestamp")
    if code != "timestamp_out_of_window":
        verdict = sender.verdict({"event": "e", "timestamp": NOW.isoformat(), "sent_at": value})
        assert (verdict["code"], verdict["field"]) == (code, "sent_at")


@pytest.mark.parametrize(
    ("number", "field"),
    [
        (b"1e999", "properties.a"),
        (b"-1e999", "properties.a"),
        (b"9" * 400, "properties.a"),
        (b"9" * 5_000, "properties.a"),
        (b"9" * 400 + b".5", "properties.a"),
        (b'{"b":[0,{"c":1e400}]}', "properties"),
    ],
)
def test_numbers_that_no_float_holds(sender: Sender, number: bytes, field: str) -> None:
    verdict = sender.verdict(BOMB % number)
    assert (verdict["code"], verdict["field"]) == ("bad_number", field)


def test_a_number_beyond_a_float_in_a_broken_line(sender: Sender) -> None:
    lines = b'{"event":"e"}\n{"a":1e999,"b":NaN}\n{"a":1e999,\n{"a":1e999}'
    answer = sender.send(lines, type="application/x-ndjson").json()
    assert [verdict["code"] for verdict in answer["rejected"]] == ["not_json", "not_json", "bad_number"]


def test_levels(sender: Sender) -> None:
    assert sender.stored(nested(32)).rest
    for levels in (33, 100, 900):
        assert sender.verdict(nested(levels))["code"] == "too_deep"
        assert sender.send(nested(levels)).json()["rejected"][0]["code"] == "too_deep"
    brackets = BOMB % (b'["' + b"[{:" * 1_000 + rb"\"[[" + b'",{}]')
    assert sender.stored(brackets).rest
    unknown = b'{"event":"e","extra":' + b"[" * 32 + b"]" * 32 + b"}"
    assert sender.verdict(unknown)["code"] == "too_deep"


def test_size(sender: Sender) -> None:
    largest = BOMB % (b'"' + b"x" * (256 * 1024 - len(BOMB)) + b'"')
    assert len(largest) == 256 * 1024
    assert sender.stored(largest).rest
    assert sender.verdict(largest[:-3] + b'x"}}')["code"] == "too_large"
    assert sender.send(largest[:-3] + b'x"}}').json()["rejected"][0]["code"] == "too_large"
    tight = json.dumps({"event": "e", "properties": {str(i): i for i in range(512)}}).encode()
    assert sender.stored(tight).rest


def test_several_wrong_events_have_their_verdicts(sender: Sender) -> None:
    sent = [{"event": "a"}, {"event": ""}, {"event": "b"}, {"event": "c", "uuid": "x"}, {"event": 3}]
    answer = sender.send(sent).json()
    assert answer["accepted"] == 2
    assert [(verdict["index"], verdict["code"]) for verdict in answer["rejected"]] == [
        (1, "missing_event"),
        (3, "bad_uuid"),
        (4, "wrong_type"),
    ]


def test_nothing_accepted_is_still_an_answer(sender: Sender) -> None:
    for body in ({"event": ""}, [{"event": ""}] * 2):
        response = sender.send(body)
        assert response.status_code == 202 and response.json()["accepted"] == 0
    assert counts() == {"received:": 3, "rejected:missing_event": 3}


def test_verdicts_repeat_no_value(sender: Sender) -> None:
    for event in ({"event": "agd_secret" * 30}, {"event": "e", "uuid": "agd_secret"}):
        assert "agd_secret" not in json.dumps(sender.verdict(event))


def test_the_last_rejected_are_kept_to_be_looked_at(sender: Sender, project: Project) -> None:
    began = time.time()
    for start in range(0, 60, 10):
        sender.send([{"event": "", "n": start + i, "pad": "x" * 900} for i in range(10)])
    sender.send([{"event": 3, "key": f"agd_{'s' * 32}", "odd": "\x00"}])
    rejects = recent_rejects(project.pk)
    assert len(rejects) == 50
    newest, older = rejects[0], rejects[1]
    assert (newest["code"], newest["field"]) == ("wrong_type", "event")
    assert "agd_…" in newest["event"] and "sss" not in newest["event"]
    assert (newest["part"], older["part"]) == ("3", '""')
    assert '"n": 59' in older["event"] and len(older["event"]) == 500
    assert began - 1 < older["at"] / 1000 < time.time() + 1
    assert '"n": 11' in rejects[-1]["event"]


def test_one_request_does_not_push_out_what_others_were_refused_for(sender: Sender, project: Project) -> None:
    sender.send({"event": "e", "uuid": "x"})
    sender.send([{"event": ""}] * 500)
    rejects = recent_rejects(project.pk)
    assert [reject["code"] for reject in rejects] == ["missing_event"] * 10 + ["bad_uuid"]


@pytest.mark.parametrize(
    ("event", "part"),
    [
        ({"event": "e", "uuid": "no uuid"}, '"no uuid"'),
        ({"event": "e", "uuid": "x" * 500}, f'"{"x" * 120}…" of 500 characters'),
        ({"event": "e", "properties": {"customer_id": ["a", "b"]}}, "[…] with 2 elements"),
        ({"event": "e", "properties": "none"}, '"none"'),
        ({"event": "e", "properties": [1]}, "[…] with 1 element"),
        ({"event": {"a": 1}}, "{…} with 1 key"),
        ({"event": "e", "distinct_id": True}, "true"),
        ({"event": "e", "distinct_id": f"agd_{'s' * 300}"}, '"agd_……" of 304 characters'),
        ({"event": "e", "uuid": f"Bearer {'t' * 20}"}, '"Bearer …"'),
        ({"no": "name"}, None),
        ("text", '"text"'),
        (b"[" * 40 + b"]" * 40, None),
        (b'{"event": "e", "properties": {"n": 1e999}}', None),
    ],
)
def test_the_part_at_fault_is_kept_beside_the_event(
    sender: Sender, project: Project, event: object, part: str | None
) -> None:
    sender.verdict(event)
    assert recent_rejects(project.pk)[0]["part"] == part


def test_what_looks_like_a_secret_is_not_kept(sender: Sender, project: Project) -> None:
    secrets = {
        "password": "sss",
        "userPassword": 'ss\\"s',
        "api_key": "sss",
        "Authorization": "Bearer sss",
        "x-auth-token": 777,
        "headers": "authorization: Bearer sssssssss",
        "dsn": f"agd_{'s' * 32}",
        "secret": "sss" * 200,
    }
    sender.send({"properties": secrets})
    sender.send({"properties": {"api_key": "sss"} | {"customer_id": {"password": "sss"}}, "event": "e"})
    sender.send(b'{"api_key": "sss, "event": "e"}\n{"event": "e"}', type="application/x-ndjson")
    kept = recent_rejects(project.pk)
    assert len(kept) == 3
    for reject in kept:
        assert "ss" not in f"{reject['event']}{reject['part']}".replace("password", "").replace(
            "Password", ""
        )
        assert "777" not in reject["event"]
