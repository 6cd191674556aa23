"""Questions in HogQL, answered over HTTP from real rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from agentry.accounts.models import Project

pytestmark = pytest.mark.django_db(transaction=True)

TOP_20 = """
select
properties.customer_id as customer_id,
count() as total_calls,
count(distinct toDate(timestamp)) as active_days,
max(timestamp) as last_call_at
from events
where event = 'api_request' and timestamp > now() - interval 30 day
group by customer_id
order by total_calls desc
limit 20
"""


def ask(client: Client, token: str, body: Any, project: str = "default") -> tuple[int, dict[str, Any]]:
    response = client.post(
        f"/v1/analytics/{project}/query/",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    return response.status_code, response.json()


def test_asks(client: Client, token: str, project: Project) -> None:
    status, body = ask(
        client, token, {"query": "select 1 as one, 'x' as x, toFloat('2.5') as f, 1/0 as inf, null as n"}
    )
    assert status == 200, body
    assert body["rows"] == [{"one": 1, "x": "x", "f": 2.5, "inf": None, "n": None}]
    status, body = ask(client, token, {"query": TOP_20, "explain": True})
    assert status == 200, body
    assert body["rows"] == []
