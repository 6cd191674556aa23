"""A request's body: read whole, bounded, and decompressed, bounded."""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Callable

import zstandard
from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

from agentry.errors import AgentryError
from agentry.room import Place

PLACE = "agentry.place"  # in the request's META, where the server has given it one: see agentry.room
UNSAID = 8  # times as large, where a body does not say how large it becomes
EXPANDED = 20 * 1024 * 1024
DROPPED = 16 * 1024 * 1024  # of a body that is too large: read, so that its sender hears the answer
GZIP_MEMBERS = 1_000
GZIP_STEP = 64 * 1024
BLOCK = 1024 * 1024  # at most this comes out of one step
# zstandard has no bound on what one step gives, and 4 bytes may stand for 128 KB: at most 8 MB a step.
ZSTD_STEP = 256
ZSTD_WINDOW = 8 * 1024 * 1024  # what RFC 8878 asks every decoder to support


def read(request: HttpRequest) -> bytes:
    """The body, decompressed. Raises 400 `incomplete_body`, `bad_compression`, 413 `body_too_large`, 415
    `unsupported_encoding`."""
    expand = _decoder(request.META.get("HTTP_CONTENT_ENCODING", ""))
    wire = _wire(request)
    return expand(wire, _Expanded(request.META.get(PLACE))) if expand else wire


def expanded_size(encoding: bytes, wire: bytes) -> int:
    """How large a body says it will be when it is expanded. That may be wrong, and is checked later."""
    if not encoding or encoding == b"identity":
        return len(wire)
    said = UNSAID * len(wire)
    if encoding == b"gzip" and len(wire) > 18:
        said = int.from_bytes(wire[-4:], "little")
    elif encoding == b"zstd":
        with contextlib.suppress(zstandard.ZstdError):
            size = zstandard.frame_content_size(wire)
            said = said if size < 0 else size
    return min(max(said, len(wire)), EXPANDED)


def leave(request: HttpRequest) -> None:
    """The request's body, and what was made of it, are gone, though its answer is still to come."""
    place: Place | None = request.META.get(PLACE)
    if place is not None:
        place.leave()


def _decoder(encoding: str) -> Callable[[bytes, _Expanded], bytes] | None:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip"):
        return _gunzip
    if name == "zstd":
        return _unzstd
    message = "The body's Content-Encoding is not one that Agentry reads."
    raise AgentryError(415, "unsupported_encoding", message, "Send it as gzip, as zstd or as it is.")


def _wire(request: HttpRequest) -> bytes:
    length = int(request.META.get("CONTENT_LENGTH") or 0)  # a chunked body has been measured by agentry.asgi
    try:
        if length > settings.BODY_BYTES:
            _drop(request, min(length, DROPPED))
            raise _too_large(f"The body is larger than {settings.BODY_BYTES >> 20} MB.")
        body: bytes = request.read(length)
    except (UnreadablePostError, OSError):
        raise _incomplete() from None
    if len(body) < length:
        raise _incomplete()
    return body


def _drop(request: HttpRequest, length: int) -> None:
    while length > 0:
        block = request.read(min(length, GZIP_STEP))
        if not block:
            return
        length -= len(block)


def _gunzip(wire: bytes, expanded: _Expanded) -> bytes:
    """Several members, as gzip allows, up to a thousand: each one costs, and an empty one has 20 bytes."""
    members, member = 1, zlib.decompressobj(wbits=31)
    try:
        for start in range(0, len(wire), GZIP_STEP):
            data = wire[start : start + GZIP_STEP]
            while data:
                if member.eof:
                    member, members = zlib.decompressobj(wbits=31), members + 1
                expanded.add(member.decompress(data, BLOCK))
                data = member.unconsumed_tail or member.unused_data
                if members > GZIP_MEMBERS:
                    raise _bad_compression("gzip")
        while block := member.decompress(b"", BLOCK):
            expanded.add(block)
    except zlib.error:
        raise _bad_compression("gzip") from None
    if not member.eof:
        raise _bad_compression("gzip")
    return expanded.whole()


def _unzstd(wire: bytes, expanded: _Expanded) -> bytes:
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
    frame = decompressor.decompressobj()
    try:
        for start in range(0, len(wire), ZSTD_STEP):
            data = wire[start : start + ZSTD_STEP]
            while data:
                if frame.eof:
                    frame = decompressor.decompressobj()
                expanded.add(frame.decompress(data))
                data = frame.unused_data
    except zstandard.ZstdError:
        raise _bad_compression("zstd") from None
    if not frame.eof:
        raise _bad_compression("zstd")
    return expanded.whole()


class _Expanded:
    """What a body expands to, up to its limit; once, in one piece."""

    def __init__(self, place: Place | None) -> None:
        self._place = place
        self._written = io.BytesIO()

    def add(self, block: bytes) -> None:
        """Raises 413 `body_too_large`, 503 `overloaded`."""
        self._written.write(block)
        size = self._written.tell()
        if size > EXPANDED:
            raise _too_large(f"The body expands to more than {EXPANDED >> 20} MB.")
        if self._place is not None:
            self._place.grow(size)

    def whole(self) -> bytes:
        return self._written.getvalue()


def _too_large(message: str) -> AgentryError:
    hint = "Send at most 5 MB, 20 MB when expanded, and 10,000 events a request."
    return AgentryError(413, "body_too_large", message, hint)


def _bad_compression(name: str) -> AgentryError:
    message = f"The body is not valid {name}: it is cut short or damaged."
    return AgentryError(400, "bad_compression", message, "Compress it whole, and name what it is.")


def _incomplete() -> AgentryError:
    message = "The body is shorter than its Content-Length."
    return AgentryError(400, "incomplete_body", message, "Send the whole body again.")
