"""Views of links: counted in Valkey, so that no view waits for PostgreSQL; a task moves them there."""

from __future__ import annotations

from contextlib import suppress
from typing import cast

from django.db.models import F
from django.utils import timezone
from redis.exceptions import RedisError, ResponseError

from agentry import valkey
from publications.models import Link

VIEWS = "publication:views"  # hash: link's id → views
MOVING = "publication:views:moving"


def count(link_id: int) -> None:
    with suppress(RedisError):  # a view is worth showing even if nobody counts it
        valkey.client().hincrby(VIEWS, str(link_id), 1)


def flush() -> int:
    """Move the counts to PostgreSQL and return how many views they were. Raises RedisError.

    They are set aside first, so that views that come meanwhile are not lost. A flush that dies half-way is
    taken up by the next one, which may count a link's last views twice: this is no ledger.
    """
    with suppress(ResponseError):  # nothing was viewed, or the last flush died: there is MOVING already
        valkey.client().renamenx(VIEWS, MOVING)
    views = cast(dict[bytes, bytes], valkey.client().hgetall(MOVING))
    now = timezone.now()
    for link_id, number in sorted(views.items()):
        Link.objects.filter(pk=int(link_id)).update(views=F("views") + int(number), last_viewed_at=now)
    valkey.client().delete(MOVING)
    return sum(int(number) for number in views.values())
