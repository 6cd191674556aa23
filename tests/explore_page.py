"""What tests of Explore share: the page as somebody sees it, asked by a form or by htmx."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from agentry.accounts.models import Membership, Role, Team, User

PAGE = "/t/acme/default/explore"
HTMX = {"HX-Request": "true"}


def as_member(team: Team, email: str, role: Role = Role.MEMBER) -> Client:
    user = User.objects.create_user(email)
    Membership.objects.create(team=team, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def hours_ago(hours: int, **event: Any) -> dict[str, Any]:
    return {"timestamp": datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours), **event}


def ask(client: Client, hogql: str, **more: str) -> str:
    """The page with the answer, as it comes without JavaScript."""
    return text(client.get(PAGE, {"query": hogql, "run": "1", **more}))


def text(response: HttpResponseBase) -> str:
    return bytes(response.content).decode()  # type: ignore[attr-defined]


def table(body: str) -> list[list[str]]:
    """The cells of the answer's rows, as text."""
    start = body.find('<table class="exact">')
    rows = re.findall(r"(?s)<tr>(.*?)</tr>", body[body.find("<tbody", start) :]) if start >= 0 else []
    return [[said(cell) for cell in re.findall(r"(?s)<td.*?</td>", row)] for row in rows]


def said(markup: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", markup).split()))


def query_shown(body: str) -> str:
    found = re.search(r'(?s)<textarea id="query".*?>(.*?)</textarea>', body)
    assert found is not None
    return unescape(found[1])
