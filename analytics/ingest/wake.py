"""Wake whoever has something to do: the writer of a shard, or another task by its name."""

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
    """Send the drain's task. A failure loses nothing: beat ticks, and the events lie in the stream."""
    tell(TASK, shard, queue="drain")


def tell(task: str, *args: int, queue: str = "celery") -> None:
    """Send a task that beat sends as well, so that a failure only makes it late; with the id of the request
    that sends it."""
    by = {"request_id": get_contextvars().get("request_id")}
    try:
        _sender.send_task(task, args=args, queue=queue, retry=False, ignore_result=True, headers=by)
    except (KombuError, RedisError, OSError) as error:
        log.warning("task_not_sent", task=task, args=args, error=type(error).__name__)
