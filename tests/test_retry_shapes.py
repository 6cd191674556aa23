"""Retries of every shape, through the ways in: whatever a sender sends again with its uuid is stored once.

One shape is not: first with its time, later without, in another batch. See the last test, and docs/ingest.md.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from agentry.accounts.models import Project
from tests.ingest_client import Sender, error
from tests.write_events import assert_accounted, drain_all, rollup_differences, stored

HAPPENED = datetime.now(UTC).replace(hour=23, minute=59, second=50, microsecond=0) - timedelta(days=8)
AFTER = {
    "at once": timedelta(0),
    "five hours": timedelta(hours=5),
    "across midnight": timedelta(seconds=20),
    "seven days": timedelta(days=7),
}


class Retrier:
    """One event, sent in whichever form, at whichever time of the server's clock."""

    def __init__(self, dsn: str, patch: pytest.MonkeyPatch) -> None:
        self.dsn, self.patch, self.sender = dsn, patch, Sender(dsn)
        self.uuid = str(uuid.uuid4())
        self.attempts = 0

    def at(self, moment: datetime) -> None:
        ns = round(moment.timestamp() * 1e9)
        self.patch.setattr("time.time_ns", lambda: ns)
        self.attempts += 1
        self.sent_at = (moment - timedelta(milliseconds=300 * self.attempts)).isoformat()  # it was on its way

    def event(self, **more: Any) -> dict[str, Any]:
        return {"event": "e", "uuid": self.uuid, "properties": {"customer_id": "acme"}, **more}

    def send(self, form: str) -> None:
        FORMS[form](self)

    def post(self, *events: dict[str, Any]) -> None:
        answer = self.sender.send([{"event": "other"}, *events, {"event": "other"}])
        assert answer.json() == {"accepted": 2 + len(events), "rejected": []}

    def posthog(self) -> None:
        """As PostHog's SDKs do: the event's time, and in the body the time of this attempt."""
        body = {
            "api_key": self.dsn,
            "batch": [self.event(timestamp=HAPPENED.isoformat(), distinct_id="acme")],
            "sent_at": self.sent_at,
        }
        headers = {"user-agent": "posthog-python/7.0"}
        answer = Client().post("/batch/", json.dumps(body), content_type="application/json", headers=headers)
        assert answer.json()["accepted"] == 1


FORMS: dict[str, Callable[[Retrier], None]] = {
    "with its time": lambda retrier: retrier.post(retrier.event(timestamp=HAPPENED.isoformat())),
    "without": lambda retrier: retrier.post(retrier.event()),
    "corrected by sent_at": lambda retrier: retrier.post(
        retrier.event(timestamp=HAPPENED.isoformat(), sent_at=retrier.sent_at)
    ),
    "PostHog": Retrier.posthog,
}
FLOATING = [form for form in FORMS if form != "with its time"]


@pytest.fixture
def retrier(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Retrier:
    return Retrier(dsn, monkeypatch)


def once(retrier: Retrier, project: Project) -> None:
    drain_all()
    assert stored()[retrier.uuid] == 1
    assert rollup_differences() == []
    assert_accounted(project)


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("form", FORMS)
def test_the_same_again(retrier: Retrier, project: Project, form: str, after: str) -> None:
    for moment in (HAPPENED + timedelta(seconds=5), HAPPENED + timedelta(seconds=5) + AFTER[after]):
        retrier.at(moment)
        retrier.send(form)
        drain_all()
    once(retrier, project)


@pytest.mark.parametrize(("first", "second"), list(product(FLOATING, FORMS)))
def test_another_form_in_a_later_batch(retrier: Retrier, project: Project, first: str, second: str) -> None:
    for form, moment in ((first, HAPPENED), (second, HAPPENED + timedelta(hours=5))):
        retrier.at(moment + timedelta(seconds=5))
        retrier.send(form)
        drain_all()
    once(retrier, project)


@pytest.mark.parametrize(("first", "second"), list(product(FORMS, FORMS)))
def test_another_form_before_the_first_is_written(
    retrier: Retrier, project: Project, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    """In one batch of the writer, an explicit time counts, wherever it stands in it."""
    monkeypatch.setattr("analytics.ingest.stream.random.randrange", lambda _: 0)
    retrier.at(HAPPENED + timedelta(seconds=5))
    retrier.send(first)
    retrier.at(HAPPENED + timedelta(hours=5))
    retrier.send(second)
    once(retrier, project)


@pytest.mark.parametrize("form", FORMS)
def test_after_503(retrier: Retrier, project: Project, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """What is refused is not stored; what comes after is stored once."""
    retrier.at(HAPPENED + timedelta(seconds=5))
    with monkeypatch.context() as full:
        full.setattr(settings, "BACKLOG_EVENTS", 0)
        assert error(retrier.sender.send(retrier.event())) == (503, "overloaded")
    drain_all()
    assert stored()[retrier.uuid] == 0
    for _ in range(2):
        retrier.send(form)
        drain_all()
    once(retrier, project)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", FORMS)
def test_many_at_once(retrier: Retrier, project: Project, form: str) -> None:
    retrier.at(HAPPENED + timedelta(seconds=5))

    def send(_: int) -> None:
        retrier.send(form)
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(12)))
    once(retrier, project)


@pytest.mark.parametrize("second", FLOATING)
def test_first_with_its_time_and_later_without_is_two_events(
    retrier: Retrier, project: Project, second: str
) -> None:
    """The one shape that is not caught: an explicit time is part of the event's identity, and is not kept
    beside it. An index on uuid, to look it up by, would cost every event 40 bytes (of 223) and half as much
    again of the time of its insertion, and every event without a time a look into each day's partition."""
    for form, moment in (("with its time", HAPPENED), (second, HAPPENED + timedelta(hours=5))):
        retrier.at(moment + timedelta(seconds=5))
        retrier.send(form)
        drain_all()
    assert stored()[retrier.uuid] == 2
    assert rollup_differences() == []
    assert_accounted(project, duplicate=0)
