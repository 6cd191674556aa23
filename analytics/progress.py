"""How far answers reach: everything accepted up to this moment is stored."""

from __future__ import annotations

from datetime import UTC, datetime

import redis
from django.conf import settings

from agentry import valkey


def complete_through(now: datetime) -> datetime:
    """The moment at which the oldest event not yet written was accepted; `now` if all are written.

    A stream holds only what is not yet written, so its first id is the oldest. Without Valkey nothing is
    accepted either: `now`.
    """
    try:
        pipeline = valkey.client().pipeline(transaction=False)
        for shard in range(settings.SHARDS):
            pipeline.xrange(f"ingest:{shard}", count=1)
        heads = [head for head in pipeline.execute() if head]
    except redis.RedisError:
        return now
    oldest = min((int(head[0][0].split(b"-")[0]) for head in heads), default=None)
    return now if oldest is None else min(now, datetime.fromtimestamp(oldest / 1000, UTC))
