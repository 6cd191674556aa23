"""The writer's own clock: a thread in each of Celery's processes that drains what nobody else drains.

Wake-ups and ticks come through Valkey. Where it is so full that it takes no message, or Celery has yet to
find it again, they do not come; but only the drain frees the memory.
"""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import redis
import structlog
from celery.signals import worker_process_init
from django.conf import settings
from django.db import connection

from analytics.write.drain import drain
from analytics.write.reader import Reader

PERIOD = 2.0
STILL = 4.0  # seconds in which the oldest entry has not changed: ticks come more often than that

log = structlog.get_logger()


class Watch:
    """What this process last saw of each shard's stream."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, float]] = {}  # shard → its oldest entry, and since when it is that

    def is_still(self, shard: int) -> bool:
        """Whether entries wait and none has left for a while."""
        oldest, now = Reader(shard).oldest(), time.monotonic()
        if oldest is None:
            self._seen.pop(shard, None)
            return False
        before, since = self._seen.get(shard, (None, now))
        if before != oldest:
            since = now
            self._seen[shard] = oldest, now
        return now - since >= STILL


def run() -> None:
    watch = Watch()
    while True:
        time.sleep(PERIOD * random.uniform(0.5, 1.5))
        for shard in range(settings.SHARDS):
            try:
                if watch.is_still(shard):
                    drain(shard)
            except redis.RedisError:
                continue
            except Exception:
                log.exception("timer_failed", shard=shard)
            finally:
                connection.close()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def start(**_: Any) -> None:
    threading.Thread(target=run, name="drain-timer", daemon=True).start()
