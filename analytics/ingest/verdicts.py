"""Why one event is refused. A bad event never sinks the good ones beside it.

Codes, stable: `not_json` (a line of NDJSON), `not_an_object`, `too_large`, `too_deep`, `too_many_keys`,
`bad_number`, `missing_event`, `wrong_type`, `too_long`, `bad_uuid`, `bad_timestamp`,
`timestamp_out_of_window`.
"""

from __future__ import annotations

import json
import re
from typing import Any

FIELD_CHARS = 100
EXCERPT_CHARS = 500
EXCERPT_BYTES = 4 * EXCERPT_CHARS
PART_CHARS = 120
# What a client put into an event by mistake must not be shown again to whoever reads the rejects: our keys,
# others by how they are sent, and whatever is called a secret.
_SECRET = re.compile(r"(ag[dtp]_)[A-Za-z0-9_-]+")
_SENT = re.compile(r"(?i)\b(bearer|basic) +[\w.~+/=-]{8,}")
_CALLED = r"passw|secret|token|authori[sz]ation|api[_-]?key|cookie|credential|private[_-]?key"
_NAME = re.compile(_CALLED, re.IGNORECASE)
# Inside of a JSON text that stands in JSON the quotes have backslashes.
_NAMED = re.compile(
    rf"""(\\*"[^"]{{0,60}}?(?:{_CALLED})[^"]{{0,60}}"\s*:\s*)(\\*"(?:[^"\\]|\\.)*+"?|[^\s,}}\]"\\]+)""",
    re.IGNORECASE,
)


class Verdict(Exception):  # noqa: N818 (a refusal is a regular outcome)
    """One event's refusal: a code, a plain sentence that repeats no value, the field if one is at fault."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    def inside(self, name: str) -> Verdict:
        """The same verdict, seen from the object that holds `name`."""
        self.field = name if self.field is None else f"{name}.{self.field}"
        return self

    def bare(self) -> Verdict:
        """Without the frames that it came through, and the body that they hold."""
        self.__context__ = None
        return self.with_traceback(None)

    def shown(self, index: int) -> dict[str, Any]:
        """The verdict as the answer lists it; `index` counts the request's events from 0."""
        field = self.field[:FIELD_CHARS] if self.field is not None else None
        return {"index": index, "code": self.code, "field": field, "message": self.message}


def excerpt(raw: bytes) -> str:
    """The beginning of an event as it was sent, at most 500 characters, without what looks like a secret."""
    return without_secrets(raw[:EXCERPT_BYTES].decode(errors="replace"))[:EXCERPT_CHARS]


def without_secrets(text: str) -> str:
    """JSON text to be shown."""
    text = _SECRET.sub(r"\1…", _NAMED.sub(r'\1"…"', text))
    return _SENT.sub(r"\1 …", text)


class _Large(str):
    """What stands for an object or an array: it is named, not written out."""


def fault(value: object, field: str | None) -> object:
    """What stands in a parsed event where its verdict points; a scalar, or None if there is nothing.

    Told apart from saying it, because there may be 10,000 of them, of which few are kept."""
    if type(value) is Verdict:
        return None  # it has no value
    found = value if field is None else _inside(value, field)
    if type(found) is dict:
        return None if field is None else _Large(f"{{…}} with {len(found)} key{'s' * (len(found) != 1)}")
    if type(found) is list:
        return _Large(f"[…] with {len(found)} element{'s' * (len(found) != 1)}")
    if type(found) is str and field is not None and _NAME.search(field.rpartition(".")[2]):
        return _Large('"…"')
    return found


def part(found: object) -> str | None:
    """A fault as JSON, at most some 120 characters, without what looks like a secret."""
    if found is None or type(found) is _Large:
        return None if found is None else str(found)
    if type(found) is not str:
        return json.dumps(found)[:PART_CHARS]
    said = without_secrets(json.dumps(found[:PART_CHARS], ensure_ascii=False))
    return said if len(found) <= PART_CHARS else f'{said[:-1]}…" of {len(found)} characters'


def _inside(value: object, field: str) -> object:
    """A name may have dots of its own."""
    while type(value) is dict:
        if field in value:
            return value[field]
        name, dot, field = field.partition(".")
        value = value.get(name) if dot else None
    return None
