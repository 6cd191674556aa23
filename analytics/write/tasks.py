"""The Celery tasks of the write side. None carries an event: they only say that there is something to do."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from analytics.write import drain as draining
from analytics.write import (
    maintenance,
    pulse,
    timer,  # noqa: F401  (starts with each of the worker's processes)
)

MAINTENANCE_SECONDS = 1800


@shared_task(name="analytics.write.drain")  # type: ignore[untyped-decorator]
def drain(shard: int) -> None:
    """Drain a shard; with more to do at the end of its time, let others have a turn and come back."""
    pulse.drained(shard)
    if draining.drain(shard):
        drain.apply_async((shard,))
    pulse.drained(shard)


@shared_task(name="analytics.write.tick")  # type: ignore[untyped-decorator]
def tick() -> None:
    """Only beat sends it: that it comes shows that beat is alive."""
    pulse.ticked()


@shared_task(  # type: ignore[untyped-decorator]
    name="analytics.write.maintain",
    soft_time_limit=MAINTENANCE_SECONDS,
    time_limit=MAINTENANCE_SECONDS + 60,
)
def maintain() -> None:
    maintenance.maintain()


@worker_ready.connect  # type: ignore[untyped-decorator]
def maintain_at_start(**_: Any) -> None:
    maintain.apply_async(expires=600)
