"""Why did it change, for programs: parts that sum, spans that are said, plain refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from agentry.accounts.models import Project
from tests.customers_page import calls
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/v1/analytics/default/changes/"


def get(token: str, **parameters: str) -> Any:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "test/1"}
    return Client().get(ADDRESS, parameters, headers=headers)


def test_the_parts_sum_to_the_change(project: Project, token: str) -> None:
    quotes = {
        "endpoint": "/v1/quotes",
        "status": 200,
        "method": "POST",
        "plan": "pro",
        "rest": {"sdk_version": "go/1"},
    }
    others = quotes | {"endpoint": "/v1/orders", "method": "GET"}
    store(
        project.pk,
        [
            *(each | quotes for each in [*calls("acme", range(1, 8), 1), *calls("acme", range(8, 15), 25)]),
            *(each | others for each in calls("acme", range(1, 15), 25)),
        ],
    )
    answer = get(token, customer_id="acme", window="7").json()
    why = answer["why"]
    assert why["sentence"].startswith("48% fewer calls than in the 7 days before: 168 of the 168 fewer have")
    assert (why["before"]["calls"], why["now"]["calls"], why["change"]) == (350, 182, -168)
    today = datetime.now(UTC).date()
    assert why["now"]["to"] == (today - timedelta(days=1)).isoformat()
    assert [split["by"] for split in why["splits"]] == ["endpoint", "method", "status", "plan"]
    for split in [*why["splits"], *answer["why_raw"]["splits"]]:
        assert sum(part["change"] for part in split["parts"]) == -168
    assert [split["by"] for split in answer["why_raw"]["splits"]] == ["SDK version", "country"]


def test_without_anything_to_compare_it_says_why(project: Project, token: str) -> None:
    store(project.pk, [*calls("acme", range(80)), *calls("new", range(1))])
    assert get(token, customer_id="acme").json()["nothing_to_compare"] is None
    answer = get(token, customer_id="new").json()
    assert answer["why"] is None
    assert answer["nothing_to_compare"] == "Its first call is today: there is nothing to compare yet"


def test_wrong_parameters_are_refused_plainly(project: Project, token: str) -> None:
    store(project.pk, calls("acme", range(3)))
    for parameters in (
        {},
        {"customer_id": "acme", "window": "8"},
        {"customer_id": "acme", "from": "2026-02-01", "to": "2026-01-01"},
        {"customer_id": "acme", "by": "hour"},
    ):
        response = get(token, **parameters)
        assert response.status_code == 400, parameters
        assert response.json()["error"]["code"] == "bad_parameter"
    for nobody in ("nobody", "", "a\0b", "x" * 5000):
        assert get(token, customer_id=nobody).status_code == 404
    assert get("agt_wrong", customer_id="acme").status_code == 401
