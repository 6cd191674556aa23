"""A load that goes on while something else is done: events sent, drained, and asked for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connections

from agentry.accounts.models import Project
from analytics.write import drain
from tests.ingest_client import Sender
from tests.publish_client import Api
from tests.write_events import ask, assert_accounted, drain_all, rollup_differences

QUERY = {"query": "select properties.customer_id as customer, count() as calls from events group by customer"}
EVENT = {"event": "api_request", "properties": {"customer_id": "acme_corp", "status": 200}}


@contextmanager
def load(dsn: str, token: str) -> Iterator[Counter[int]]:
    """Sends, drains and asks all along; gives the statuses of the answers."""
    statuses: Counter[int] = Counter()
    stop = threading.Event()

    def repeat(call: Callable[[], int | None]) -> None:
        try:
            while not stop.is_set():
                status = call()
                if status is not None:
                    statuses[status] += 1
                time.sleep(0.02)
        except BaseException:
            statuses[999] += 1
            raise
        finally:
            connections.close_all()

    sender, api = Sender(dsn), Api(token)
    calls: list[Callable[[], int | None]] = [
        lambda: sender.send([EVENT] * 5).status_code,
        lambda: api.send("POST", "/v1/analytics/default/query/", QUERY).status_code,
        lambda: drain_both(),
    ]
    threads = [threading.Thread(target=repeat, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


def drain_both() -> None:
    for shard in range(settings.SHARDS):
        drain.drain(shard, 0.5)


def settle(project: Project, statuses: Counter[int]) -> None:
    """Nothing failed, and everything that was answered is there."""
    drain_all()
    assert set(statuses) == {200, 202}, statuses
    sent = statuses[202] * 5
    assert ask("SELECT count(*) FROM events") == [(sent,)]
    assert_accounted(project, received=sent, stored=sent)
    assert rollup_differences() == []
