"""Wake the writer of a shard."""

from __future__ import annotations

import structlog
from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError
from structlog.contextvars import get_contextvars

TASK = "analytics.write.drain"
# An app that only sends: the project's own may import everything, and so nothing below may import it.
_sender = Celery("wake", set_as_current=False)
_sender.config_from_object("django.conf:settings", namespace="CELERY")
_sender.conf.broker_transport_options = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
log = structlog.get_logger()


def wake(shard: int) -> None:
    """Send the drain's task, with the id of the request that wakes it. A failure loses nothing: beat ticks,
    and the events lie in the stream."""
    by = {"request_id": get_contextvars().get("request_id")}
    try:
        _sender.send_task(TASK, args=[shard], queue="drain", retry=False, ignore_result=True, headers=by)
    except (KombuError, RedisError, OSError) as error:
        log.warning("drain_not_woken", shard=shard, error=type(error).__name__)
