"""PostHog's capture endpoints: the shapes its SDKs send, the answers they expect."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from agentry.accounts.models import Project
from analytics.ingest.stream import recent_rejects
from tests.ingest_client import Answer, backlog, counts, error, waiting
from tests.write_events import assert_accounted, drain_all, stored

UUID = "0aa1b0d6-9f3c-4c6e-8a53-3f2d8e9a7c11"
EVENT = {"event": "api_request", "distinct_id": "acme", "uuid": UUID, "properties": {"customer_id": "acme"}}


class PostHog:
    """POSTs as an SDK does, with a key in the body."""

    def __init__(self, dsn: str) -> None:
        self.key, self.client = dsn, Client()

    def post(self, body: object, path: str = "/batch/", **headers: str) -> Answer:
        """`body` is bytes, or what JSON can say."""
        sent = {"user-agent": "posthog-python/7.91.1", **headers}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.client.post(path, data, content_type="application/json", headers=sent)
        return Answer(response.status_code, response.content, dict(response.headers))

    def batch(self, *events: object, **envelope: object) -> Answer:
        return self.post({"api_key": self.key, "batch": events, **envelope})


@pytest.fixture
def posthog(dsn: str) -> PostHog:
    return PostHog(dsn)


def test_a_batch_is_accepted_with_verdicts(posthog: PostHog) -> None:
    answer = posthog.batch(EVENT, {"distinct_id": "acme"}, {"event": "b", "distinct_id": 12})
    assert answer.status_code == 200, "the SDK for Python takes 202 for a failure"
    assert answer.json()["accepted"] == 2
    assert [(bad["index"], bad["code"]) for bad in answer.json()["rejected"]] == [(1, "missing_event")]
    first, second = waiting()
    assert (first.uuid, first.customer_id, first.distinct_id) == (UUID, "acme", "acme")
    assert second.distinct_id == "12"
    assert (counts(), backlog()) == ({"received:": 3, "rejected:missing_event": 1}, 2)


@pytest.mark.parametrize("path", ["/batch/", "/batch", "/capture/", "/capture", "/i/v0/e/", "/i/v0/e", "/e/"])
def test_every_address_takes_one_event_and_a_batch(posthog: PostHog, path: str) -> None:
    one = posthog.post({"api_key": posthog.key, "event": "one", "properties": {"distinct_id": "acme"}}, path)
    many = posthog.post({"token": posthog.key, "batch": [EVENT]}, path)
    assert (one.status_code, many.status_code) == (200, 200)
    assert [(event.event, event.distinct_id) for event in waiting()] == [
        ("one", "acme"),
        ("api_request", "acme"),
    ]


def test_gzip(posthog: PostHog) -> None:
    body = gzip.compress(json.dumps({"api_key": posthog.key, "batch": [EVENT]}).encode())
    assert posthog.post(body, **{"content-encoding": "gzip"}).json()["accepted"] == 1
    assert error(posthog.post(body[:-9], **{"content-encoding": "gzip"})) == (400, "bad_compression")


def test_peoples_properties_are_kept_where_posthog_keeps_them(posthog: PostHog) -> None:
    posthog.batch({"event": "$set", "distinct_id": "acme", "$set": {"plan": "pro"}, "$set_once": {"a": 1}})
    posthog.batch({"event": "$set", "properties": {"$set": {"own": 1}}, "$set": {"plan": "pro"}})
    assert [json.loads(event.rest or "") for event in waiting()] == [
        {"$set": {"plan": "pro"}, "$set_once": {"a": 1}},
        {"$set": {"own": 1}},
    ]


def test_the_clock_is_put_right_by_the_bodys_sent_at(posthog: PostHog) -> None:
    """A clock an hour slow; and the time of a retry, whose sent_at differs, is the first one's."""
    now = time.time() - 3600
    moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now - 60))
    for late in (0, 2):
        sent_at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now + late))
        posthog.batch(EVENT | {"timestamp": moment}, sent_at=sent_at)
    first, retry = waiting()
    assert abs(first.timestamp / 1000 - (time.time() - 60)) < 10
    assert first.floating and retry.floating


def test_a_retry_is_stored_once(posthog: PostHog, project: Project, transactional_db: None) -> None:
    for second in (1, 2):
        posthog.batch(EVENT | {"timestamp": time.time()}, sent_at=f"2026-11-29T00:00:0{second}Z")
        drain_all()
    assert stored() == {UUID: 1}
    assert_accounted(project, received=2, stored=1, duplicate=1)


@pytest.mark.parametrize("key", ["", "phc_abc", "agd_" + "x" * 32, "agt_" + "x" * 32, 3, None, {"a": []}])
def test_a_wrong_key(posthog: PostHog, key: object) -> None:
    answer = posthog.post({"api_key": key, "batch": [EVENT]})
    assert error(answer) == (401, "unauthorized")
    assert "project API key" in answer.json()["error"]["hint"]
    assert backlog() == 0


def test_the_key_is_not_shown_among_the_rejected(posthog: PostHog, project: Project) -> None:
    posthog.post({"api_key": posthog.key, "event": "", "properties": {"token": posthog.key}}, "/i/v0/e/")
    (reject,) = recent_rejects(project.pk)
    assert reject["code"] == "missing_event" and posthog.key not in json.dumps(reject)


def test_the_key_may_stand_in_the_address(posthog: PostHog) -> None:
    assert posthog.post({"batch": [EVENT]}, f"/batch/?api_key={posthog.key}").status_code == 200
    assert posthog.post(EVENT, f"/i/v0/e/?token={posthog.key}").status_code == 200
    assert error(posthog.post({"batch": [EVENT]})) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "empty_body"),
        (b"{", 400, "not_json"),
        (b'{"batch": [NaN], "api_key": "KEY"}', 400, "not_json"),
        (b"[]", 400, "not_an_object"),
        (b"3", 400, "not_an_object"),
        (b'{"batch": ' + b"[" * 100_000, 400, "too_deep"),
        (b'{"api_key": "KEY", "batch": 3}', 400, "not_an_event"),
        (b'{"api_key": "KEY", "batch": null}', 400, "not_an_event"),
        (b'{"api_key": "KEY", "batch": [{"event": "\xff"}]}', 400, "not_utf8"),
        (b'{"api_key": "KEY", "event": "\xff"}', 400, "not_utf8"),
        (b'{"api_key": "\xff", "batch": []}', 400, "not_utf8"),
        (b'{"api_key": "KEY", "batch": [' + b"{}," * 10_000 + b"{}]}", 413, "too_many_events"),
    ],
)
def test_what_cannot_be_read(posthog: PostHog, body: bytes, status: int, code: str) -> None:
    assert error(posthog.post(body.replace(b"KEY", posthog.key.encode()))) == (status, code)
    assert backlog() == 0


def test_a_lone_surrogate_spoils_nothing(posthog: PostHog) -> None:
    """json.dumps and JSON.stringify both escape one that stands in a string."""
    answer = posthog.batch(EVENT | {"properties": {"name": "a\ud800b", "nul": "\0"}}, {"event": "b"})
    assert answer.json()["accepted"] == 2
    assert json.loads(waiting()[0].rest or "") == {"name": "a�b", "nul": "�"}


def test_a_number_beyond_a_float_is_a_verdict(posthog: PostHog) -> None:
    batch = b'[{"event": "a", "properties": {"n": 1e999}}, {"event": "b"}]'
    answer = posthog.post(b'{"batch": %b, "api_key": "%b"}' % (batch, posthog.key.encode())).json()
    assert (answer["accepted"], answer["rejected"][0]["code"]) == (1, "bad_number")


def test_other_refusals_have_the_one_shape(posthog: PostHog, monkeypatch: pytest.MonkeyPatch) -> None:
    assert error(posthog.post({}, **{"user-agent": ""})) == (403, "user_agent_required")
    for path in ("/i/v0/nothing", "/flags/?v=4"):
        assert error(posthog.post({}, path)) == (404, "not_found")
    assert posthog.client.get("/batch/").json()["error"]["code"] == "method_not_allowed"
    monkeypatch.setattr(settings, "BACKLOG_EVENTS", 0)
    answer = posthog.batch(EVENT)
    assert error(answer) == (503, "overloaded") and int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("properties", [3, [], "x"])
def test_properties_that_are_none(posthog: PostHog, properties: Any) -> None:
    answer = posthog.batch({"event": "a", "properties": properties, "$set": {}})
    assert answer.json()["rejected"][0]["code"] == "wrong_type"
