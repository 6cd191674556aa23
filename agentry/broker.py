"""Celery's transport over Valkey, as Celery finds it behind redis://, with one mend.

When the connection breaks while a task is received and not yet begun, kombu 5.7 first forgets the
connection's address and then wants to give the task back: AttributeError, of which Celery's worker dies. An
error of the connection it takes as what it is. The task is lost to nobody: what matters lies in the streams.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as ClosedError


class Channel(redis.Channel):
    def _connparams(self, *args: Any, **options: Any) -> Any:
        if self.connection.client is None:
            raise ClosedError("The connection to the broker is closed.")
        return super()._connparams(*args, **options)  # type: ignore[no-untyped-call]


class Transport(redis.Transport):
    Channel = Channel


TRANSPORT_ALIASES.update(redis="agentry.broker:Transport", rediss="agentry.broker:Transport")
