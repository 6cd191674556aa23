"""Requests that were refused whole: counted by project and reason, never part of the accounting."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentry import valkey
from agentry.accounts.models import Project
from analytics.ingest import pace, refused
from tests.ingest_client import URL, Sender, counts

BAD: list[tuple[bytes, dict[str, str], str]] = [
    (b"", {}, "empty_body"),
    (b"\xff", {}, "not_utf8"),
    (b"{", {}, "not_json"),
    (b"7", {}, "not_an_event"),
    (b"[" + b"{}," * 10_000 + b"{}]", {}, "too_many_events"),
    (gzip.compress(b"{}", mtime=0)[:-4], {"content_encoding": "gzip"}, "bad_compression"),
    (b"{}", {"content_encoding": "br"}, "unsupported_encoding"),
    (b"{}", {"idempotency_key": "k" * 1_000}, "bad_idempotency_key"),
]


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


def test_each_is_counted_by_its_code_and_none_as_an_event(sender: Sender, project: Project) -> None:
    for body, headers, code in BAD:
        assert json.loads(sender.send(body, **headers).content)["error"]["code"] == code
    sender.send(b"{")
    sender.send(b"{}", url=f"{URL}?wait=perhaps")
    found = refused.of_project(project.pk)
    assert {one.code: one.requests for one in found} == {
        **{code: 1 for _, _, code in BAD},
        "not_json": 2,
        "bad_wait": 1,
    }
    assert found[0].code == "not_json"
    assert all(abs(one.at / 1000 - time.time()) < 60 for one in found)
    assert counts() == {}


def test_nobody_is_counted_for_a_key_that_opens_nothing(sender: Sender, project: Project) -> None:
    assert Sender("agd_" + "x" * 32).send(b"{").status_code == 401
    assert refused.by_project() == {}
    assert sender.send(b"{", url="/v1/analytics/other/").status_code == 404
    assert refused.by_project() == {(project.pk, "wrong_project"): 1}  # by the key, whatever the address says


def test_posthogs_endpoints_count_too(sender: Sender, project: Project, dsn: str) -> None:
    body: dict[str, Any] = {"api_key": dsn, "batch": 7}
    assert sender.send(body, url="/batch/").status_code == 400
    assert sender.send(b"{", url="/i/v1/analytics/events").status_code == 400
    assert {one.code: one.requests for one in refused.of_project(project.pk)} == {
        "not_an_event": 1,
        "not_json": 1,
    }


def test_what_the_front_refuses_is_counted_with_a_valid_key_only(project: Project, dsn: str) -> None:
    good, path = f"Bearer {dsn}".encode(), URL.encode()
    refused.note_unread(path, good, "body_too_large")
    refused.note_unread(path.rstrip(b"/"), good, "body_too_large")
    refused.note_unread(path, b"Bearer agd_" + b"x" * 32, "body_too_large")
    refused.note_unread(b"/v1/analytics/other/", good, "body_too_large")
    refused.note_unread(b"/v1/analytics/default/query/", good, "body_too_large")
    assert refused.by_project() == {(project.pk, "body_too_large"): 2}


def test_without_valkey_the_refusal_is_still_answered(
    sender: Sender, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.send({"event": "e"})  # the key is known

    nowhere = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(valkey, "client", lambda: nowhere)
    assert sender.send(b"{").status_code == 400


def test_events_are_counted_by_minute(sender: Sender, project: Project) -> None:
    now = int(time.time() * 1000)
    assert pace.last_received(project.pk) is None
    sender.send([{"event": "e"}, {"event": ""}, {"event": ""}])
    sender.send({"event": "e"})
    minutes = pace.last_hour(project.pk, now)
    # The test may run over the end of a minute.
    minutes += pace.last_hour(project.pk, now + 60_000)[-1:]
    assert len(minutes) == 61
    assert sum(minute.received for minute in minutes) == 4
    assert sum(minute.rejected for minute in minutes) == 2
    assert sum(minute.received for minute in minutes[:-2]) == 0
    last = pace.last_received(project.pk)
    assert last is not None
    assert 0 <= last - now < 60_000
    assert pace.last_hour(project.pk + 1, now)[-1].received == 0
    ttl = valkey.client().ttl(pace.hour_name(project.pk, last))
    assert 3600 < ttl <= pace.KEPT_SECONDS


def test_minutes_run_across_the_hour(project: Project) -> None:
    hour = 3_600_000
    begun = int(time.time() * 1000) // hour * hour
    client = valkey.client()
    client.hset(pace.hour_name(project.pk, begun - hour), mapping={"59": 3, "5": 7, "59r": 1})
    client.hset(pace.hour_name(project.pk, begun), mapping={"0": 2, "59": 100})
    minutes = pace.last_hour(project.pk, begun + 30_000)
    assert [minute.received for minute in minutes if minute.received] == [7, 3, 2]
    assert (minutes[-1], minutes[-2]) == (pace.Minute(begun, 2, 0), pace.Minute(begun - 60_000, 3, 1))
