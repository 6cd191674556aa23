"""Limits of projects and keys: never passed, however many send at once; refused whole, with when to come."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentry import valkey
from agentry.accounts import keystore, limits
from agentry.accounts.keys import issue_dsn_key
from agentry.accounts.keystore import Limit
from agentry.accounts.models import DsnKey, Project, User
from agentry.errors import AgentryError
from analytics.ingest import rates
from analytics.ingest.batch import judge
from analytics.ingest.decode import events
from analytics.ingest.stream import append
from analytics.ingest.times import Clock
from tests.ingest_client import Answer, Sender, backlog, counts, error

GOOD = {"event": "e"}
FIELDS = {"RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}


@pytest.fixture(autouse=True)
def _new_process() -> None:
    keystore.forget()


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


def limit(holder: Project | DsnKey, **wanted: int | None) -> None:
    """As a page or the API changes it; another process believes what it heard for two seconds."""
    limits.change(holder, wanted, None)
    keystore.forget()
    valkey.client().flushdb()


def left(answer: Answer) -> int:
    return int(answer.headers["RateLimit-Remaining"])


def test_without_limits_there_are_no_fields_and_nothing_is_kept(sender: Sender) -> None:
    answer = sender.send(GOOD)
    assert not FIELDS & answer.headers.keys()
    assert not list(valkey.client().scan_iter("ingest:rate:*")) + list(
        valkey.client().scan_iter("ingest:month:*")
    )


def test_events_a_second(sender: Sender, project: Project) -> None:
    limit(project, events_per_second=1)
    first = sender.send([GOOD] * 7)
    assert first.status_code == 202 and left(first) == 3
    refused = sender.send([GOOD] * 4)
    assert error(refused) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 2
    assert (left(refused), backlog()) == (3, 7), "what is refused takes nothing out"
    assert sender.send([GOOD] * 3).status_code == 202
    assert counts() == {"received:": 14, "rejected:rate_limited": 4}


def test_what_is_taken_comes_back_with_time(sender: Sender, project: Project) -> None:
    limit(project, events_per_second=20)
    assert sender.send([GOOD] * 200).status_code == 202
    refused = sender.send([GOOD] * 10)
    assert error(refused) == (429, "rate_limited") and refused.headers["Retry-After"] == "1"
    time.sleep(1.05)
    assert sender.send([GOOD] * 10).status_code == 202


def test_requests_a_second_count_requests_of_nothing_too(sender: Sender, project: Project) -> None:
    limit(DsnKey.objects.get(), requests_per_second=1)
    for number in range(10):
        answer = sender.send([GOOD] * 50 if number % 2 else {"event": ""})
        assert answer.status_code == 202 and left(answer) == 9 - number
    assert error(sender.send(GOOD)) == (429, "rate_limited")
    assert error(sender.send(b"{")) == (400, "not_json"), "what cannot be read needs none"


def test_a_month(sender: Sender, project: Project) -> None:
    limit(project, events_per_month=5)
    assert sender.send([GOOD, {"event": ""}, GOOD]).status_code == 202
    assert limits.used(project) == 2
    refused = sender.send([GOOD] * 4)
    assert error(refused) == (429, "quota_exceeded")
    assert int(refused.headers["Retry-After"]) <= 3600
    end = int(refused.headers["RateLimit-Reset"])
    assert 0 < end <= 31 * 86_400
    assert sender.send([GOOD] * 3).status_code == 202
    assert sender.send({"event": ""}).status_code == 202, "what stores nothing needs no quota"
    assert error(sender.send(GOOD)) == (429, "quota_exceeded")
    assert sender.send(GOOD).headers["RateLimit-Reset"] != "0"
    (name,) = valkey.client().scan_iter("ingest:month:*")
    assert name == f"ingest:month:project:{project.pk}:{datetime.now(UTC):%Y-%m}".encode()
    assert 31 * 86_400 < int(valkey.client().ttl(name)) <= 40 * 86_400
    assert counts() == {"received:": 13, "rejected:missing_event": 2, "rejected:quota_exceeded": 6}


def test_posthogs_addresses_too(dsn: str, project: Project) -> None:
    limit(project, events_per_second=1)
    headers = {"user-agent": "posthog-node/5", "authorization": f"Bearer {dsn}"}
    sent = {"event": "e", "uuid": "0aa1b0d6-9f3c-4c6e-8a53-3f2d8e9a7c11"}
    body = {"api_key": dsn, "batch": [sent] * 4}
    for path in ("/batch/", "/i/v1/analytics/events"):
        fine = Client().post(path, body, content_type="application/json", headers=headers)
        assert fine.status_code == 200 and dict(fine.headers).keys() >= FIELDS
    refused = Client().post("/batch/", body, content_type="application/json", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert FIELDS | {"Retry-After"} <= dict(refused.headers).keys()


def test_the_next_month_has_its_own(
    sender: Sender, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(project, events_per_month=3)
    assert sender.send([GOOD] * 3).status_code == 202
    assert error(sender.send(GOOD)) == (429, "quota_exceeded")
    later = time.gmtime(time.time() + int(sender.send(GOOD).headers["RateLimit-Reset"]) + 1)
    monkeypatch.setattr("analytics.ingest.rates.time.gmtime", lambda *_: later)
    assert left(sender.send(GOOD)) == 2


def test_a_batch_that_no_wait_would_let_through_is_told_to_be_smaller(
    sender: Sender, project: Project
) -> None:
    limit(project, events_per_second=2)
    refused = sender.send([GOOD] * 21)
    assert error(refused) == (413, "too_many_events") and "20 events" in refused.json()["error"]["message"]
    assert sender.send([GOOD] * 20).status_code == 202


def test_the_fields_say_every_limit_and_the_nearest(sender: Sender, project: Project) -> None:
    limit(project, events_per_month=1000, events_per_second=50)
    limit(DsnKey.objects.get(), requests_per_second=3)
    answer = sender.send([GOOD] * 10)
    policies = answer.headers["RateLimit-Policy"].split(", ")
    assert policies[0] == '"project-events-per-second";q=500;qu="events";w=10'
    assert re.fullmatch(r'"project-events-per-month";q=1000;qu="events";w=2[4-6]\d{5}', policies[1])
    assert policies[2] == '"key-requests-per-second";q=30;qu="requests";w=10'
    assert re.fullmatch(
        r'"project-events-per-second";r=490;t=1, "project-events-per-month";r=990;t=\d+,'
        r' "key-requests-per-second";r=29;t=1',
        answer.headers["RateLimit"],
    )
    assert (answer.headers["RateLimit-Limit"], left(answer)) == ("30", 29)
    assert sender.send([GOOD] * 400).headers["RateLimit-Limit"] == "500"


def test_all_limits_must_allow_and_none_is_taken_from_alone(sender: Sender, project: Project) -> None:
    limit(project, events_per_month=3, events_per_second=10)
    for _ in range(3):
        assert error(sender.send([GOOD] * 4)) == (429, "quota_exceeded")
    answer = sender.send([GOOD] * 3)
    assert answer.status_code == 202 and '"project-events-per-second";r=97' in answer.headers["RateLimit"]


def test_a_key_has_its_own_and_shares_its_projects(sender: Sender, project: Project, user: User) -> None:
    limit(project, events_per_second=3)
    other = Sender(issue_dsn_key(project, "Other", user)[1])
    limit(DsnKey.objects.get(name="Test"), events_per_second=1)
    assert sender.send([GOOD] * 10).status_code == 202
    assert error(sender.send(GOOD)) == (429, "rate_limited")
    assert other.send([GOOD] * 20).status_code == 202
    assert error(other.send([GOOD] * 5)) == (429, "rate_limited")


def batch_of(project: Project, number: int) -> Any:
    clock = Clock.at(time.time_ns() // 1_000_000, 90)
    return judge(project.pk, events(b"[" + b",".join([b'{"event":"e"}'] * number) + b"]"), clock)


def take(project: Project, number: int, *held: Limit) -> bool:
    """Whether a request of so many events passes the limits."""
    try:
        append(batch_of(project, number), limits=held)
    except AgentryError as refused:
        assert refused.status in (413, 429)
        return False
    return True


def test_requests_at_once_never_pass_more_than_a_limit_allows(project: Project) -> None:
    """Of many threads, each with a connection of its own; and all that is allowed does pass."""
    rate = Limit("project", project.pk, "events_per_second", 20)
    month = Limit("key", 7, "events_per_month", 250)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        passed = 7 * sum(pool.map(lambda _: take(project, 7, rate, month), range(60)))
    assert 200 - 7 < passed <= min(200 + 20 * (time.monotonic() - began), 250)
    assert backlog() == passed
    with ThreadPoolExecutor(8) as pool:
        passed += sum(pool.map(lambda _: take(project, 1, month), range(100)))
    assert passed == backlog() == 250


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 1000), st.lists(st.integers(0, 1200), max_size=20), st.integers(1, 5000))
def test_a_bucket_gives_what_it_holds_and_no_more(
    project: Project, amount: int, sizes: list[int], quota: int
) -> None:
    valkey.client().flushdb()
    held = [
        Limit("project", 1, "events_per_second", amount),
        Limit("project", 1, "events_per_month", quota),
    ]
    began, passed = time.monotonic(), 0
    for size in sizes:
        room = min(amount * rates.SECONDS, quota) - passed
        if take(project, size, *held):
            passed += size
        else:
            assert size > room, "at least what was there at first is there"
    most = amount * (rates.SECONDS + time.monotonic() - began) + 1
    assert passed <= min(most, quota)
    assert backlog() == passed
