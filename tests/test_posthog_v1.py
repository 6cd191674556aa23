"""PostHog's newer protocol: a result for every event, by its uuid."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from tests.ingest_client import Answer, backlog, error, waiting

UUIDS = [f"0aa1b0d6-9f3c-4c6e-8a53-3f2d8e9a7c1{digit}" for digit in range(3)]
PATH = "/i/v1/analytics/events"


def iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


def post(dsn: str, batch: object, **headers: str) -> Answer:
    sent = {
        "authorization": f"Bearer {dsn}",
        "user-agent": "posthog-node/5.70.0",
        "posthog-sdk-info": "posthog-node/5.70.0",
        "posthog-request-timestamp": iso(time.time()),
        **headers,
    }
    data = json.dumps({"created_at": iso(time.time()), "batch": batch}).encode()
    response = Client().post(PATH, data, content_type="application/json", headers=sent)
    return Answer(response.status_code, response.content, dict(response.headers))


def event(uuid: object, **values: Any) -> dict[str, Any]:
    own = {"event": "api_request", "uuid": uuid, "distinct_id": "acme", "timestamp": iso(time.time())}
    return {**own, "options": {}, "properties": {"customer_id": "acme"}, **values}


def test_every_event_has_a_result(dsn: str) -> None:
    batch = [event(UUIDS[0]), event(UUIDS[1], event=""), event(UUIDS[2])]
    answer = post(dsn, batch)
    assert answer.status_code == 200
    assert answer.json() == {
        "results": {
            UUIDS[0]: {"result": "ok"},
            UUIDS[1]: {"result": "drop", "details": "The event needs a name."},
            UUIDS[2]: {"result": "ok"},
        }
    }
    assert [one.uuid for one in waiting()] == [UUIDS[0], UUIDS[2]]


def test_an_event_is_stored_as_the_older_protocol_stores_it(dsn: str) -> None:
    slow = time.time() - 3600
    options = {"process_person_profile": False}
    sent = event(UUIDS[0], timestamp=iso(slow), options=options, session_id="s1")
    post(dsn, [sent], **{"posthog-request-timestamp": iso(slow)})
    (found,) = waiting()
    assert json.loads(found.rest or "") == {
        "$lib": "posthog-node",
        "$lib_version": "5.70.0",
        "$process_person_profile": False,
        "$session_id": "s1",
    }
    assert abs(found.timestamp / 1000 - time.time()) < 10 and found.floating


def test_events_that_are_none(dsn: str) -> None:
    assert post(dsn, [3, {"uuid": 4}, event(UUIDS[0], properties=None, options=3)]).json() == {
        "results": {UUIDS[0]: {"result": "ok"}}
    }


@pytest.mark.parametrize("key", ["", "agd_x", "phc_x"])
def test_a_wrong_key(db: None, key: str) -> None:
    assert error(post(key, [event(UUIDS[0])])) == (401, "unauthorized")
    assert backlog() == 0


def test_a_body_without_a_batch(dsn: str) -> None:
    assert error(post(dsn, None)) == (400, "not_an_event")
    assert Client().get(PATH).json()["error"]["code"] == "method_not_allowed"
    assert error(post(dsn, [], **{"user-agent": ""})) == (403, "user_agent_required")
    assert backlog() == 0
