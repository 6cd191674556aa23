"""Keep Valkey's copy of the keys true to PostgreSQL, also when a write-through did not get through.

A key that could not be published costs one question to PostgreSQL. A tombstone that could not be left would
let a revoked key live on, so it is tried again every half second for as long as this process lives, and
`sweep` leaves it again from any worker should the process have died in between.
"""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog
from django.utils import timezone
from redis.exceptions import RedisError

from agentry.accounts import keystore
from agentry.accounts.models import ApiToken, DsnKey

RETRY = 0.5  # seconds

_unburied: set[str] = set()
_lock = threading.Lock()
log = structlog.get_logger()


def publish(key: DsnKey | ApiToken) -> None:
    """Tell Valkey of a live key."""
    try:
        keystore.put(key.secret_hash, keystore.access_of(key))
    except RedisError as error:
        log.warning("key_not_published", key=key.pk, error=type(error).__name__)


def bury(mark: str) -> None:
    """Tell Valkey of a revoked key, now or as soon as it can hear."""
    try:
        keystore.bury([mark])
    except RedisError as error:
        log.warning("revocation_delayed", error=type(error).__name__)
        with _lock:
            _unburied.add(mark)
            if len(_unburied) == 1:  # else a thread is at it already
                threading.Thread(target=_bury_until_heard, name="bury-keys", daemon=True).start()


def sweep(within: timedelta) -> int:
    """Leave tombstones for every key revoked `within` that time; how many. Raises RedisError."""
    since = timezone.now() - within
    marks = [
        mark
        for model in (DsnKey, ApiToken)
        for mark in model._default_manager.filter(revoked_at__gt=since).values_list("secret_hash", flat=True)
    ]
    if marks:
        keystore.bury(marks)
    return len(marks)


def renew() -> int:
    """Publish every live key, so that Valkey knows them all should PostgreSQL go; how many."""
    live = 0
    for key in DsnKey.objects.filter(revoked_at=None).select_related("project").iterator():
        publish(key)
        live += 1
    for token in ApiToken.objects.filter(revoked_at=None).iterator():
        publish(token)
        live += 1
    return live


def _bury_until_heard() -> None:
    pause = threading.Event()
    while True:
        pause.wait(RETRY)
        with _lock:
            marks = list(_unburied)
        try:
            keystore.bury(marks)
        except RedisError:
            continue
        with _lock:
            _unburied.difference_update(marks)
            if not _unburied:
                return
