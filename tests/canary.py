"""Another team's project with one unmistakable text in every column, and questions that must not find it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client

from agentry.accounts.keys import issue_api_token, issue_dsn_key
from agentry.accounts.models import Membership, Project, Role, User
from agentry.accounts.teams import create_team
from tests.stored import store

CANARY = "canary-of-the-other-project"
CANARY_NUMBER = 1_987_654_321
OWN = "ours"
# What only PostgreSQL, psycopg or our own SQL would say.
FOREIGN_WORDS = re.compile(
    r"psycopg|sqlstate|line \d+:|syntax error at|relation \"|violates|agentry_query"
    r"|usage_(day|hour|detail|status|endpoint)"
    r"|pg_catalog\.\w+\(|public\.events does|::|traceback|permission denied|null value in",
    re.IGNORECASE,
)


def plant(own: Project) -> Project:
    """The other project, its events, rollups, keys and what else is kept of it; and two events of ours."""
    owner = User.objects.create_user(f"{CANARY}@example.com", name=CANARY)
    team = create_team(CANARY, owner)
    other = Project.objects.create(team=team, name=CANARY, slug=CANARY)
    guest = User.objects.create_user(f"guest-{CANARY}@example.com", name=CANARY)
    Membership.objects.create(team=team, user=guest, role=Role.VIEWER)
    issue_dsn_key(other, CANARY, owner)
    issue_api_token(team, CANARY, ["query"], owner)
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    texts = dict.fromkeys(("event", "distinct_id", "customer_id", "endpoint", "method", "plan"), CANARY)
    numbers = dict.fromkeys(("status", "latency_ms", "bytes"), CANARY_NUMBER)
    rest = {"project_id": CANARY, CANARY: CANARY, "tags": [CANARY], "deep": {"er": CANARY}}
    store(
        other.id,
        [{"timestamp": moment - timedelta(days=day), **texts, **numbers, "rest": rest} for day in range(3)],
    )
    store(own.id, [{"timestamp": moment, "customer_id": OWN, "endpoint": "/", "status": 200}] * 2)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO property_types VALUES (%s, %s, 'String')", [other.id, CANARY])
        cursor.execute(
            "INSERT INTO dead_letters (project_id, payload, sqlstate, reason) VALUES (%s, %s, '', %s)",
            [other.id, CANARY, CANARY],
        )
    return other


def ask(client: Client, token: str, hogql: str) -> tuple[int, dict[str, Any]]:
    """A question over HTTP, with its plan. Nothing of the canary, and no database's words, may come back."""
    response = client.post(
        "/v1/analytics/default/query/",
        json.dumps({"query": hogql, "explain": True}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    body: dict[str, Any] = response.json()
    said = response.content.decode()
    assert response.status_code in {200, 400, 413, 422, 429, 504}, said
    if CANARY not in hogql:
        assert CANARY not in said
    if str(CANARY_NUMBER) not in hogql:
        assert str(CANARY_NUMBER) not in said
    if response.status_code != 200:
        error = body["error"]
        assert error["message"]
        words = FOREIGN_WORDS.search(f"{error['message']} {error['hint']}")
        assert words is None or words[0] in hogql, said
    return response.status_code, body
