"""The audit log: what was done in a team, by whom, when. Never a secret."""

from __future__ import annotations

from agentry.accounts.models import AuditEntry, Team, User

SUBJECT = 200  # characters
# What each action is called. `user` None: through the API, or Agentry by itself.
WORDS = {
    "team.create": "team made",
    "team.rename": "team renamed",
    "team.two_steps": "two-step sign-in",
    "member.invite": "invited",
    "member.uninvite": "invitation revoked",
    "member.join": "joined",
    "member.role": "role changed",
    "member.remove": "removed",
    "member.leave": "left",
    "project.create": "project made",
    "project.delete": "project deleted",
    "project.export": "data taken out",
    "customer.delete": "customer's data deleted",
    "customer.note": "customer's notes changed",
    "key.issue": "DSN key made",
    "key.rotate": "DSN key rotated",
    "key.end": "DSN key ended",
    "key.revoke": "DSN key revoked",
    "token.issue": "API token made",
    "token.rotate": "API token rotated",
    "token.end": "API token ended",
    "token.revoke": "API token revoked",
    "limits.change": "limits set",
    "publication.publish": "published",
    "publication.change": "publication changed",
    "publication.rotate": "link rotated",
    "publication.revoke": "publication withdrawn",
}


def record(team: Team, user: User | None, action: str, subject: str) -> None:
    """Write an entry; a long subject loses its middle."""
    if len(subject) > SUBJECT:
        subject = f"{subject[: SUBJECT - 50]}…{subject[-49:]}"
    AuditEntry.objects.create(team=team, user=user, action=action, subject=subject)


def called(action: str) -> str:
    return WORDS.get(action, action)
