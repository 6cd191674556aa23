"""What keeps the tables small: partitions ahead, and everything dropped at its age."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import redis
import structlog
from django.conf import settings
from django.db import connection

from analytics.engines import postgres_prune as prune
from analytics.write import partitions
from analytics.write.reader import Reader

LOCK = 0x6167726D
# A request received before midnight may be appended after it.
APPEND = timedelta(hours=1)
EVENT_TIMES = timedelta(days=8)
WRITTEN_ENTRIES = timedelta(days=1)

log = structlog.get_logger()


def maintain() -> None:
    """Do all of it, unless another process does. Each step is complete in itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return
        try:
            _maintain(datetime.now(UTC))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _maintain(now: datetime) -> None:
    partitions.ensure_ahead(now)
    partitions.analyze(now)
    oldest = oldest_entries()
    if oldest is None:
        return  # Valkey does not answer: events may wait there for what would be dropped
    # As of the oldest event that still waits: its day, accepted inside the window, keeps its partition, and
    # with it the knowledge of what was stored there.
    waiting = [datetime.fromtimestamp(first / 1000, UTC) for first in oldest.values() if first is not None]
    kept = partitions.first_kept(min([now, *waiting]) - APPEND)
    dropped = partitions.drop_before(kept)
    rollups = months_before(now, settings.ROLLUP_MONTHS)
    _in_steps(lambda: prune.rollups(rollups))
    _in_steps(lambda: prune.detail_keys(partitions.start(kept)))
    _in_steps(lambda: prune.event_times(now - EVENT_TIMES))
    for shard, first in oldest.items():
        prune.written_entries(shard, now - WRITTEN_ENTRIES, first)
    indexed = partitions.index_past(now)  # last: it waits for whoever reads for long
    log.info("maintained", dropped=_names(dropped), indexed=_names(indexed))


def oldest_entries() -> dict[int, int | None] | None:
    """Shard → milliseconds of the oldest entry in its stream, None for none; or None without Valkey."""
    try:
        return {shard: Reader(shard).oldest() for shard in range(settings.SHARDS)}
    except redis.RedisError:
        return None


def months_before(moment: datetime, months: int) -> datetime:
    """The start of the month that many months earlier."""
    month = moment.year * 12 + moment.month - 1 - months
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _names(days: list[date]) -> list[str]:
    return [day.isoformat() for day in days]


def _in_steps(step: Callable[[], int]) -> None:
    """Small transactions, so that no writer waits for long."""
    while step():
        pass
