"""The whole story on a running Agentry: events in, the answer out, published; then the same in a browser."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.stack import Stack
from tests.walkthrough import DAILY, TOP_20

pytestmark = pytest.mark.stack

QUERYABLE_SECONDS = 5.0
# What the walkthrough's Hono middleware sends, to the letter; fetch sets no other header that matters.
HONO = {"Content-Type": "application/json", "User-Agent": "myapi-edge/1.0"}


def hono_event(customer: str) -> dict[str, Any]:
    properties = {"customer_id": customer, "plan": "pro", "endpoint": "/v1/things/:id", "method": "GET"}
    return {"event": "api_request", "distinct_id": customer, "properties": properties | {"ip_country": "DE"}}


def client(stack: Stack, secret: str = "") -> httpx.Client:
    headers = HONO | ({"Authorization": f"Bearer {secret}"} if secret else {})
    return httpx.Client(base_url=stack.url, headers=headers, timeout=30)


def until(question: httpx.Client, query: str, wanted: Any) -> float:
    """Seconds until the query's first value is `wanted`."""
    started = time.monotonic()
    while time.monotonic() - started < 30:
        rows = question.post("/v1/analytics/default/query/", json={"query": query}).json()["rows"]
        if rows and next(iter(rows[0].values())) == wanted:
            return time.monotonic() - started
        time.sleep(0.05)
    raise AssertionError(f"not answered: {query}")


def test_an_event_is_queryable_within_seconds(stack: Stack) -> None:
    send, question = client(stack, stack.facts["dsn"]), client(stack, stack.facts["api_token"])
    answer = send.post(f"/v1/analytics/{stack.facts['project']}/", json=hono_event("first_corp"))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "rejected": []})
    count = "select count() as n from events where properties.customer_id = 'first_corp'"
    assert until(question, count, 1) < QUERYABLE_SECONDS


def acme_days(question: httpx.Client) -> dict[str, int]:
    rows = question.post("/v1/analytics/default/query/", json={"query": DAILY}).json()["rows"]
    return {row["day"]: row["calls"] for row in rows if row["customer_id"] == "acme_corp"}


def test_sent_asked_and_published(stack: Stack) -> None:
    """A bad event beside good ones; both queries of the walkthrough; the publication's page, JSON and CSV."""
    send, question = client(stack, stack.facts["dsn"]), client(stack, stack.facts["api_token"])
    now = datetime.now(UTC)
    batch: list[Any] = [
        hono_event("acme_corp") | {"timestamp": (now - timedelta(days=day, minutes=1)).isoformat()}
        for day in range(10)
    ]
    before = acme_days(question)  # the clients' tests send as acme_corp too, if this stack served them
    answer = send.post("/v1/analytics/default", params={"wait": "true"}, json=[*batch, {"properties": {}}])
    assert answer.status_code == 200
    assert (answer.json()["stored"], [bad["index"] for bad in answer.json()["rejected"]]) == (10, [10])

    rows = question.post("/v1/analytics/default/query/", json={"query": TOP_20}).json()["rows"]
    acme = next(row for row in rows if row["customer_id"] == "acme_corp")
    days = acme_days(question)
    assert [calls - before.get(day, 0) for day, calls in days.items()] == [1] * 10
    assert (acme["total_calls"], acme["active_days"]) == (sum(days.values()), 10)

    body = {
        "recipe_id": "raw_hogql",
        "description": "Top 20 API customers by 30d volume",
        "params": {"query": TOP_20},
    }
    published = question.post("/v1/analytics/default/publish/", json=body)
    assert published.status_code == 201
    assert set(published.json()) == {"publication_id", "public_url"}

    public = httpx.Client(follow_redirects=True)
    page = public.get(published.json()["public_url"])
    assert "acme_corp" in page.text
    assert "key=" not in str(page.url)
    data = public.get(f"{page.url}.json").json()["rows"]
    assert next(row for row in data if row["customer_id"] == "acme_corp") == acme
    assert public.get(f"{page.url}.csv").text.startswith(
        "customer_id,total_calls,active_days,last_call_at\r\n"
    )
    assert httpx.get(str(page.url)).status_code == 404  # no key, no cookie


@pytest.mark.browser
def test_a_person_signs_in_reads_publishes_and_hands_on_the_link(stack: Stack, browser: Browser) -> None:
    client(stack, stack.facts["dsn"]).post(
        "/v1/analytics/default/", params={"wait": "true"}, json=[hono_event("wayne_ent")] * 3
    )
    page = browser.new_context().new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(stack.url)
    page.locator("input[type=email]").fill(stack.facts["email"])
    page.locator("input[type=password]").fill(stack.facts["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="wayne_ent")
    expect(row).to_contain_text("new")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Publications")).to_be_visible()
    link = page.locator("code.copy.secret").text_content()
    assert link is not None

    stranger = browser.new_context().new_page()  # a fresh browser: no session, no cookie
    stranger.on("console", lambda message: said.append(message.text))
    stranger.goto(link)
    expect(stranger.get_by_role("row").filter(has_text="wayne_ent")).to_be_visible()
    assert "key=" not in stranger.url
    assert not [text for text in said if "Error" in text or "violates" in text], said
