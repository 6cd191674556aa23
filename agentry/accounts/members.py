"""Who belongs to a team, and as what: changed under a lock of the team, so that one owner always stays.

Nobody gives a role above their own, and nobody touches somebody above them. Every change looks at the actor's
role anew, under the lock: whoever was demoted a moment ago may not go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from agentry.accounts import audit, invitations
from agentry.accounts.access import has_role, rank
from agentry.accounts.models import Membership, Role, Team, User
from agentry.errors import AgentryError, not_found

ABOVE = "Ask an owner of the team."
LAST_OWNER = "Make another member an owner first, or delete the team."


@contextmanager
def locked(team: Team) -> Iterator[None]:
    """One change of a team's members at a time."""
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)
        yield


def change_role(actor: Membership, member: int, role: Role) -> Membership:
    """Give a member of the actor's team a role. Raises 404, 403 `above_you`, 409 `last_owner`."""
    with locked(actor.team):
        found = _reachable(actor, member)
        if not has_role(_fresh(actor), role):
            raise AgentryError(403, "above_you", f"You cannot make somebody {role.value}.", ABOVE)
        if found.role == role:
            return found
        if role != Role.OWNER:
            _refuse_last_owner(found)
        was, found.role = found.role, role
        found.save(update_fields=["role"])
        audit.record(actor.team, actor.user, "member.role", f"{found.user.email}: {was} → {role.value}")
        invitations.revoke_above(actor.team, found.user, role)
    return found


def remove(actor: Membership, member: int) -> Membership:
    """Take a member out of the actor's team. Raises 404, 403 `above_you`, 409 `last_owner`."""
    with locked(actor.team):
        found = _reachable(actor, member)
        _end(found, actor.user, "member.remove")
    return found


def leave(membership: Membership) -> None:
    """Raises 409 `last_owner`."""
    with locked(membership.team):
        found = _fresh(membership)
        _end(found, found.user, "member.leave")


def sole_owner(membership: Membership) -> bool:
    """Whether the team would be without an owner if this member went."""
    if membership.role != Role.OWNER:
        return False
    owners = Membership.objects.filter(team=membership.team_id, role=Role.OWNER)
    return not owners.exclude(pk=membership.pk).exists()


def may_touch(actor: Membership, member: Membership) -> bool:
    return has_role(actor, Role.ADMIN) and rank(actor.role) >= rank(member.role)


def _end(membership: Membership, by: User, action: str) -> None:
    _refuse_last_owner(membership)
    audit.record(membership.team, by, action, f"{membership.user.email} ({membership.role})")
    invitations.revoke_above(membership.team, membership.user, None)
    membership.delete()


def _reachable(actor: Membership, member: int) -> Membership:
    """A member whom the actor may change."""
    found = Membership.objects.select_related("user", "team").filter(team=actor.team, pk=member).first()
    if found is None:
        raise not_found("The team has no such member.", "Reload the list of members.")
    if not may_touch(_fresh(actor), found):
        raise AgentryError(403, "above_you", f"You cannot change {found.user.email}.", ABOVE)
    return found


def _fresh(membership: Membership) -> Membership:
    """As it is now, under the lock. Raises 404 when it is gone."""
    found = Membership.objects.select_related("user", "team").filter(pk=membership.pk).first()
    if found is None:
        raise not_found("You are not a member of this team any more.", "Ask an owner of the team.")
    return found


def _refuse_last_owner(membership: Membership) -> None:
    if sole_owner(membership):
        message = f"{membership.user.email} is the only owner of {membership.team.name}."
        raise AgentryError(409, "last_owner", message, LAST_OWNER)
