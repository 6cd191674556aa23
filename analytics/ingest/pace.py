"""How much a project sends: its events by minute, and when the last one came.

`ingest:pace:{project}:{hour}` has for each minute of an hour the events received, and under the minute with
an `r` behind it those of them that were rejected. `ingest:last` has for each project when it last sent an
event, in milliseconds. The append's script raises both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agentry import valkey

LAST = "ingest:last"
MINUTES = 60  # shown
KEPT_SECONDS = 2 * 3600 + 60
_MINUTE, _HOUR = 60_000, 3_600_000


@dataclass(frozen=True)
class Minute:
    """Events received in the minute that begins at `at` (milliseconds), and those of them rejected."""

    at: int
    received: int = 0
    rejected: int = 0


def hour_name(project_id: int, at: int) -> str:
    return f"ingest:pace:{project_id}:{at // _HOUR}"


def minute(at: int) -> int:
    """The field of a moment in its hour."""
    return at // _MINUTE % MINUTES


def last_hour(project_id: int, now: int) -> list[Minute]:
    """60 minutes, the oldest first; the last one is under way. Raises redis.RedisError."""
    pipeline = valkey.client().pipeline(transaction=False)
    names = [hour_name(project_id, now - _HOUR), hour_name(project_id, now)]
    for name in names:
        pipeline.hgetall(name)
    hours: dict[str, dict[bytes, bytes]] = dict(zip(names, pipeline.execute(), strict=True))
    begun = now // _MINUTE * _MINUTE
    starts = range(begun - (MINUTES - 1) * _MINUTE, begun + 1, _MINUTE)
    return [_minute(hours[hour_name(project_id, at)], at) for at in starts]


def _minute(hour: dict[bytes, bytes], at: int) -> Minute:
    field = minute(at)
    return Minute(at, int(hour.get(b"%d" % field, 0)), int(hour.get(b"%dr" % field, 0)))


def last_received(project_id: int) -> int | None:
    """When the project's last event came, in milliseconds. Raises redis.RedisError."""
    found: Any = valkey.client().hget(LAST, str(project_id))
    return int(found) if found else None
