"""How much a project and each of its DSN keys may send: none by default, changed by an admin.

The limits travel with what a key opens (`keystore.Access`), so ingest asks nobody for them, and a change
reaches every process as a revocation does: written through to Valkey, repeated by a worker for ten minutes,
believed for two seconds. Ingest counts against them (`analytics.ingest.rates`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agentry import valkey
from agentry.accounts import audit, mirror
from agentry.accounts.keystore import LIMITS
from agentry.accounts.models import DsnKey, Project, User
from agentry.errors import AgentryError

MOST = {"events_per_second": 1_000_000, "requests_per_second": 1_000_000, "events_per_month": 10**12}
CALLED = {
    "events_per_second": "events/s",
    "requests_per_second": "requests/s",
    "events_per_month": "events/month",
}


def change(holder: Project | DsnKey, wanted: Mapping[str, object], user: User | None) -> None:
    """Set the limits that `wanted` names; None takes one away. Raises 400 `unknown_field`, `wrong_type`,
    `out_of_range`, and changes nothing then."""
    for name, amount in wanted.items():
        _check(name, amount)
    with transaction.atomic():
        locked = type(holder)._default_manager.select_for_update().get(pk=holder.pk)
        before = [getattr(locked, name) for name in LIMITS]
        for name, amount in wanted.items():
            setattr(holder, name, amount)
            setattr(locked, name, amount)
        if before == [getattr(locked, name) for name in LIMITS]:
            return
        locked.limited_at = timezone.now()
        locked.save(update_fields=[*LIMITS, "limited_at"])
        _note(locked, user)
        transaction.on_commit(partial(_publish, locked))


def sweep(within: timedelta) -> int:
    """Publish again every key whose limits, or whose project's, changed `within` that time; how many."""
    since = timezone.now() - within
    changed = Q(limited_at__gt=since) | Q(project__limited_at__gt=since)
    keys = list(DsnKey.objects.filter(changed, revoked_at=None).select_related("project"))
    for key in keys:
        mirror.publish(key)
    return len(keys)


def month_key(holder: str, pk: int, at: datetime) -> str:
    """Where Valkey counts the events that were accepted in that month (UTC)."""
    return f"ingest:month:{holder}:{pk}:{at:%Y-%m}"


def used(holder: Project | DsnKey) -> int:
    """The events of this month that count against the limit. Raises RedisError."""
    name = "key" if isinstance(holder, DsnKey) else "project"
    found: bytes | None = valkey.client().get(month_key(name, holder.pk, datetime.now(UTC)))  # type: ignore[assignment]
    return int(found or 0)


def _publish(holder: Project | DsnKey) -> None:
    keys = DsnKey.objects.select_related("project").filter(revoked_at=None)
    for key in keys.filter(pk=holder.pk) if isinstance(holder, DsnKey) else keys.filter(project=holder):
        mirror.publish(key)


def _note(holder: Project | DsnKey, user: User | None) -> None:
    project = holder.project if isinstance(holder, DsnKey) else holder
    name = f"{project.slug} {holder.prefix}" if isinstance(holder, DsnKey) else project.slug
    limits = [
        f"{getattr(holder, kind)} {CALLED[kind]}" for kind in LIMITS if getattr(holder, kind) is not None
    ]
    subject = f"{name}: {', '.join(limits) or 'none'}"
    audit.record(project.team, user, "limits.change", subject)


def _check(name: str, amount: object) -> None:
    if name not in LIMITS:
        shown = name.encode("ascii", "backslashreplace").decode()[:100]
        hint = f"The limits are {', '.join(LIMITS)}."
        raise AgentryError(400, "unknown_field", f"There is no limit {shown}.", hint, field=shown)
    hint = f"Send a whole number from 1 to {MOST[name]:,}, or null for no limit."
    if amount is None:
        return
    if type(amount) is not int:
        raise AgentryError(400, "wrong_type", f"The limit {name} is not a whole number.", hint, field=name)
    if not 1 <= amount <= MOST[name]:
        raise AgentryError(400, "out_of_range", f"The limit {name} is out of range.", hint, field=name)
