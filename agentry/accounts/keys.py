"""Issue and revoke keys. The secret is returned once and stored nowhere."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from django.db import transaction
from django.utils import timezone

from agentry.accounts import mirror
from agentry.accounts.models import ApiToken, AuditEntry, DsnKey, Project, Scope, Team, User
from agentry.accounts.secrets import API_TOKEN, DSN_KEY, fingerprint, mint, prefix
from agentry.errors import AgentryError


def issue_dsn_key(project: Project, name: str, user: User | None) -> tuple[DsnKey, str]:
    """A new write-only key for one project, and its secret."""
    secret = mint(DSN_KEY)
    with transaction.atomic():
        key = DsnKey.objects.create(
            project=project,
            name=name,
            prefix=prefix(secret),
            secret_hash=fingerprint(secret),
            created_by=user,
        )
        _record(project.team, user, "key.issue", f"{project.slug} {key.prefix}")
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
        _record(team, user, "token.issue", f"{token.prefix} {' '.join(token.scopes)}")
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
        if isinstance(key, DsnKey):
            _record(key.project.team, user, "key.revoke", f"{key.project.slug} {key.prefix}")
        else:
            _record(key.team, user, "token.revoke", key.prefix)
        transaction.on_commit(partial(mirror.bury, key.secret_hash))


def _record(team: Team, user: User | None, action: str, subject: str) -> None:
    AuditEntry.objects.create(team=team, user=user, action=action, subject=subject)
