"""The audit log: what was done in a team, by whom, when. Never a secret."""

from __future__ import annotations

from structlog.contextvars import get_contextvars

from agentry.accounts.models import ApiToken, AuditEntry, Team, User

SUBJECT = 200  # characters
ITSELF = "Agentry"
TOKEN = "token"  # the context of a log line, and of an entry: the id of the API token that asks
# What each action is called.
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
    "dead_letters.replay": "dead letters replayed",
    "dead_letters.discard": "dead letters discarded",
    "property.change": "property's type set",
    "property.forget": "property forgotten",
    "query.share": "query shared",
    "query.unshare": "query not shared any more",
    "query.change": "query changed",
    "query.delete": "query deleted",
    "thresholds.change": "thresholds set",
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


def record(team: Team, user: User | None, action: str, subject: str, by: str = "") -> None:
    """Write an entry; a long subject loses its middle. Where no person did it, the token that asked did, or
    who `by` names."""
    if len(subject) > SUBJECT:
        subject = f"{subject[: SUBJECT - 50]}…{subject[-49:]}"
    by = by or ("" if user else _token())
    AuditEntry.objects.create(team=team, user=user, by=by, action=action, subject=subject)


def who(entry: AuditEntry) -> str:
    """The address of a person, a token's prefix, or Agentry."""
    if entry.user is not None:
        return entry.user.email
    return entry.by or "a deleted account"


def _token() -> str:
    asks = get_contextvars().get(TOKEN)
    token = None if asks is None else ApiToken.objects.filter(pk=asks).first()
    return "the API" if token is None else f"{token.prefix}…"


def called(action: str) -> str:
    return WORDS.get(action, action)
