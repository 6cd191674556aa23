"""A body's bytes → its events, each with the bytes it was sent in. Every event is parsed once.

msgspec parses. What it refuses and JSON allows (a lone surrogate, 1e999) and what PostgreSQL cannot store (a
NUL) is repaired in that event alone. Duplicate keys: the last one wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, NoReturn

import msgspec

from agentry.errors import AgentryError
from analytics.ingest.limits import check_long_numbers, check_shape, refuse_number
from analytics.ingest.ordinary import ordinary
from analytics.ingest.split import BLANK, check_syntax, elements, is_lines, lines
from analytics.ingest.verdicts import Verdict

EVENT_BYTES = 256 * 1024
LINES_TYPES = frozenset(
    f"application/{name}"
    for name in ("x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-lines")
)
_LONE_SURROGATE = re.compile(
    rb"""\\u[dD][89abAB][0-9a-fA-F]{2} (?!\\u[dD][c-fC-F][0-9a-fA-F]{2})
       | (?<!\\u[dD][89abAB][0-9a-fA-F]{2}) \\u[dD][c-fC-F][0-9a-fA-F]{2}""",
    re.VERBOSE,
)
_parse = msgspec.json.Decoder().decode
Read = Callable[[bytes], "Sent"]


class Sent(NamedTuple):
    """An event as it was sent: its bytes, and its parsed value or the verdict that it has none."""

    raw: bytes
    value: object


def sent_as(raw: bytes) -> Sent:
    """One event of those bytes, parsed."""
    try:
        value = parse(raw)
    except Verdict as verdict:
        return Sent(raw, verdict.bare())
    return _shaped(raw, value)


def judged_as(raw: bytes) -> Sent:
    """One event of those bytes, for `judge` alone: an Ordinary if it is one, else parsed."""
    value = ordinary(raw)
    return sent_as(raw) if value is None else Sent(raw, value)


def events(body: bytes, content_type: str = "", read: Read = sent_as) -> Iterator[Sent]:
    """The events of a body: one object, an array, or NDJSON, at most 10,000.

    NDJSON is known by its Content-Type, or by several lines that each start with `{`. Raises AgentryError
    400 `empty_body`, `not_utf8`, `not_json`, `too_deep`, `not_an_event`; 413 `too_many_events`; some of them
    only while the events are taken.
    """
    body = body.strip(BLANK)
    if not body:
        message = "The body is empty."
        raise AgentryError(400, "empty_body", message, "Send one event, an array of events, or NDJSON.")
    check_utf8(body)
    if content_type.partition(";")[0].strip().lower() in LINES_TYPES:
        return map(read, lines(body))
    if body.startswith(b"["):
        return map(read, elements(body))
    if body.startswith(b"{"):
        return _object_or_lines(body, read)
    return _refuse_scalar(body)


def parse(raw: bytes) -> object:
    """The value of one event's bytes. Raises Verdict `too_large`, `too_deep`, `not_json`, `bad_number`."""
    if len(raw) > EVENT_BYTES:
        raise Verdict("too_large", f"The event is larger than {EVENT_BYTES // 1024} KB.")
    if b"\\u0000" in raw:
        raw = storable(raw)
    try:
        value = _parse(raw)
    except RecursionError:
        raise Verdict("too_deep", "The event is nested too deeply to be read.") from None
    except msgspec.DecodeError:
        value = _parse_repaired(storable(raw))
    check_long_numbers(raw)
    return value


def _parse_repaired(raw: bytes) -> object:
    try:
        return _parse(raw)
    except RecursionError:
        raise Verdict("too_deep", "The event is nested too deeply to be read.") from None
    except msgspec.ValidationError:
        refuse_number(raw)
    except msgspec.DecodeError:
        raise Verdict("not_json", "The event is not valid JSON.") from None


def storable(raw: bytes) -> bytes:
    r"""The same JSON with \ufffd for each NUL, and for each surrogate that stands alone.

    Escaped backslashes are hidden meanwhile as NUL bytes, which JSON has not, so that `\\u0000` stays."""
    if b"\0" in raw:
        return raw
    raw = raw.replace(rb"\\", b"\0\0").replace(rb"\u0000", rb"\ufffd")
    return _LONE_SURROGATE.sub(rb"\\ufffd", raw).replace(b"\0\0", rb"\\")


def _shaped(raw: bytes, value: object) -> Sent:
    try:
        check_shape(raw, value)
    except Verdict as verdict:
        return Sent(raw, verdict.bare())
    return Sent(raw, value)


def _object_or_lines(body: bytes, read: Read) -> Iterator[Sent]:
    if len(body) > EVENT_BYTES:
        return _large_object_or_lines(body, read)
    if read is judged_as and (found := ordinary(body)):
        return iter((Sent(body, found),))
    try:
        value = parse(body)
    except Verdict as verdict:
        if verdict.code == "bad_number":
            return iter((Sent(body, verdict.bare()),))
        if verdict.code == "not_json" and is_lines(body):
            return map(read, lines(body))
        hint = "Send JSON (no NaN, no Infinity), or one event a line as application/x-ndjson."
        raise AgentryError(400, verdict.code, verdict.message, hint) from None
    return iter((_shaped(body, value),))


def _large_object_or_lines(body: bytes, read: Read) -> Iterator[Sent]:
    """As one object it is too large, and only checked, not built: 20 MB would take 400 MB."""
    try:
        check_syntax(body)
    except AgentryError:
        if is_lines(body):
            return map(read, lines(body))
        raise
    return iter((sent_as(body),))


def _refuse_scalar(body: bytes) -> NoReturn:
    check_syntax(body)
    message = "The body is neither an event nor an array of events."
    raise AgentryError(400, "not_an_event", message, "Send a JSON object, or an array of objects.")


def check_utf8(body: bytes) -> None:
    """Raises 400 `not_utf8`."""
    if body.isascii():
        return
    try:
        body.decode()
    except UnicodeDecodeError:
        message = "The body is not UTF-8."
        raise AgentryError(400, "not_utf8", message, "Encode the JSON as UTF-8.") from None
