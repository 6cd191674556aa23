"""/healthz: the process is alive. /readyz: PostgreSQL and Valkey are there and fit to be used."""

from __future__ import annotations

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from agentry import valkey
from agentry.errors import AgentryError

_migrated = False  # once true, true for this code: nothing unapplies a migration under a running process


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    missing = [fault for fault in (postgres_fault(), valkey_fault()) if fault]
    if missing:
        raise AgentryError(
            503, "not_ready", " ".join(missing), "Wait, or see to the server it names.", retry_after=5
        )
    return JsonResponse({"status": "ready"})


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


def valkey_fault() -> str | None:
    """What Valkey lacks, as a sentence; None when an answered event is on its disk.

    A hosted Valkey may forbid CONFIG: what INFO says must do there.
    """
    try:
        client = valkey.client()
        if not client.info("persistence").get("aof_enabled"):
            return "Valkey keeps nothing on disk: set appendonly yes and appendfsync always."
        fsync = client.config_get("appendfsync")
        if fsync.get("appendfsync") != "always":
            return "Valkey writes to disk too late: set appendfsync always."
    except redis.ResponseError:
        return None
    except redis.RedisError:
        return "Valkey does not answer."
    return None


def refuse_forgetful_valkey() -> None:
    """At the start of web and worker in production: an event answered with 2xx must survive a crash."""
    fault = valkey_fault()
    if fault:
        raise ImproperlyConfigured(f"{fault} Production refuses to start without it (VALKEY_URL).")
