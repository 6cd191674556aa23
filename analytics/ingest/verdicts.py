"""Why one event is refused. A bad event never sinks the good ones beside it.

Codes, stable: `not_json` (a line of NDJSON), `not_an_object`, `too_large`, `too_deep`, `too_many_keys`,
`bad_number`, `missing_event`, `wrong_type`, `too_long`, `bad_uuid`, `bad_timestamp`,
`timestamp_out_of_window`.
"""

from __future__ import annotations

import re
from typing import Any

FIELD_CHARS = 100
EXCERPT_CHARS = 500
EXCERPT_BYTES = 4 * EXCERPT_CHARS
# A key that a client put into an event by mistake must not be shown again to whoever reads the rejects.
_SECRET = re.compile(r"(ag[dtp]_)[A-Za-z0-9_-]+")


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
    """The beginning of an event as it was sent, at most 500 characters, without secrets of ours."""
    return _SECRET.sub(r"\1…", raw[:EXCERPT_BYTES].decode(errors="replace"))[:EXCERPT_CHARS]
