"""Into a team by a link: made by an admin for one address and one role, used once, within seven days."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from agentry.accounts import audit
from agentry.accounts.access import has_role, rank
from agentry.accounts.models import Invitation, Membership, Role, Team, User
from agentry.accounts.secrets import INVITATION, fingerprint, mint
from agentry.errors import AgentryError

LIVES = timedelta(days=7)
A_DAY = 100  # invitations of one team: each sends a mail to a stranger
log = structlog.get_logger()


def open_ones() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


def invite(actor: Membership, email: str, role: Role) -> tuple[Invitation, str]:
    """An invitation and its secret, which is mailed too; an open one for the same address ends.

    Raises 403 `above_you`, 409 `member_already`, 429 `too_many_invitations`.
    """
    team, email = actor.team, email.lower()
    if not has_role(actor, role):
        raise AgentryError(403, "above_you", f"You cannot invite as {role.value}.", "Choose a lesser role.")
    secret = mint(INVITATION)
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)  # one invitation at a time
        if Membership.objects.filter(team=team, user__email=email).exists():
            raise AgentryError(
                409, "member_already", f"{email} is a member already.", "Change the role there."
            )
        _refuse_flood(team)
        for earlier in open_ones().filter(team=team, email=email):
            _revoke(earlier, actor.user)
        invitation = Invitation.objects.create(
            team=team,
            email=email,
            role=role,
            secret_hash=fingerprint(secret),
            invited_by=actor.user,
            expires_at=timezone.now() + LIVES,
        )
        audit.record(team, actor.user, "member.invite", f"{email} as {role.value}")
        transaction.on_commit(partial(_mail, invitation, secret))
    return invitation, secret


def revoke(invitation: Invitation, user: User) -> bool:
    """Whether it was open until now."""
    with transaction.atomic():
        found = open_ones().select_for_update().filter(pk=invitation.pk).first()
        if found is not None:
            _revoke(found, user)
    return found is not None


def revoke_above(team: Team, user: User, role: Role | None) -> None:
    """End the open invitations of somebody whose role is now `role` (None: gone) that promise more."""
    for invitation in open_ones().filter(team=team, invited_by=user):
        if role is None or role in (Role.VIEWER, Role.MEMBER) or rank(invitation.role) > rank(role):
            _revoke(invitation, None)


def found_by(secret: str) -> Invitation | None:
    """The invitation of a link, whatever became of it."""
    rows = Invitation.objects.select_related("team", "invited_by")
    return rows.filter(secret_hash=fingerprint(secret)).first()


def accept(secret: str, user: User) -> Membership:
    """Come in. Its row is locked: of two who accept at once, one does; who is in already stays as is.

    Raises 404 `invitation_void` for a link that is unknown, used, revoked or too old; 403 `other_address`.
    """
    with transaction.atomic():
        rows = Invitation.objects.select_for_update(of=("self",)).select_related("team", "invited_by")
        invitation = rows.filter(secret_hash=fingerprint(secret)).first()
        if invitation is None:
            raise void()
        mine = Membership.objects.filter(team=invitation.team, user=user).select_related("team").first()
        if mine is not None:
            return mine
        if not is_open(invitation):
            raise void()
        if invitation.email != user.email.lower():
            message = f"This invitation is for {invitation.email}; you are signed in as {user.email}."
            raise AgentryError(403, "other_address", message, "Sign in with that address.")
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        membership = Membership.objects.create(team=invitation.team, user=user, role=invitation.role)
        audit.record(invitation.team, user, "member.join", f"{user.email} as {invitation.role}")
    return membership


def is_open(invitation: Invitation) -> bool:
    ended = invitation.accepted_at or invitation.revoked_at
    return ended is None and invitation.expires_at > timezone.now()


def void() -> AgentryError:
    message = "This invitation does not open anything any more."
    hint = (
        "It was used or revoked, it is older than seven days, or the link is not complete. Ask for a new one."
    )
    return AgentryError(404, "invitation_void", message, hint)


def link(secret: str) -> str:
    return f"{settings.URL}{reverse('join', args=[secret])}"


def _revoke(invitation: Invitation, user: User | None) -> None:
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    audit.record(invitation.team, user, "member.uninvite", invitation.email, "" if user else audit.ITSELF)


def _refuse_flood(team: Team) -> None:
    since = timezone.now() - timedelta(days=1)
    if Invitation.objects.filter(team=team, created_at__gt=since).count() >= A_DAY:
        message = f"This team has sent {A_DAY} invitations within a day."
        raise AgentryError(429, "too_many_invitations", message, "Try again tomorrow.", retry_after=3600)


def _mail(invitation: Invitation, secret: str) -> None:
    """The page shows the link too, so a mail that does not go out is no failure of the invitation."""
    context = {"invitation": invitation, "team": one_line(invitation.team.name), "link": link(secret)}
    body = render_to_string("accounts/email/invitation.txt", context)
    subject = f"An invitation to {one_line(invitation.team.name)} at Agentry"
    try:
        send_mail(subject, body, None, [invitation.email])
    except (OSError, SMTPException) as error:
        log.warning("invitation_not_mailed", invitation=invitation.pk, error=type(error).__name__)


def one_line(name: str) -> str:
    """A name for a mail: without line ends, and without signs that turn the direction of what follows."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
