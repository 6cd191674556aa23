"""The ASGI front: /mcp to the MCP application, everything else to Django's WSGI application in threads.

A body is read here, whole, under a deadline and a cap, so a slow or endless sender costs a coroutine and
never a thread: under granian's plain WSGI 200 slow bodies stop everybody. Answers are sent whole as well, but
for downloads (`agentry.download`).
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import nullcontext
from queue import SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from django.conf import settings
from django.http import HttpResponseBase

from agentry import trace
from agentry.departure import Asker, answering, watch
from agentry.download import send_pieces
from agentry.errors import AgentryError
from agentry.fitness import refuse_forgetful_valkey
from agentry.wsgi import application as django
from analytics.ingest import refused
from publications.mcp import application as mcp

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes | HttpResponseBase]

READ_SECONDS = 10.0  # for the whole body
READ_BYTES = 16 * 2**20  # past settings.BODY_BYTES it is dropped, so that the sender hears the answer
HELD_BYTES = 64 * 2**20  # of all bodies at once: under a flood the process stays below 250 MB

# Two pools, so that slow questions, pages and waits never stand before an event. Ingest is bound by Python,
# where more threads would only take turns; the others wait for PostgreSQL, and each holds a connection.
INGEST = re.compile(rb"/v1/analytics/[^/]+/?|/(?:batch|capture|i/v0/e)/?|/e/|/i/v1/analytics/events")
INGEST_THREADS, THREADS = 8, 32
# After so long a request is worth watching its client for. Nearly all are answered before.
PATIENCE_SECONDS = 0.1
_held = 0
log = structlog.get_logger()

if settings.PRODUCTION:
    refuse_forgetful_valkey()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan" or scope["path"].rstrip("/") == "/mcp":
        await mcp(scope, receive, send if scope["type"] == "lifespan" else trace.traced(scope, send))
        return
    global _held
    body = bytearray()
    began = time.perf_counter()
    try:
        whole = await _read(scope, receive, body)
        if whole:
            answer = await _answered(scope, receive, body)
        else:
            answer = _refuse_unread(scope, _too_large(), began, close=False)
    except AgentryError as error:
        answer = _refuse_unread(scope, error, began, close=True)
    finally:
        _held -= len(body)
    status, headers, content = answer
    if not isinstance(content, bytes):
        await send_pieces(status, headers, content, receive, send)
        return
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _answered(scope: Message, receive: Receive, body: bytearray) -> Answer:
    """What Django says, from the pool that the request belongs to."""
    waits = scope["method"] != "POST" or scope["query_string"] != b""  # wait may be spelled wa%69t
    if not waits and INGEST.fullmatch(scope["raw_path"]):
        return await _ingest_threads.ask(scope, bytes(body), None)
    asker = Asker()
    future = _threads.ask(scope, bytes(body), asker)
    await _watch_over(future, receive, asker)
    return await future


async def _read(scope: Message, receive: Receive, body: bytearray) -> bool:
    """Read the request's body into `body`, counted in `_held`. Gives False for one that is too large and was
    dropped, to its end. Raises AgentryError 400, 408, 413, 503 for one whose end has not been seen."""
    headers = dict(scope["headers"])
    length = int(headers.get(b"content-length", -1))
    # Not asking for a body that is not there, or for its end when it is complete, saves a tenth of a request.
    more = length > 0 or b"transfer-encoding" in headers or not scope["http_version"].startswith("1")
    read = 0
    try:
        async with asyncio.timeout(READ_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _incomplete()
                part = message.get("body", b"")
                read += len(part)
                _hold(body, part, read)
                more = message.get("more_body", False) and read != length
    except TimeoutError:
        raise _slow() from None
    return read <= settings.BODY_BYTES


def _hold(body: bytearray, part: bytes, read: int) -> None:
    """Keep a part of a body, or only let it pass when the body is too large anyway."""
    global _held
    if read > READ_BYTES:
        raise _too_large()
    if read <= settings.BODY_BYTES:
        body += part
        _held += len(part)
    if _held > HELD_BYTES:
        raise _overloaded()


async def _watch_over(future: asyncio.Future[Answer], receive: Receive, asker: Asker) -> None:
    """Return when the answer is there, or its client has left."""
    await asyncio.wait([future], timeout=PATIENCE_SECONDS)
    if future.done():
        return
    leaving = asyncio.ensure_future(watch(receive, asker))
    either: list[asyncio.Future[Any]] = [future, leaving]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()


class Threads:
    """A pool of threads that ask Django; an answer costs one wake-up of the loop, and nothing else.

    Measured, an empty view as a single-event POST, CPU a request: 570 µs, with the standard executor 640,
    under granian's plain WSGI 425. So the front keeps three quarters of plain WSGI's speed.
    """

    def __init__(self, count: int, name: str) -> None:
        self._asked: SimpleQueue[tuple[asyncio.Future[Answer], Message, bytes, Asker | None]] = SimpleQueue()
        for number in range(count):
            Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def ask(self, scope: Message, body: bytes, asker: Asker | None) -> asyncio.Future[Answer]:
        """The answer to come. `asker` is who may leave before it; None: nothing asks whether it did."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked.put((future, scope, body, asker))
        return future

    def _work(self) -> None:
        while True:
            _answer(*self._asked.get())  # no local name here: it would hold the last body until the next


def _answer(future: asyncio.Future[Answer], scope: Message, body: bytes, asker: Asker | None) -> None:
    try:
        with nullcontext() if asker is None else answering(asker):
            answer = _ask_django(scope, body)
    except Exception:
        log.exception("request_failed")
        answer = _refusal(_broken())
    future.get_loop().call_soon_threadsafe(_settle, future, answer)


def _settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.cancelled():
        future.set_result(answer)
    elif not isinstance(answer[2], bytes):  # the server gave the request up meanwhile
        answer[2].close()


def _ask_django(scope: Message, body: bytes) -> Answer:
    """In a thread: one request through the WSGI application, its answer whole."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    parts: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return parts.append

    response = django(_environ(scope, body), start_response)
    if getattr(response, "sent_in_pieces", False):
        status, headers = started[-1]
        return int(status[:3]), _encoded(headers), response
    try:
        parts.extend(response)
    finally:
        response.close()
    status, headers = started[-1]
    content = b"".join(parts)
    encoded = _encoded(headers)
    if not any(name == b"content-length" for name, _ in encoded):
        encoded.append((b"content-length", b"%d" % len(content)))
    return int(status[:3]), encoded, content


def _encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _environ(scope: Message, body: bytes) -> dict[str, Any]:
    """The WSGI environment (PEP 3333). The body has been read, so its true length is known."""
    server, client = scope["server"], scope["client"]
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # X_Forwarded_For would pass for X-Forwarded-For
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if name == b"cookie" else ",") + text
        environ[key] = text
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _refuse_unread(scope: Message, error: AgentryError, began: float, *, close: bool) -> Answer:
    """Django has not seen this request: its id, its line, and its count are made here."""
    named = trace.id_of(scope)
    trace.line(scope, error.status, began, code=error.code, request_id=named)
    if error.status in refused.STATUSES and scope["method"] == "POST":
        key = dict(scope["headers"]).get(b"authorization", b"")
        # In a thread: whose key it is may have to be looked up.
        asyncio.get_running_loop().run_in_executor(
            None, refused.note_unread, scope["raw_path"], key, error.code
        )
    status, headers, content = _refusal(error, close=close)
    return status, [*headers, (trace.HEADER, named.encode())], content


def _refusal(error: AgentryError, *, close: bool = False) -> Answer:
    """`close`: the body has not been read to its end, so no other request can be read behind it."""
    content = json.dumps(error.body()).encode()
    headers = {**error.headers(), "content-type": "application/json", "content-length": str(len(content))}
    if close:
        headers["connection"] = "close"
    return error.status, [(name.lower().encode(), value.encode()) for name, value in headers.items()], content


def _incomplete() -> AgentryError:
    return AgentryError(
        400,
        "incomplete_body",
        "The body ended before its announced length, or its chunks are malformed.",
        "Send the request again; a Content-Length must be the body's length in bytes.",
    )


def _slow() -> AgentryError:
    return AgentryError(
        408,
        "body_timeout",
        f"The body was not complete after {READ_SECONDS:.0f} seconds.",
        "Send the request again, in smaller batches if the connection is slow.",
    )


def _too_large() -> AgentryError:
    return AgentryError(
        413,
        "body_too_large",
        f"The body is larger than {settings.BODY_BYTES // 2**20} MB.",
        "Send smaller batches, or compress them.",
    )


def _overloaded() -> AgentryError:
    return AgentryError(
        503, "overloaded", "Too much is being sent at once.", "Send the request again shortly.", retry_after=1
    )


def _broken() -> AgentryError:
    return AgentryError(
        500, "internal_error", "Something broke on our side.", "Send the request again; it has been logged."
    )


_ingest_threads = Threads(INGEST_THREADS, "ingest")
_threads = Threads(THREADS, "request")
