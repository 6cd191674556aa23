"""When the writer last looked, and when beat last ticked: whether somebody works behind the web.

`ingest:pulse` has `drain:{shard}` and `beat` → milliseconds.
"""

from __future__ import annotations

import time

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from agentry import valkey

PULSE = "ingest:pulse"
LATE_SECONDS = 60.0  # beat wakes every drain each 2 seconds; a drain has a turn of 20 and its last batch
log = structlog.get_logger()


def drained(shard: int) -> None:
    _mark(f"drain:{shard}")


def ticked() -> None:
    _mark("beat")


def _mark(name: str) -> None:
    try:
        valkey.client().hset(PULSE, name, str(time.time_ns() // 1_000_000))
    except RedisError as error:
        log.warning("pulse_not_kept", error=type(error).__name__)


def seconds_since() -> dict[str, float | None]:
    """`drain:0`, `drain:1`, …, `beat` → seconds ago; None: never. Raises redis.RedisError."""
    found: dict[bytes, bytes] = valkey.client().hgetall(PULSE)  # type: ignore[assignment]
    now = time.time()
    names = [*(f"drain:{shard}" for shard in range(settings.SHARDS)), "beat"]
    marks = {name: found.get(name.encode()) for name in names}
    return {name: None if at is None else max(now - int(at) / 1000, 0.0) for name, at in marks.items()}
