"""What must hold while a server is of no use: how questions, pages and events are answered."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from tests.chaos.batches import Batch
from tests.chaos.client import Line, Sender, Tally
from tests.memory import bombs
from tests.stack import Stack

ANSWER_SECONDS = 20.0  # of a question or a page, with PostgreSQL away
REFUSE_SECONDS = 3.0  # of an event, with Valkey away; on a quiet machine 1
BOMBS, TOGETHER = 16, 8
QUERY = json.dumps({"query": "select count() as calls from events"}).encode()


def questions(stack: Stack) -> list[str]:
    """With PostgreSQL away: sentences about answers that are neither right (the page: 303) nor 503."""
    link = urlsplit(stack.facts["publication_url"])
    token = {"Authorization": f"Bearer {stack.facts['api_token']}", "Content-Type": "application/json"}
    asked = [
        ("POST", f"/v1/analytics/{stack.facts['project']}/query/", QUERY, token),
        ("GET", f"{link.path}.json?{link.query}", b"", {}),
        ("GET", f"{link.path}?{link.query}", b"", {}),
        ("GET", "/readyz", b"", {}),
    ]
    with ThreadPoolExecutor(len(asked)) as pool:
        return [wrong for found in pool.map(lambda one: list(_answer(stack, *one)), asked) for wrong in found]


def ask(stack: Stack) -> tuple[int, str | None, bytes]:
    """Status, Retry-After and content of a question."""
    headers = {"Authorization": f"Bearer {stack.facts['api_token']}", "Content-Type": "application/json"}
    path = f"/v1/analytics/{stack.facts['project']}/query/"
    return Line(stack.port, {}).ask("POST", path, QUERY, **headers)


def _answer(stack: Stack, method: str, path: str, body: bytes, headers: dict[str, str]) -> Iterator[str]:
    where, began = path.partition("?")[0], time.monotonic()
    try:
        status, retry_after, content = Line(stack.port, {}).ask(method, path, body, **headers)
    except (OSError, http.client.HTTPException) as error:
        yield f"{where} did not answer: {error!r}"
        return
    if time.monotonic() - began > ANSWER_SECONDS:
        yield f"{where} answered after {time.monotonic() - began:.0f} s"
    if status not in (200, 303, 503) or (status == 503 and not retry_after):
        yield f"{where} answered {status}, Retry-After {retry_after}: {content[:200]!r}"
    elif status == 503 and not content.startswith(b"<!doctype") and "error" not in json.loads(content):
        yield f"{where} answered 503 in another shape: {content[:200]!r}"


def refusal(sender: Sender, batch: Batch, slack: float) -> Iterator[str]:
    """With Valkey away: sentences about an event that is not refused at once."""
    began = time.monotonic()
    pause = sender.once(batch)
    seconds = time.monotonic() - began
    if pause is None:
        yield "an event was accepted"
    elif seconds > REFUSE_SECONDS * slack:
        yield f"an event was refused after {seconds:.1f} s only"


def throw_bombs(stack: Stack, tally: Tally) -> None:
    """Bodies that expand to 20 MB, several at once. Each holds one event, which is too large."""
    body = bombs()[0]
    path = f"/v1/analytics/{stack.facts['project']}/"
    headers = {"Authorization": f"Bearer {stack.facts['dsn']}", "Content-Encoding": "gzip"}

    def throw(_: int) -> None:
        tally.add(sent=1, sent_bad=1)
        status, retry_after, content = Line(stack.port, headers).ask("POST", path, body)
        if status == 202:
            tally.add(answered=1, answered_bad=1)
        elif status != 503 or not retry_after:
            tally.fault(f"a bomb was answered {status}: {content[:200]!r}")

    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(throw, range(BOMBS)))
