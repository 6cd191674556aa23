"""What is periodic about keys."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from agentry.accounts import keys, keystore, last_used, limits, mirror

RECENT = timedelta(minutes=10)


@shared_task(name="accounts.flush_last_used", ignore_result=True)  # type: ignore[untyped-decorator]
def flush_last_used() -> None:
    last_used.flush()


@shared_task(name="accounts.bury_recently_revoked", ignore_result=True)  # type: ignore[untyped-decorator]
def bury_recently_revoked() -> None:
    """Every few seconds: should a process have died between its commit and its word to Valkey; and rotated
    keys whose time is over."""
    keys.end_due()
    mirror.sweep(RECENT)
    limits.sweep(RECENT)


@shared_task(name="accounts.mirror_keys", ignore_result=True)  # type: ignore[untyped-decorator]
def mirror_keys() -> None:
    """Every hour: Valkey knows every live key, and every revoked one that it could still hold alive."""
    mirror.sweep(keystore.REVOKED_FOR)
    mirror.renew()
