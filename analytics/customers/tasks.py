"""The Celery tasks that keep how customers stand. They carry nothing: what is due stands in PostgreSQL."""

from __future__ import annotations

import time

import structlog
from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from analytics.customers import standing
from analytics.customers.anew import TASK

SECONDS = 60.0  # begins nothing more after so long
LONGEST = 1800  # seconds; a million customers take some two minutes
log = structlog.get_logger()


@shared_task(  # type: ignore[untyped-decorator]
    name=TASK, soft_time_limit=LONGEST, time_limit=LONGEST + 60
)
def keep_standings() -> None:
    """Bring up to date what is due, the longest overdue first; what is left waits for the next tick."""
    until = time.monotonic() + SECONDS
    try:
        for kept in standing.due(timezone.now()):
            if not standing.keep(kept) or time.monotonic() > until:
                return
    except DatabaseError as error:
        log.warning("standings_failed", error=type(error).__name__)  # beat tries again


@shared_task(name="analytics.customers.begin_standings")  # type: ignore[untyped-decorator]
def begin_standings() -> None:
    standing.begin(timezone.now())
