"""The Celery task that goes on with deletions. It carries nothing: what is to do stands in PostgreSQL."""

from __future__ import annotations

from celery import shared_task
from django.db import DatabaseError
from redis.exceptions import RedisError

from analytics.ingest.wake import tell
from analytics.keeping import deletion

SECONDS = 20.0


@shared_task(name=deletion.TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def delete() -> None:
    """Go on for a while; with more to do, let others have a turn and come back."""
    try:
        more = deletion.work(SECONDS)
    except (DatabaseError, RedisError):
        return  # beat tries again
    if more:
        tell(deletion.TASK)
