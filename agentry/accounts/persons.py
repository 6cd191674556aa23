"""A person: what Agentry knows of them, and how they go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from agentry.accounts import members
from agentry.accounts.endings import delete_team
from agentry.accounts.models import ApiToken, AuditEntry, DsnKey, Invitation, Membership, Role, Team, User
from agentry.errors import AgentryError


def known_of(user: User) -> dict[str, Any]:
    """Everything that Agentry keeps of a person, ready for JSON; secrets are not among it, nor is data that
    belongs to a team."""
    return {
        "email": user.email,
        "name": user.name,
        "joined_at": _at(user.joined_at),
        "last_sign_in_at": _at(user.last_login),
        "addresses": [
            {"email": address.email, "confirmed": address.verified}
            for address in EmailAddress.objects.filter(user=user).order_by("pk")
        ],
        "second_steps": [
            {"kind": step.type, "added_at": _at(step.created_at), "last_used_at": _at(step.last_used_at)}
            for step in Authenticator.objects.filter(user=user).order_by("pk")
        ],
        "sessions": [
            {"from": each.ip, "browser": each.user_agent, "signed_in_at": _at(each.created_at)}
            for each in UserSession.objects.filter(user=user).order_by("pk")
        ],
        "teams": [
            {"team": each.team.slug, "name": each.team.name, "role": each.role, "since": _at(each.joined_at)}
            for each in user.memberships.select_related("team").order_by("pk")
        ],
        "invitations_to_you": [
            {"team": each.team.name, "role": each.role, "at": _at(each.created_at)}
            for each in Invitation.objects.filter(email=user.email).select_related("team").order_by("pk")
        ],
        "keys_made": [
            {"name": key.name, "prefix": key.prefix, "made_at": _at(key.created_at)}
            for model in (DsnKey, ApiToken)
            for key in model._default_manager.filter(created_by=user).order_by("pk")
        ],
        "done": [
            {"team": entry.team.slug, "action": entry.action, "subject": entry.subject, "at": _at(entry.at)}
            for entry in AuditEntry.objects.filter(user=user).select_related("team").order_by("pk")
        ],
    }


def held_by(user: User) -> list[Team]:
    """Teams with other members whose only owner this is: they hold a person."""
    return [team for team in _sole_owner_in(user) if team.memberships.count() > 1]


def alone_in(user: User) -> list[Team]:
    """Teams without anybody else: they go with the person."""
    return [team for team in _sole_owner_in(user) if team.memberships.count() == 1]


def delete(user: User) -> None:
    """End an account; the teams that it was alone in are deleted with all their data. What was done for other
    teams stays theirs. Raises 409 `last_owner`; redis.RedisError, and then it can be asked for again."""
    for membership in user.memberships.select_related("team", "user"):
        if membership.team.memberships.count() == 1:
            delete_team(membership.team, user)
        else:
            members.leave(membership)
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if locked.memberships.exists():  # joined meanwhile
            message = "You have just joined a team."
            raise AgentryError(409, "joined_meanwhile", message, "Leave it first, then delete the account.")
        Invitation.objects.filter(email=user.email, accepted_at=None).delete()
        locked.delete()


def _sole_owner_in(user: User) -> list[Team]:
    owned = (
        Membership.objects.filter(user=user, role=Role.OWNER).select_related("team").order_by("team__name")
    )
    return [membership.team for membership in owned if members.sole_owner(membership)]


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
