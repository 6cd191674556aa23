"""Answers of publications are kept for a minute, asked once for many, and a failure says nothing of why."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentry import valkey
from agentry.accounts.models import Project
from publications import answers, visit
from publications.models import Publication
from publications.publish import publish

QUERY = "select count() as calls from events"
VISITORS = 8


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    visit.forget()
    answers.forget()


@pytest.fixture
def path(project: Project) -> str:
    _, url = publish(project, "raw_hogql", "All calls", {"query": QUERY}, None)
    return url.removeprefix("http://localhost:8000").replace("?", ".json?")


def as_of(path: str) -> str:
    response = Client().get(path)
    assert response.status_code == 200, response.content
    moment: str = json.loads(response.content)["as_of"]
    return moment


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + seconds)


def test_an_answer_is_kept(path: str) -> None:
    assert as_of(path) == as_of(path)


def test_another_process_takes_it_from_valkey(path: str) -> None:
    first = as_of(path)
    answers.forget()
    assert as_of(path) == first


def test_it_is_asked_again_before_it_is_a_minute_old(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = as_of(path)
    later(monkeypatch, 29)
    assert as_of(path) == first
    later(monkeypatch, 2)
    assert as_of(path) != first


def test_one_renews_while_the_others_still_get_the_old_one(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = as_of(path)
    [turn] = answers._turns.values()
    later(monkeypatch, 45)
    with turn:  # another viewer's request is renewing it
        assert as_of(path) == first
    assert as_of(path) != first


@pytest.mark.django_db(transaction=True)
def test_a_stampede_asks_once(path: str) -> None:
    def visit_once(_: int) -> str:
        try:
            return as_of(path)
        finally:
            connection.close()

    with ThreadPoolExecutor(VISITORS) as pool:
        assert len(set(pool.map(visit_once, range(VISITORS * 4)))) == 1


def test_without_valkey_a_process_asks_for_itself(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(valkey, "client", lambda: away)
    assert as_of(path) == as_of(path)


def breaks(path: str, query: str = "select secret_thing from events") -> HttpResponse:
    """Visit the publication after its question has stopped working."""
    Publication.objects.update(query=query, version=2)
    visit.forget()
    return Client().get(path)  # type: ignore[return-value]


@pytest.mark.parametrize("form", [".json", ".csv", ""])
def test_a_question_that_fails_now_is_one_plain_sentence(path: str, form: str) -> None:
    key = path.partition("key=")[2]
    bearer = {"Authorization": f"Bearer {key}"}
    Publication.objects.update(query="select secret_thing from events")
    response = Client().get(path.partition(".json")[0] + form, headers=bearer)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert b"has no answer at the moment" in response.content
    assert b"secret_thing" not in response.content
    assert response["Cache-Control"] == "private, no-store"


def test_a_failure_is_believed_for_a_moment_and_then_asked_again(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert breaks(path).status_code == 503
    Publication.objects.update(query=QUERY)
    visit.forget()
    assert Client().get(path).status_code == 503
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + answers.FAILED_FOR + 0.1)
    assert Client().get(path).status_code == 200


def test_what_a_process_keeps_is_bounded(
    project: Project, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_of(path)
    [kept] = answers._kept.values()
    monkeypatch.setattr(answers, "KEPT_BYTES", kept.size * 3)
    for i in range(6):
        _, url = publish(project, "raw_hogql", f"No. {i}", {"query": QUERY}, None)
        as_of(url.removeprefix("http://localhost:8000").replace("?", ".json?"))
    assert 1 <= len(answers._kept) <= 3
    assert len(answers._turns) == len(answers._kept)
