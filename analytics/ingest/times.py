"""Timestamps as clients send them, in milliseconds since the epoch.

A string is ISO 8601; without an offset it is UTC, and digits beyond the millisecond are cut. A number is
seconds since the epoch if it is nearer to zero than 10^11 (year 5138 in seconds, March 1973 in
milliseconds), otherwise milliseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from analytics.ingest.verdicts import Verdict

SECONDS_UNTIL = 100_000_000_000
DAY = 86_400_000
AHEAD = DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP_SECOND = re.compile(r"(:\d\d):60(?=[.,Z+-]|$)")


@dataclass(frozen=True)
class Clock:
    """When a request was received, and how far its events may lie from that, in milliseconds."""

    received_at: int
    oldest: int
    newest: int

    @classmethod
    def at(cls, received_at: int, retention_days: int) -> Clock:
        return cls(received_at, received_at - retention_days * DAY, received_at + AHEAD)


def milliseconds(value: object, field: str) -> int:
    """Raises Verdict `wrong_type` or `bad_timestamp`."""
    kind = type(value)
    if kind is str:
        return _of_text(value, field)  # type: ignore[arg-type]
    if kind is int:
        return value * 1000 if abs(value) < SECONDS_UNTIL else value  # type: ignore[operator, arg-type, return-value]
    if kind is float:
        return _of_float(value)  # type: ignore[arg-type]
    raise Verdict(
        "wrong_type", f"The {field} must be ISO 8601 text or a number of seconds or milliseconds.", field
    )


def _of_text(text: str, field: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _of_unusual(text.upper(), field)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    past = moment - _EPOCH
    return past.days * DAY + past.seconds * 1000 + past.microseconds // 1000


def _of_unusual(text: str, field: str) -> datetime:
    """A lower-case t or z, or a leap second: the first second of the next minute, as in POSIX time."""
    text, leaps = _LEAP_SECOND.subn(r"\1:59", text)
    try:
        return datetime.fromisoformat(text) + timedelta(seconds=leaps)
    except (ValueError, OverflowError):
        raise Verdict("bad_timestamp", f"The {field} is not an ISO 8601 date and time.", field) from None


def _of_float(number: float) -> int:
    if abs(number) < SECONDS_UNTIL:
        return round(number * 1_000_000) // 1000  # through microseconds: 1.001 s is 1000.9999… ms
    return int(number)
