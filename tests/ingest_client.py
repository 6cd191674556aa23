"""A client that sends events, and a look at what lies in the streams."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from django.conf import settings
from django.test import Client

from agentry import valkey
from analytics.ingest.event import AcceptedEvent, Entry, from_row
from analytics.ingest.stream import BACKLOG, COUNTS, name

URL = "/v1/analytics/default/"


@dataclass(frozen=True)
class Answer:
    status_code: int
    content: bytes
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.content)


class Sender:
    """POSTs to the project `default` with a DSN key and a User-Agent."""

    def __init__(self, dsn: str) -> None:
        self.headers = {"authorization": f"Bearer {dsn}", "user-agent": "myapi-edge/1.0"}
        self.client = Client()

    def send(self, body: object, url: str = URL, type: str = "application/json", **headers: str) -> Answer:
        """`body` is bytes, or anything that JSON can say."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = self.headers | {key.replace("_", "-"): value for key, value in headers.items()}
        response = self.client.post(url, data, content_type=type, headers=sent)
        return Answer(response.status_code, response.content, dict(response.headers))

    def verdict(self, event: object) -> dict[str, Any]:
        """The one verdict on an event that stands between two good ones, which are accepted."""
        good = b'{"event":"good"}'
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        response = self.send(b"[" + good + b"," + body + b"," + good + b"]")
        assert response.status_code == 202, response.content
        answer = response.json()
        assert answer["accepted"] == 2 and len(answer["rejected"]) == 1, answer
        verdict: dict[str, Any] = answer["rejected"][0]
        assert verdict["index"] == 1 and verdict["message"].endswith(".")
        assert set(verdict) == {"index", "code", "field", "message"}
        return verdict

    def stored(self, event: object, **headers: str) -> AcceptedEvent:
        """Send one event, which must be accepted, and give it as the writer will find it."""
        before = len(waiting())
        response = self.send(event, **headers)
        assert response.status_code == 202, response.content
        assert response.json() == {"accepted": 1, "rejected": []}, response.content
        (new,) = waiting()[before:]
        return new


def error(response: Answer) -> tuple[int, str]:
    """Status and code of an error, whose shape is checked."""
    answer = json.loads(response.content)
    assert list(answer) == ["error"], answer
    assert answer["error"]["message"].endswith(".") and answer["error"]["hint"]
    return response.status_code, answer["error"]["code"]


def entries() -> list[Entry]:
    """All stream entries, in the order they were appended."""
    found: list[tuple[bytes, Entry]] = []
    for shard in range(settings.SHARDS):
        for entry_id, fields in cast(Any, valkey.client().xrange(name(shard))):
            entry = msgspec.msgpack.decode(fields[b"e"], type=Entry)
            assert int(fields[b"n"]) == entry.rows.count(b"\n")
            found.append((entry_id, entry))
    return [entry for _, entry in sorted(found, key=lambda pair: [int(part) for part in pair[0].split(b"-")])]


def waiting() -> list[AcceptedEvent]:
    return [from_row(row) for entry in entries() for row in entry.rows.splitlines()]


def counts() -> dict[str, int]:
    found = cast(dict[bytes, bytes], valkey.client().hgetall(COUNTS))
    return {field.decode().partition(":")[2]: int(value) for field, value in found.items()}


def backlog() -> int:
    return int(cast(bytes, valkey.client().get(BACKLOG)) or 0)
