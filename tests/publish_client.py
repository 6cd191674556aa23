"""A client of the publications' REST that carries a token, and what tests of it share."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from agentry.accounts.models import ApiToken, Project, Team
from agentry.accounts.secrets import API_TOKEN, fingerprint, mint, prefix
from publications import visit

QUERY = "select properties.customer_id as customer_id, count() as calls from events group by customer_id"
BODY = {"recipe_id": "raw_hogql", "description": "Top 20 API customers", "params": {"query": QUERY}}
PUBLISH = "/v1/analytics/default/publish/"


class Api:
    """A client that carries a token and speaks JSON."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> HttpResponse:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        content_type = "application/json"
        return self.client.generic(method, path, data, content_type, headers=self.headers)  # type: ignore[return-value]

    def publish(self, **changes: Any) -> dict[str, str]:
        response = self.send("POST", PUBLISH, {**BODY, **changes})
        assert response.status_code == 201, response.content
        made: dict[str, str] = json.loads(response.content)
        return made


def other_team(slug: str = "other", scopes: tuple[str, ...] = ("query", "publish")) -> Api:
    team = Team.objects.create(name=slug, slug=slug)
    Project.objects.create(team=team, name="Default", slug="default")
    return token_of(team, scopes)


def token_of(team: Team, scopes: tuple[str, ...]) -> Api:
    secret = mint(API_TOKEN)
    ApiToken.objects.create(
        team=team, name="T", prefix=prefix(secret), secret_hash=fingerprint(secret), scopes=list(scopes)
    )
    return Api(secret)


def error_of(response: HttpResponse) -> dict[str, Any]:
    """The error object; also holds every error to the one shape."""
    error: dict[str, Any] = json.loads(response.content)["error"]
    assert response["Content-Type"] == "application/json"
    assert {"code", "message", "hint"} <= error.keys()
    assert re.fullmatch("[a-z_]+", error["code"])
    assert error["message"].endswith(".")
    return error


def opens(url: str) -> int:
    """What a stranger gets who opens a public URL as JSON."""
    visit.forget()
    path, _, query = url.removeprefix("http://localhost:8000").partition("?")
    return Client().get(f"{path}.json?{query}").status_code
