"""A body → the bytes of each of its events, in bounded memory whatever was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Raw

from agentry.errors import AgentryError

EVENTS = 10_000
BLANK = b" \t\r\n"
_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_LINE_OF_ELSE = re.compile(rb"\n[ \t\r]*[^ \t\r\n{]")
_BETWEEN = re.compile(rb"[ \t\r\n,]*")
# msgspec has no list that stops early: 20 MB of `[{},{},…` would become 480 MB of Raw before their number is
# known. An array-like struct stops at its last field, but takes 0.1 ms even for one event.
_Many = msgspec.defstruct(
    "_Many", [(f"e{i}", Raw, None) for i in range(EVENTS)], array_like=True, forbid_unknown_fields=True
)
_few = msgspec.json.Decoder(list[Raw]).decode
_many = msgspec.json.Decoder(_Many).decode
_check = msgspec.json.Decoder(Raw).decode


def lines(body: bytes) -> Iterator[bytes]:
    """The lines that are not blank. Raises 413 `too_many_events`."""
    for index, line in enumerate(_LINE.finditer(body)):
        if index == EVENTS:
            raise _too_many()
        yield line[0].rstrip(BLANK)


def is_lines(body: bytes) -> bool:
    """Whether a body that starts with `{` has several lines, and each of them does."""
    return b"\n" in body and not _LINE_OF_ELSE.search(body)


def check_syntax(body: bytes) -> None:
    """Build nothing. Raises 400 `not_json`, `too_deep`."""
    try:
        _check(_without_surrogates(body))
    except RecursionError:
        raise _too_deep() from None
    except msgspec.DecodeError:
        raise _not_json() from None


def elements(body: bytes) -> Iterator[bytes]:
    """The elements of a JSON array. Raises 400 `not_json`, `too_deep`, 413 `too_many_events`."""
    try:
        return map(bytes, _split(body))
    except RecursionError:
        raise _too_deep() from None
    except msgspec.ValidationError:
        raise _too_many() from None
    except msgspec.DecodeError:
        return _elements_with_surrogates(body)


def _split(body: bytes) -> list[Raw]:
    if body.count(b",") < EVENTS:
        return _few(body)
    return [raw for raw in msgspec.structs.astuple(_many(body)) if raw is not None]


def _elements_with_surrogates(body: bytes) -> Iterator[bytes]:
    """Split where a copy without surrogates splits: it has the same length and the same structure."""
    try:
        raws = _split(_without_surrogates(body))
    except msgspec.ValidationError:
        raise _too_many() from None
    except msgspec.DecodeError:
        raise _not_json() from None
    return _same_places(body, raws)


def _same_places(body: bytes, raws: list[Raw]) -> Iterator[bytes]:
    end = 1
    for raw in raws:
        between = _BETWEEN.match(body, end)
        start = between.end() if between else end
        end = start + len(bytes(raw))
        yield body[start:end]


def _without_surrogates(body: bytes) -> bytes:
    return body.replace(rb"\ud", rb"\u0").replace(rb"\uD", rb"\u0")


def _not_json() -> AgentryError:
    hint = "Send JSON (no NaN, no Infinity, no byte order mark), or one event a line as application/x-ndjson."
    return AgentryError(400, "not_json", "The body is not valid JSON.", hint)


def _too_deep() -> AgentryError:
    message = "The body is nested too deeply to be read."
    return AgentryError(400, "too_deep", message, "An event may have 32 levels.")


def _too_many() -> AgentryError:
    message = f"The body has more than {EVENTS:,} events."
    return AgentryError(413, "too_many_events", message, f"Send at most {EVENTS:,} events a request.")
