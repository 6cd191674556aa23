"""Events for the tests of the write side: appended as ingest does, and looked at in every table."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection

from agentry.accounts.models import Project
from analytics.ingest.batch import Batch
from analytics.ingest.event import AcceptedEvent, Entry
from analytics.ingest.stream import Receipt, append
from analytics.ingest.times import Clock
from analytics.write.accounting import accounting
from analytics.write.drain import drain
from tests.rollup_truth import TABLES, differences

NOW = int(time.time() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR


def event(**values: Any) -> AcceptedEvent:
    """An ordinary accepted event; `values` replace its own."""
    ordinary: dict[str, Any] = {
        "uuid": str(uuid.uuid4()),
        "timestamp": NOW,
        "floating": False,
        "event": "api_request",
        "distinct_id": "acme_corp",
        "customer_id": "acme_corp",
        "endpoint": "/v1/things",
        "method": "GET",
        "plan": "pro",
        "status": 200,
        "latency_ms": 12.5,
        "bytes": 512,
        "rest": '{"sdk_version":"1.2.0"}',
    }
    return AcceptedEvent(**{**ordinary, **values})


def send(project: Project | int, *events: AcceptedEvent, wait: bool = False, types: Any = None) -> Receipt:
    """Append events as one entry, by the ingest path's own function."""
    project_id = project if isinstance(project, int) else project.id
    entry = msgspec.structs.replace(Entry.of(project_id, NOW, events), property_types=types or {})
    batch = Batch(project_id, Clock.at(NOW, settings.RETENTION_DAYS))
    batch.entries.append((msgspec.msgpack.encode(entry), len(events)))
    batch.accepted = len(events)
    return append(batch, wait)


def drain_all() -> None:
    for shard in range(settings.SHARDS):
        assert drain(shard) is False


def ask(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def stored() -> Counter[str]:
    """uuid → rows."""
    return Counter(str(found) for (found,) in ask("SELECT uuid FROM events"))


def rollup_differences() -> list[tuple[Any, ...]]:
    """Rows of all levels that are not what the raw events say, and the other way round."""
    return [(table, *row) for table in TABLES for row in ask(differences(table))]


def assert_accounted(project: Project | int, **counts: int) -> None:
    """The identity holds, and the counts are these (rejected: all reasons)."""
    found = accounting(project if isinstance(project, int) else project.id)
    assert found.unaccounted == 0, found
    for outcome, events in counts.items():
        value = found.rejected.total() if outcome == "rejected" else getattr(found, outcome)
        assert value == events, (outcome, found)
