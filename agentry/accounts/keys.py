"""Issue, rotate and revoke keys. The secret is returned once and stored nowhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from agentry.accounts import audit, keystore, mirror
from agentry.accounts.models import ApiToken, DsnKey, Project, Scope, Team, User
from agentry.accounts.secrets import API_TOKEN, DSN_KEY, fingerprint, mint, prefix
from agentry.errors import AgentryError

K = TypeVar("K", DsnKey, ApiToken)


def issue_dsn_key(
    project: Project, name: str, user: User | None, limits: Mapping[str, int | None] | None = None
) -> tuple[DsnKey, str]:
    """A new write-only key for one project, and its secret."""
    secret = mint(DSN_KEY)
    with transaction.atomic():
        key = DsnKey.objects.create(
            project=project,
            name=name,
            prefix=prefix(secret),
            secret_hash=fingerprint(secret),
            created_by=user,
            **(limits or {}),
        )
        _note(key, user, "issue")
        transaction.on_commit(partial(mirror.publish, key))
    return key, secret


def issue_api_token(
    team: Team, name: str, scopes: Collection[str], user: User | None
) -> tuple[ApiToken, str]:
    """A new token for a team, and its secret. Raises 400 `unknown_scope`."""
    unknown = set(scopes) - set(Scope.values)
    if unknown or not scopes:
        message = "A token needs at least one of the scopes query, publish and manage, and no other."
        raise AgentryError(400, "unknown_scope", message, "Choose among query, publish and manage.")
    secret = mint(API_TOKEN)
    with transaction.atomic():
        token = ApiToken.objects.create(
            team=team,
            name=name,
            scopes=sorted(set(scopes)),
            prefix=prefix(secret),
            secret_hash=fingerprint(secret),
            created_by=user,
        )
        _note(token, user, "issue", f" {' '.join(token.scopes)}")
        transaction.on_commit(partial(mirror.publish, token))
    return token, secret


def revoke(key: DsnKey | ApiToken, user: User | None = None) -> None:
    """End a key for good: every process refuses it within 5 seconds. Revoking twice changes nothing."""
    with transaction.atomic():
        live = type(key)._default_manager.filter(pk=key.pk, revoked_at=None)
        key.revoked_at = timezone.now()
        if not live.update(revoked_at=key.revoked_at):
            key.refresh_from_db(fields=["revoked_at"])
            return
        _note(key, user, "revoke")
        transaction.on_commit(partial(mirror.bury, key.secret_hash))


def rotate(key: K, overlap: timedelta, user: User | None) -> tuple[K, str]:
    """A successor with the key's name, scopes and limits, and its secret; the key itself lives for `overlap`
    more, and dies by itself. The row is locked, so that of two rotations at once one is refused.

    Raises 409 `key_is_revoked`, `key_ends_already`.
    """
    with transaction.atomic():
        locked = type(key)._default_manager.select_for_update(of=("self",)).get(pk=key.pk)
        _refuse_ending(locked)
        if isinstance(locked, DsnKey):
            limits = {name: getattr(locked, name) for name in keystore.LIMITS}
            successor, secret = issue_dsn_key(locked.project, locked.name, user, limits)
        else:
            successor, secret = issue_api_token(locked.team, locked.name, locked.scopes, user)
        locked.ends_at = timezone.now() + overlap
        locked.save(update_fields=["ends_at"])
        _note(locked, user, "rotate", f" until {locked.ends_at:%Y-%m-%d %H:%M}")
        transaction.on_commit(partial(mirror.publish, locked))
    key.ends_at = locked.ends_at
    return successor, secret


def end_due() -> int:
    """Revoke every key whose overlap is over, and say so in the audit log; how many. Nobody waits for this:
    each process has refused the key since its end."""
    ended = 0
    for model in (DsnKey, ApiToken):
        due = model._default_manager.filter(revoked_at=None, ends_at__lte=timezone.now())
        for key in due:
            with transaction.atomic():
                if model._default_manager.filter(pk=key.pk, revoked_at=None).update(revoked_at=key.ends_at):
                    _note(key, None, "end", by=audit.ITSELF)
                    transaction.on_commit(partial(mirror.bury, key.secret_hash))
                    ended += 1
    return ended


def _refuse_ending(key: DsnKey | ApiToken) -> None:
    if key.revoked_at is not None:
        raise AgentryError(409, "key_is_revoked", "This key is revoked.", "Make a new one.")
    if key.ends_at is not None:
        message = f"This key is rotated already: it ends on {key.ends_at:%d %b %Y, %H:%M} UTC."
        raise AgentryError(409, "key_ends_already", message, "Rotate its successor, or revoke this one.")


def _note(key: DsnKey | ApiToken, user: User | None, verb: str, more: str = "", by: str = "") -> None:
    """An entry of the audit log: the prefix, never the secret."""
    if isinstance(key, DsnKey):
        audit.record(key.project.team, user, f"key.{verb}", f"{key.project.slug} {key.prefix}{more}", by)
    else:
        audit.record(key.team, user, f"token.{verb}", f"{key.prefix}{more}", by)
