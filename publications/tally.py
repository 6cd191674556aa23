"""Views of links: counted in the process, gathered in Valkey, moved to PostgreSQL by a task.

No view waits for any of it: a round trip to Valkey alone would take a third of a page from cache.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from typing import cast

from django.db.models import F
from django.utils import timezone
from redis.exceptions import RedisError, ResponseError

from agentry import valkey
from publications.models import Link

GATHERED_AFTER = 1.0  # seconds; a process that is killed forgets that much
VIEWS = "publication:views"  # hash: link's id → views
MOVING = "publication:views:moving"

_views: Counter[int] = Counter()
_lock = threading.Lock()
_timer: threading.Timer | None = None


def count(link_id: int) -> None:
    global _timer
    with _lock:
        _views[link_id] += 1
        if _timer is None:
            _timer = threading.Timer(GATHERED_AFTER, gather)
            _timer.daemon = True
            _timer.start()


def gather() -> None:
    """Add what this process has counted to Valkey. Without Valkey it is forgotten: this is no ledger."""
    global _timer
    with _lock:
        views = dict(_views)
        _views.clear()
        _timer = None
    with suppress(RedisError):
        pipeline = valkey.client().pipeline(transaction=False)
        for link_id, number in views.items():
            pipeline.hincrby(VIEWS, str(link_id), number)
        pipeline.execute()


def flush() -> int:
    """Move the counts to PostgreSQL and return how many views they were. Raises RedisError.

    They are set aside first, so that views that come meanwhile are not lost. A flush that dies half-way is
    taken up by the next one, which may count a link's last views twice.
    """
    with suppress(ResponseError):  # nothing was viewed, or the last flush died: there is MOVING already
        valkey.client().renamenx(VIEWS, MOVING)
    views = cast(dict[bytes, bytes], valkey.client().hgetall(MOVING))
    now = timezone.now()
    for link_id, number in sorted(views.items()):
        Link.objects.filter(pk=int(link_id)).update(views=F("views") + int(number), last_viewed_at=now)
    valkey.client().delete(MOVING)
    return sum(int(number) for number in views.values())
