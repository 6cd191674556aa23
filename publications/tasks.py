"""What runs periodically for publications."""

from __future__ import annotations

from celery import shared_task

from publications import tally


@shared_task(name="publications.flush_views", ignore_result=True)  # type: ignore[untyped-decorator]
def flush_views() -> None:
    tally.flush()
