"""What a development stack needs before its first page: an account, keys, the demo, a publication."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress

from agentry.accounts.keys import issue_api_token, issue_dsn_key
from agentry.accounts.models import ApiToken, DsnKey, Membership, Project, Scope, User
from agentry.accounts.secrets import fingerprint
from agentry.accounts.teams import FIRST_PROJECT, create_team
from agentry.stack import facts
from analytics.customers.published import published
from analytics.customers.state import State
from analytics.demo import load_demo
from publications.links import public_url
from publications.models import Publication
from publications.publish import RAW_HOGQL, publish

EMAIL = "demo@example.com"
TEAM = "Demo"
TOP = 20
DESCRIPTION = f"Top {TOP} API customers by 30d volume"


def prepare(data_dir: Path, demo: bool) -> None:
    """Make what is missing, keep what is there; each step is written down as soon as it is done."""
    path = data_dir / facts.ACCOUNT
    known = facts.read(path)
    user = _user(path, known)
    project = _project(user)
    known |= {"team": project.team.slug, "project": project.slug}
    _keys(project, user, known)
    facts.write(path, known)
    if demo and not known.get("demo"):
        load_demo(project)
        facts.write(path, known := known | {"demo": True})
    known["publication_url"] = _publication_url(project, user, known)
    facts.write(path, known)


def _user(path: Path, known: dict[str, Any]) -> User:
    """The developer's user. Its password is written down before it is set, or it could be lost."""
    known.setdefault("email", EMAIL)
    known.setdefault("password", secrets.token_urlsafe(12))
    facts.write(path, known)
    user = User.objects.filter(email=known["email"]).first()
    if user is None:
        user = User.objects.create_user(known["email"], known["password"], name="Demo")
    EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    return user


def _project(user: User) -> Project:
    """The first project of the user's first team."""
    membership = Membership.objects.filter(user=user).select_related("team").order_by("id").first()
    team = membership.team if membership else create_team(TEAM, user)
    return team.projects.select_related("team").get(slug=FIRST_PROJECT)


def _keys(project: Project, user: User, known: dict[str, Any]) -> None:
    """A DSN key and a token with all scopes: those of last time, unless they have been revoked."""
    live = {"revoked_at": None}
    if not DsnKey.objects.filter(secret_hash=fingerprint(known.get("dsn", "")), **live).exists():
        known["dsn"] = issue_dsn_key(project, "Demo", user)[1]
    if not ApiToken.objects.filter(secret_hash=fingerprint(known.get("api_token", "")), **live).exists():
        known["api_token"] = issue_api_token(project.team, "Demo", Scope.values, user)[1]


def _publication_url(project: Project, user: User, known: dict[str, Any]) -> str:
    """The address of the walkthrough's dashboard; published once, and not again when it was revoked."""
    if "publication" not in known:
        publication, url = publish(
            project, RAW_HOGQL, DESCRIPTION, {"query": published(State(size=TOP))}, user
        )
        known["publication"] = publication.pk
        return url
    kept = Publication.objects.filter(pk=known["publication"], revoked_at=None).first()
    return (kept and public_url(kept)) or ""
