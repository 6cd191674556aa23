"""Bodies, keys, agents and methods that are refused as a whole, each with its status and code."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any

import pytest
import zstandard
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from agentry.accounts.keys import revoke
from agentry.accounts.keystore import forget
from agentry.accounts.models import DsnKey, Project, Team
from tests.ingest_client import URL, Answer, Sender, counts, entries, error

GOOD = {"event": "e"}


@pytest.fixture
def sender(dsn: str) -> Sender:
    return Sender(dsn)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" \r\n\t ", "empty_body"),
        (b'{"event":"\xff"}', "not_utf8"),
        (b'{"event":"\xed\xa0\x80"}', "not_utf8"),
        (json.dumps(GOOD).encode("utf-16"), "not_utf8"),
        (b"\xef\xbb\xbf" + b'{"event":"e"}', "not_json"),
        (b'{"event":', "not_json"),
        (b'{"event":"e"}}', "not_json"),
        (b'{"event":"e"} {"event":"e"}', "not_json"),
        (b"[" + b'{"event":"e"},' + b"]", "not_json"),
        (b'[{"event":"e"},{"event":"e"]', "not_json"),
        (rb'[{"event":"\ud800"},{"event"]', "not_json"),
        (b'{"event":"e","properties":{"a":NaN}}', "not_json"),
        (b'[{"event":"e"},{"event":"e","properties":{"a":Infinity}}]', "not_json"),
        (b'{"event":"a\x00b"}', "not_json"),
        (b'{"event":"a\x00\x00"}', "not_json"),
        (b"{'event':'e'}", "not_json"),
        (b"event=e&distinct_id=1", "not_json"),
        (b"nonsense", "not_json"),
        (b"3", "not_an_event"),
        (b'"event"', "not_an_event"),
        (b"null", "not_an_event"),
        (b"true", "not_an_event"),
        (b'"' + b"x" * 300_000 + b'"', "not_an_event"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
        (b'{"event":"e","properties":{"x":"' + b"y" * 300_000 + b'"}', "not_json"),
        (b'{"event":"e","p":"' + b"y" * 300_000 + b'","x":' + b"[" * 100_000, "too_deep"),
    ],
)
def test_bodies_that_are_no_events(sender: Sender, body: bytes, code: str) -> None:
    assert error(sender.send(body)) == (400, code)
    assert entries() == [] and counts() == {}


def test_more_events_than_a_request_may_hold(sender: Sender) -> None:
    most = b'{"event":"e"},' * 9_999 + b'{"event":"e"}'
    assert sender.send(b"[" + most + b"]").json()["accepted"] == 10_000
    assert error(sender.send(b"[" + most + b',{"event":"e"}]')) == (413, "too_many_events")
    assert error(sender.send(b'{"event":"e"}\n' * 10_001)) == (413, "too_many_events")
    few_commas = b"[" + b",".join([b"3"] * 10_001) + rb',"\ud800"]'
    assert error(sender.send(few_commas)) == (413, "too_many_events")
    assert counts() == {"received:": 10_000}


def test_a_body_over_5_mb(sender: Sender) -> None:
    assert error(sender.send(b" " * (5 * 2**20 + 1))) == (413, "body_too_large")
    padded = b'{"event":"e"}' + b" " * (5 * 2**20 - 13)
    assert sender.send(padded).status_code == 202


def test_a_body_that_expands_to_over_20_mb(sender: Sender) -> None:
    fits = b'{"event":"e"}' + b" " * (20 * 2**20 - 13)
    for name, compress in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        assert sender.send(compress(fits), content_encoding=name).status_code == 202
        assert error(sender.send(compress(fits + b" "), content_encoding=name)) == (413, "body_too_large")


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_damaged_compression(sender: Sender, name: str) -> None:
    body = json.dumps([GOOD] * 1_000).encode()
    whole = gzip.compress(body) if name == "gzip" else zstandard.compress(body)
    damaged = [
        b"",
        whole[:-1],
        whole[:10],
        whole[:1],
        whole + b"x",
        body,
        whole[:20] + b"\xff" * 9 + whole[29:],
    ]
    if name == "zstd":
        damaged.pop()  # it has no checksum here
    for wire in damaged:
        assert error(sender.send(wire, content_encoding=name)) == (400, "bad_compression")
    assert error(sender.send(gzip.compress(b"") * 1_001, content_encoding="gzip")) == (400, "bad_compression")
    large_window = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=27)
    ).compressobj()
    wire = large_window.compress(body) + large_window.flush()
    assert error(sender.send(wire, content_encoding="zstd")) == (400, "bad_compression")


@pytest.mark.parametrize("name", ["br", "deflate", "gzip, gzip", "compress", "zstd,gzip", "utf-8"])
def test_other_encodings(sender: Sender, name: str) -> None:
    assert error(sender.send(zlib.compress(b"{}"), content_encoding=name)) == (415, "unsupported_encoding")


@pytest.mark.parametrize("agent", ["", "  "])
def test_no_user_agent(sender: Sender, agent: str) -> None:
    assert error(sender.send(GOOD, user_agent=agent)) == (403, "user_agent_required")
    del sender.headers["user-agent"]
    assert error(sender.send(GOOD)) == (403, "user_agent_required")
    del sender.headers["authorization"]
    assert error(sender.send(GOOD)) == (403, "user_agent_required")


@override_settings(BLOCKED_USER_AGENTS=["python-requests", "BadBot/"])
def test_blocked_user_agents(sender: Sender) -> None:
    for agent in ("python-requests/2.34", "Mozilla (badbot/3)"):
        assert error(sender.send(GOOD, user_agent=agent)) == (403, "user_agent_blocked")
    assert sender.send(GOOD).status_code == 202


def test_wrong_keys(sender: Sender, token: str, dsn: str) -> None:
    wrong = [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {dsn}",
        dsn,
        f"Bearer {token}",
        f"Bearer {dsn[:-1]}",
        f"Bearer {dsn}x",
        f"Bearer {dsn}, Bearer {dsn}",
        f"Bearer agd_{'a' * 32}",
        "Bearer agd_" + "é" * 32,
        "Bearer " + "a" * 10_000,
    ]
    for header in wrong:
        response = sender.send(GOOD, authorization=header)
        assert error(response) == (401, "unauthorized")
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert entries() == []


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key(sender: Sender) -> None:
    assert sender.send(GOOD).status_code == 202
    revoke(DsnKey.objects.get())
    forget()  # what this process remembers for two seconds at most
    assert error(sender.send(GOOD)) == (401, "unauthorized")


def test_another_project_is_not_there(sender: Sender, team: Team) -> None:
    Project.objects.create(team=team, name="Other", slug="other")
    for slug in ("other", "nowhere", "DEFAULT", "default%20", "1"):
        assert error(sender.send(GOOD, f"/v1/analytics/{slug}/")) == (404, "not_found")


def test_another_teams_project_is_not_there(sender: Sender) -> None:
    """The other team's project has the same slug; the event goes to the key's own."""
    other = Project.objects.create(team=Team.objects.create(name="B", slug="b"), name="D", slug="default")
    assert sender.send(GOOD).status_code == 202
    assert [entry.project_id for entry in entries()] == [DsnKey.objects.get().project_id]
    assert entries()[0].project_id != other.pk


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "head"])
def test_other_methods(sender: Sender, method: str) -> None:
    for url in (URL, URL.rstrip("/")):
        response = getattr(sender.client, method)(url, headers=sender.headers)
        assert response.status_code == 405 and response.headers["Allow"] == "POST"
        if method != "head":
            assert response.json()["error"]["code"] == "method_not_allowed"


def test_a_wait_that_is_neither(sender: Sender) -> None:
    assert error(sender.send(GOOD, f"{URL}?wait=maybe")) == (400, "bad_wait")
    for query in ("wait=false", "wait=0", "wait=", "other=1"):
        assert sender.send(GOOD, f"{URL}?{query}").status_code == 202


def raw(dsn: str, body: bytes, **environ: Any) -> Answer:
    """What the test client would not send: a body as a server hands it on."""
    answer: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        answer.update(status=int(status[:3]), headers=dict(headers))

    fields = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": URL,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_USER_AGENT": "x/1",
        "HTTP_AUTHORIZATION": f"Bearer {dsn}",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    content = b"".join(WSGIHandler()(fields | environ, start))
    return Answer(answer["status"], content, answer["headers"])


@pytest.mark.django_db(transaction=True)
def test_a_body_shorter_than_its_length(dsn: str) -> None:
    assert error(raw(dsn, b'{"event":"e"}', CONTENT_LENGTH="14")) == (400, "incomplete_body")
    assert raw(dsn, b'{"event":"e"}', CONTENT_LENGTH="13").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_a_body_that_is_too_large_is_read_up_to_16_mb(dsn: str) -> None:
    stream = io.BytesIO(b" " * (20 * 2**20))
    refused = raw(dsn, b"", CONTENT_LENGTH=str(20 * 2**20), **{"wsgi.input": stream})
    assert error(refused) == (413, "body_too_large")
    assert stream.tell() == 16 * 2**20


@pytest.mark.django_db(transaction=True)
def test_a_body_that_breaks_off(dsn: str) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    refused = raw(dsn, b"", CONTENT_LENGTH="10", **{"wsgi.input": Broken()})
    assert error(refused) == (400, "incomplete_body")
