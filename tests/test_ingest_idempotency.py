"""`Idempotency-Key`: a request without uuids that is sent again is stored once, and hears the same answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from redis.exceptions import RedisError

from agentry import valkey
from agentry.accounts.keys import issue_dsn_key
from agentry.accounts.models import Project, Team
from analytics.ingest import once
from tests.ingest_client import URL, Sender, backlog, counts, error, waiting
from tests.write_events import assert_accounted, drain_all, stored

EVENTS: list[Any] = [{"event": "a"}, {"event": "b"}, {"properties": {}}, {"event": "c"}]


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


def send(sender: Sender, body: object = EVENTS, key: str = "batch-1", **headers: str) -> Any:
    return sender.send(body, idempotency_key=key, **headers)


def test_events_get_uuids_from_the_key_and_their_place(sender: Sender) -> None:
    own = "0aa1b0d6-9f3c-4c6e-8a53-3f2d8e9a7c11"
    send(sender, [{"event": "a"}, {"event": "b", "uuid": own}, {"event": "c", "uuid": None}])
    first, kept, last = waiting()
    assert kept.uuid == own
    assert len({first.uuid, last.uuid, own}) == 3
    assert {UUID(event.uuid).version for event in (first, last)} == {8}
    assert {UUID(event.uuid).variant for event in (first, last)} == {UUID(own).variant}
    assert first.floating, "the first write must fix the time, for the retry's to meet"
    send(sender, key="batch-2")
    assert not {event.uuid for event in waiting()[3:]} & {first.uuid, last.uuid}


def test_the_same_body_hears_the_same_answer_and_is_not_counted_again(sender: Sender) -> None:
    first, again = send(sender), send(sender)
    assert (first.status_code, first.json()["accepted"]) == (202, 3)
    assert [verdict["index"] for verdict in first.json()["rejected"]] == [2]
    assert (again.status_code, again.content) == (202, first.content)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert backlog() == 3
    assert counts() == {"received:": 4, "rejected:missing_event": 1}


def test_another_body_is_refused_whole(sender: Sender) -> None:
    send(sender)
    assert error(send(sender, [{"event": "z"}])) == (422, "idempotency_key_reused")
    assert backlog() == 3
    assert send(sender).status_code == 202, "the first body stands"


def test_a_body_that_cannot_be_read_claims_no_key(sender: Sender) -> None:
    assert error(send(sender, b"{")) == (400, "not_json")
    assert send(sender).status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_none(sender: Sender, key: str) -> None:
    assert error(send(sender, key=key)) == (400, "bad_idempotency_key")
    assert send(sender, key="x" * 255).status_code == 202


def test_projects_do_not_meet(sender: Sender, team: Team) -> None:
    other = Project.objects.create(team=team, name="Other", slug="other")
    elsewhere = Sender(issue_dsn_key(other, "Key", None)[1])
    send(sender)
    answer = elsewhere.send([{"event": "z"}], URL.replace("default", "other"), idempotency_key="batch-1")
    assert answer.status_code == 202
    assert backlog() == 4


def test_a_retry_hours_later_is_stored_once_even_if_the_key_is_forgotten(
    sender: Sender, project: Project, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    send(sender)
    drain_all()
    valkey.client().delete(*valkey.client().keys("ingest:once:*"))
    now = once_time() + 5 * 3_600_000
    monkeypatch.setattr("analytics.ingest.endpoint.time.time_ns", lambda: now * 1_000_000)
    answer = send(sender)
    assert "Idempotent-Replayed" not in answer.headers
    assert waiting()[0].timestamp == now
    drain_all()
    assert set(stored().values()) == {1} and len(stored()) == 3
    assert_accounted(project, received=8, stored=3, duplicate=3, rejected=2)


def once_time() -> int:
    """The server's clock, in milliseconds."""
    seconds, micros = valkey.client().time()
    return int(seconds) * 1000 + int(micros) // 1000


def test_an_append_that_failed_may_be_repeated(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BACKLOG_EVENTS", 0)
    assert error(send(sender)) == (503, "overloaded")
    assert error(send(sender, [{"event": "z"}])) == (422, "idempotency_key_reused")
    monkeypatch.undo()
    assert send(sender).json()["accepted"] == 3
    assert backlog() == 3


def test_a_retry_that_overtakes_its_request_is_stored_once(
    sender: Sender, project: Project, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    """Both find the key claimed for their body, and no answer yet."""
    monkeypatch.setattr(once.Once, "remember", lambda *_: None)
    assert send(sender).content == send(sender).content
    assert backlog() == 6
    drain_all()
    assert set(stored().values()) == {1}
    assert_accounted(project, received=8, stored=3, duplicate=3, rejected=2)


def test_keys_do_not_fill_valkey(sender: Sender, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "KEYS", 3)
    for number in range(5):
        send(sender, key=f"batch-{number}")
    assert len(list(valkey.client().scan_iter(f"ingest:once:{project.pk}:*"))) == 3
    assert error(send(sender, [{"event": "z"}], key="batch-4")) == (422, "idempotency_key_reused")
    assert send(sender, [{"event": "z"}], key="batch-0").status_code == 202, "forgotten"
    for name in valkey.client().scan_iter("ingest:once:*"):
        assert 0 < int(valkey.client().ttl(name)) <= once.SECONDS


def test_a_long_answer_is_found_anew(sender: Sender, project: Project) -> None:
    body = [{"event": "e", "properties": {"customer_id": "x" * 201}, "uuid": f"{i}"} for i in range(9_000)]
    first, again = send(sender, body), send(sender, body)
    assert first.content == again.content and len(first.json()["rejected"]) == 9_000
    assert "Idempotent-Replayed" not in again.headers
    assert (valkey.client().memory_usage(_record(project)) or 0) < 2_000


def _record(project: Project) -> str:
    (name,) = valkey.client().scan_iter(f"ingest:once:{project.pk}:*")
    return str(name.decode())


def test_a_valkey_that_is_away_keeps_no_promise(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    send(sender)

    def gone(*_: Any, **__: Any) -> None:
        raise RedisError

    monkeypatch.setattr(valkey.client(), "eval", gone)
    assert error(send(sender)) == (503, "unavailable")
