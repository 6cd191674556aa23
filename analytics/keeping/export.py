"""A project's events and history as files, made while they are read: the memory that it takes is constant."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.http import StreamingHttpResponse

from agentry.errors import AgentryError
from agentry.spreadsheet import inert
from analytics.answer import moment
from analytics.engines import postgres_export

BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
CHUNK = 64 * 1024
AT_ONCE = 4  # downloads of a process: each holds a connection and a snapshot
USAGE_HEAD = "event,customer_id,day,calls,first_call_at,last_call_at\r\n"

_places = threading.BoundedSemaphore(AT_ONCE)


class Download(StreamingHttpResponse):
    """A file that is made while it is sent. `agentry.asgi` sends it piece by piece; it must be closed."""

    sent_in_pieces = True


def period(given: dict[str, str]) -> tuple[datetime, datetime]:
    """`from` and `to` of a request: moments in ISO 8601, both optional. Raises AgentryError 400."""
    for name in given:
        if name not in ("from", "to"):
            message = f"There is no parameter {name[:50]}."
            raise AgentryError(
                400, "unknown_field", message, "The parameters are from and to.", field=name[:50]
            )
    since, until = _moment(given, "from", BEGINNING), _moment(given, "to", END)
    return since, until


def events_file(project_id: int, since: datetime, until: datetime) -> Iterator[bytes]:
    """Gzipped NDJSON, each line an event that can be sent as it is."""
    return _gzipped(f"{line}\n" for line in postgres_export.events(project_id, since, until))


def usage_file(project_id: int, since: datetime, until: datetime) -> Iterator[bytes]:
    """CSV of calls by event, customer and day, as far back as there are counts. No customer is an empty
    field, an empty customer is "". Text that a spreadsheet would run as a formula gets a leading '."""
    lines = (_csv_line(row) for row in postgres_export.usage(project_id, since, until))
    return _pieces(_then(USAGE_HEAD, lines))


def download(parts: Iterator[bytes], name: str, content_type: str) -> Download:
    """The response. The first piece is read before: what goes wrong at once is an answer, not a torn file.

    Raises AgentryError 429 when others are at it; psycopg.Error.
    """
    if not _places.acquire(blocking=False):
        message = "Others are being downloaded."
        raise AgentryError(429, "too_many_downloads", message, "Try again in a minute.", retry_after=60)
    file = _File(parts)
    try:
        file.begin()
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Download(file, content_type=content_type, headers=headers)


class _File:
    """An iterator that gives its place back when it is closed, begun or not."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts: Any = parts
        self._first: bytes | None = None
        self._closed = False
        self._places = _places

    def __del__(self) -> None:
        """Of a response that was dropped and never closed."""
        self.close()

    def begin(self) -> None:
        self._first = next(self._parts, b"")

    def __iter__(self) -> _File:
        return self

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        part: bytes = next(self._parts)
        return part

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._places.release()
            self._parts.close()


def _gzipped(lines: Iterable[str]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, wbits=31)
    for piece in _pieces(lines):
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


def _pieces(lines: Iterable[str]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line.encode())
        size += len(held[-1])
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _then(head: str, lines: Iterable[str]) -> Iterator[str]:
    yield head
    yield from lines


def _csv_line(row: tuple[Any, ...]) -> str:
    event, customer, day, calls, first, last = row
    cells = [_quoted(event), "" if customer is None else _quoted(customer)]
    return ",".join([*cells, day.isoformat(), str(calls), moment(first), moment(last)]) + "\r\n"


def _quoted(text: str) -> str:
    return '"' + inert(text).replace('"', '""') + '"'


def _moment(given: dict[str, str], name: str, default: datetime) -> datetime:
    if name not in given:
        return default
    try:
        at = datetime.fromisoformat(given[name])
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"The parameter {name} is not an ISO 8601 date and time."
        hint = "Send it as 2026-01-31T00:00:00Z."
        raise AgentryError(400, "bad_timestamp", message, hint, field=name) from None
