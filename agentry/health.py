"""/healthz: the process is alive. /readyz: PostgreSQL and Valkey are there and fit to be used, and how the
ingest behind them is doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import psycopg
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from agentry import valkey
from agentry.errors import AgentryError
from agentry.fitness import valkey_fault
from analytics.ingest.stream import BACKLOG
from analytics.write import pulse

NEARLY_FULL = 0.8

_migrated = False  # once true, true for this code: nothing unapplies a migration under a running process


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    """503 when this process should get no traffic; 200 with `warnings` when people should look."""
    faults = {"postgresql": postgres_fault(), "valkey": valkey_fault()}
    said: dict[str, Any] = {server: fault or "ok" for server, fault in faults.items()}
    missing = [fault for fault in faults.values() if fault]
    warnings: list[str] = []
    if faults["valkey"] is None:
        ingest = ingest_state()
        said |= {"backlog": ingest.backlog, "seconds_since": ingest.seconds_since}
        missing += ingest.faults
        warnings = ingest.warnings
    if missing:
        message, hint = " ".join(missing), "Wait, or see to the server it names."
        raise AgentryError(503, "not_ready", message, hint, retry_after=5, **said)
    return JsonResponse({"status": "ready", **said, "warnings": warnings})


@dataclass(frozen=True)
class IngestState:
    """`backlog` has events, limit and share; `seconds_since` what analytics.write.pulse says. Accepting goes
    on without a worker, so only a full backlog is a fault."""

    backlog: dict[str, float]
    seconds_since: dict[str, float | None]
    faults: list[str]
    warnings: list[str]


def ingest_state() -> IngestState:
    faults, warnings = [], []
    try:
        events, limit = int(cast(Any, valkey.client().get(BACKLOG)) or 0), settings.BACKLOG_EVENTS
        since = pulse.seconds_since()
    except redis.RedisError:
        return IngestState({}, {}, ["Valkey does not answer."], [])
    share = round(events / limit, 3)
    if share >= 1:
        faults.append("The backlog is full: new events are refused.")
    elif share >= NEARLY_FULL:
        warnings.append(f"The backlog is {share:.0%} full.")
    for name, ago in since.items():
        if ago is None or ago > pulse.LATE_SECONDS:
            last = "has never been seen" if ago is None else f"was last seen {ago:.0f} seconds ago"
            warnings.append(f"{'Beat' if name == 'beat' else f'The writer of shard {name[6:]}'} {last}.")
    rounded = {name: None if ago is None else round(ago, 1) for name, ago in since.items()}
    backlog = {"events": events, "limit": limit, "share": share}
    return IngestState(backlog, rounded, faults, warnings)


def postgres_fault() -> str | None:
    """What PostgreSQL lacks, as a sentence; None when it answers and every migration is applied."""
    global _migrated
    try:
        if _migrated:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        else:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, psycopg.Error):
        return "PostgreSQL does not answer."
    return None if _migrated else "PostgreSQL is not migrated: run manage.py migrate."
