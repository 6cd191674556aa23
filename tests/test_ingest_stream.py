"""The append: bounded, counted, and with its wake-up and its wait."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from agentry import valkey
from agentry.accounts.models import Project
from analytics.ingest import wait
from analytics.ingest.batch import judge
from analytics.ingest.decode import events
from analytics.ingest.stream import BACKLOG, BACKLOGS, append
from analytics.ingest.times import Clock
from analytics.write.drain import drain
from tests.ingest_client import URL, Sender, backlog, counts, entries, error

GOOD = {"event": "e"}
QUEUE = "drain"


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


def test_the_backlog_is_bounded(sender: Sender) -> None:
    with override_settings(BACKLOG_EVENTS=3):
        assert sender.send([GOOD] * 5).status_code == 202
        response = sender.send([GOOD, {"event": ""}])
        assert error(response) == (503, "overloaded")
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert sender.send({"event": ""}).status_code == 202, "what stores nothing needs no room"
        assert counts() == {"received:": 6, "rejected:missing_event": 1}
        valkey.client().decrby(BACKLOG, 3)
        assert sender.send(GOOD).status_code == 202


def test_the_backlog_is_counted_by_project_too(sender: Sender, project: Project) -> None:
    sender.send([GOOD] * 3)
    sender.send(GOOD)
    assert valkey.client().hgetall(BACKLOGS) == {str(project.pk).encode(): b"4"}
    assert backlog() == 4


def test_one_wake_up_is_pending_at_a_time(sender: Sender) -> None:
    for _ in range(20):
        sender.send(GOOD)
    sent = [json.loads(message) for message in valkey.client().lrange(QUEUE, 0, -1)]
    shards = list(set(valkey.client().keys("ingest:wake:*")))
    assert len(sent) == len(shards) == settings.SHARDS
    assert {message["headers"]["task"] for message in sent} == {"analytics.write.drain"}
    assert "event" not in json.dumps([message["headers"] | {"body": message["body"]} for message in sent])


def test_nothing_accepted_wakes_nobody(sender: Sender) -> None:
    sender.send({"event": ""})
    assert valkey.client().llen(QUEUE) == 0


def test_appends_of_many_threads_add_up(project: Project) -> None:
    """Each thread has a connection of its own."""
    clock = Clock.at(time.time_ns() // 1_000_000, 90)

    def send(number: int) -> None:
        batch = judge(project.pk, events(b'[{"event":"e"},{"event":"f"},{}]'), clock)
        assert len(append(batch).entry_ids) == 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(200)))
    assert counts() == {"received:": 600, "rejected:missing_event": 200}
    assert sum(entry.rows.count(b"\n") for entry in entries()) == backlog() == 400


# ?wait=true


@pytest.fixture
def writer(transactional_db: None) -> Iterator[None]:
    """The writer, as a worker would run it: woken, in another thread."""
    ending = threading.Event()

    def work() -> None:
        while not ending.is_set():
            for shard in range(settings.SHARDS):
                drain(shard, 1.0)
            ending.wait(0.02)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ending.set()
    thread.join()


def test_wait_answers_what_was_stored(writer: None, sender: Sender) -> None:
    once = {"event": "e", "uuid": "0e2d3ab7-6c47-4c3e-9c1f-5a3c41f1c001", "timestamp": time.time()}
    response = sender.send([once, GOOD, {"event": ""}], f"{URL}?wait=true")
    assert response.status_code == 200
    answer = response.json()
    assert (answer["stored"], answer["duplicates"], answer["rejected"][0]["index"]) == (2, 0, 2)
    assert sender.send([once, GOOD], f"{URL}?wait=1").json() == {"stored": 1, "duplicates": 1, "rejected": []}
    many = sender.send([GOOD] * 2_500, f"{URL}?wait=true")
    assert many.json() == {"stored": 2_500, "duplicates": 0, "rejected": []}
    assert backlog() == 0


def test_wait_with_nothing_accepted(sender: Sender) -> None:
    answer = sender.send([{"event": ""}], f"{URL}?wait=true").json()
    assert (answer["stored"], answer["duplicates"], len(answer["rejected"])) == (0, 0, 1)


def test_wait_has_an_end(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "SECONDS", 0.6)
    response = sender.send(GOOD, f"{URL}?wait=true")
    assert error(response) == (503, "not_yet_stored")
    assert "safe" in response.json()["error"]["message"] and response.headers["Retry-After"]
    assert backlog() == 1


def test_places_to_wait_are_bounded(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_places", threading.BoundedSemaphore(1))
    with wait.place():
        assert error(sender.send(GOOD, f"{URL}?wait=true")) == (503, "overloaded")
    assert backlog() == 0, "it was refused before it was appended"
