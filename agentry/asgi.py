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
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from django.conf import settings

from agentry import trace
from agentry.departure import Asker, answering, watch
from agentry.download import send_pieces
from agentry.errors import AgentryError
from agentry.fitness import refuse_forgetful_valkey
from agentry.memory import give_back
from agentry.patient import Patient
from agentry.room import BYTES, SMALL, Place, Room, overloaded
from agentry.threads import Answer, Threads
from agentry.wsgi import application as django
from analytics.ingest import refused
from analytics.ingest.body import PLACE, expanded_size
from publications.mcp import application as mcp

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

READ_SECONDS = 10.0  # for the whole body
READ_BYTES = 16 * 2**20  # past settings.BODY_BYTES it is dropped, so that the sender hears the answer
HELD_BYTES = 24 * 2**20  # of all bodies at once: then only small ones are read

# Two pools, so that slow questions, pages and waits never stand before an event. Ingest is bound by Python,
# where more threads would only take turns; the others wait for PostgreSQL, and each holds a connection.
INGEST = re.compile(rb"/v1/analytics/[^/]+/?|/(?:batch|capture|i/v0/e)/?|/e/|/i/v1/analytics/events")
INGEST_THREADS, THREADS = 8, 32
INGEST_WAIT, WAIT = 0.2, 5.0  # seconds in a queue; then whoever comes is told to come later
ANSWER_SECONDS = 20.0  # of PostgreSQL, to one statement of a page; questions have their own time
# After so long a request is worth watching its client for. Nearly all are answered before.
PATIENCE_SECONDS = 0.1
_held = 0
log = structlog.get_logger()

give_back()
Patient.patience = ANSWER_SECONDS
if settings.PRODUCTION:
    refuse_forgetful_valkey()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan" or scope["path"].rstrip("/") == "/mcp":
        await mcp(scope, receive, send if scope["type"] == "lifespan" else trace.traced(scope, send))
        return
    began = time.perf_counter()
    try:
        answer = await _answered(scope, receive, began)
    except AgentryError as error:
        answer = _refuse_unread(scope, error, began, close=True)
    status, headers, content = answer
    if not isinstance(content, bytes):
        await send_pieces(status, headers, content, receive, send)
        return
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _answered(scope: Message, receive: Receive, began: float) -> Answer:
    """Raises AgentryError 400, 408, 413, 503."""
    global _held
    events = INGEST.fullmatch(scope["raw_path"]) and scope["method"] == "POST"
    quick = events and scope["query_string"] == b""  # wait may be spelled wa%69t
    threads = _ingest_threads if quick else _threads
    headers = dict(scope["headers"])
    if threads.is_late() and int(headers.get(b"content-length", 0)) <= SMALL:
        return _refusal(overloaded(), close=False)
    body = bytearray()
    held = 0
    try:
        if not await _read(scope, headers, receive, body):
            return _refuse_unread(scope, _too_large(), began, close=False)
        content, held = bytes(body), len(body)
        body.clear()
        if threads.is_late():
            return _refusal(overloaded(), close=False)
        size = expanded_size(headers.get(b"content-encoding", b""), content) if events else 0
        place = await _room.place(size) if events else None
        asker = None if quick else Asker()
        future = threads.ask(scope, content, asker, place)
        del content
        if asker is not None:
            await _watch_over(future, receive, asker)
        return await future
    finally:
        _held -= held + len(body)


async def _read(scope: Message, headers: dict[bytes, bytes], receive: Receive, body: bytearray) -> bool:
    """Read the request's body into `body`, counted in `_held`. Gives False for one that is too large and was
    dropped, to its end. Raises AgentryError 400, 408, 413, 503 for one whose end has not been seen."""
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
    if read > settings.BODY_BYTES:
        return False
    if read > len(body):
        raise overloaded()
    return True


def _hold(body: bytearray, part: bytes, read: int) -> None:
    """Keep a part of a body, or only let it pass when the body is too large anyway, or finds no room."""
    global _held
    if read > READ_BYTES:
        raise _too_large()
    whole = len(body) + len(part) == read  # nothing has passed yet
    if whole and read <= settings.BODY_BYTES and (read <= SMALL or _held + len(part) <= HELD_BYTES):
        body += part
        _held += len(part)


async def _watch_over(future: asyncio.Future[Answer], receive: Receive, asker: Asker) -> None:
    """Return when the answer is there, or its client has left."""
    await asyncio.wait([future], timeout=PATIENCE_SECONDS)
    if future.done():
        return
    leaving = asyncio.ensure_future(watch(receive, asker))
    either: list[asyncio.Future[Any]] = [future, leaving]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()


def _answer(scope: Message, body: bytes, asker: Asker | None, place: Place | None) -> Answer:
    """In a thread: the answer, whatever happens."""
    try:
        with nullcontext() if asker is None else answering(asker):
            return _ask_django(scope, body, place)
    except Exception:
        log.exception("request_failed")
        return _refusal(_broken())
    finally:
        if place is not None:
            place.leave()


def _ask_django(scope: Message, body: bytes, place: Place | None) -> Answer:
    """One request through the WSGI application, its answer whole."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    parts: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return parts.append

    environ = _environ(scope, body)
    environ[PLACE] = place
    response = django(environ, start_response)
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


def _broken() -> AgentryError:
    return AgentryError(
        500, "internal_error", "Something broke on our side.", "Send the request again; it has been logged."
    )


_room = Room(BYTES)
_ingest_threads = Threads(INGEST_THREADS, "ingest", _answer, INGEST_WAIT)
_threads = Threads(THREADS, "request", _answer, WAIT)
