"""/mcp as an agent meets it: the official SDK's own client against a server process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import httpx2
import pytest
from django.db import connection
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from agentry.accounts.models import ApiToken, Project, Team
from agentry.accounts.secrets import API_TOKEN, fingerprint, mint, prefix
from publications.models import Publication
from tests.stored import store
from tests.walkthrough import TOP_20

HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}

pytestmark = pytest.mark.django_db(transaction=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(django_db_setup: None) -> Iterator[str]:
    """The address of a server process on the tests' own database and Valkey."""
    port = free_port()
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    url = f"{server}/{connection.settings_dict['NAME']}"
    environment = {**os.environ, "DATABASE_URL": url, "PORT": str(port)}
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "agentry.asgi:application"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/healthz", process)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server died"
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


def as_agent(served: str, token: str, work: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
    """Connect as the SDK does, with a token, and do the work."""

    async def connected() -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            transport = streamable_http_client(f"{served}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await work(client)

    # In a thread of its own: Playwright's loop, if a browser test ran before, holds this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, connected()).result()


def call(served: str, token: str, name: str, mode: str = "auto", /, **arguments: Any) -> CallToolResult:
    async def work(client: Client) -> CallToolResult:
        return await client.call_tool(name, arguments)

    result: CallToolResult = as_agent(served, token, work, mode)
    return result


def answer(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    structured: dict[str, Any] = result.structured_content or {}
    assert json.loads(result.content[0].text) == structured  # type: ignore[union-attr]
    return structured


def error(result: CallToolResult) -> dict[str, Any]:
    """The error object that an agent reads in a failed tool's text."""
    assert result.is_error
    found: dict[str, Any] = json.loads(result.content[0].text)["error"]  # type: ignore[union-attr]
    assert {"code", "message", "hint"} <= found.keys()
    return found


def token_of(team: Team, *scopes: str) -> str:
    secret = mint(API_TOKEN)
    ApiToken.objects.create(
        team=team, name="T", prefix=prefix(secret), secret_hash=fingerprint(secret), scopes=list(scopes)
    )
    return secret


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_an_agent_asks_and_publishes_as_in_the_walkthrough(
    served: str, token: str, project: Project, mode: str
) -> None:
    last = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2)
    times = [last, last - timedelta(days=1), last - timedelta(days=1, minutes=1)]
    store(project.pk, [{"timestamp": at, "customer_id": "acme_corp"} for at in times])
    asked = answer(call(served, token, "agentry_analytics_query", mode, project_id="default", query=TOP_20))
    assert asked["rows"] == [
        {
            "customer_id": "acme_corp",
            "total_calls": 3,
            "active_days": 2,
            "last_call_at": f"{last:%Y-%m-%dT%H:%M:%SZ}",
        }
    ]
    names = [column["name"] for column in asked["columns"]]
    assert names == ["customer_id", "total_calls", "active_days", "last_call_at"]
    made = answer(
        call(
            served,
            token,
            "agentry_publish_query",
            mode,
            recipe_id="raw_hogql",
            description="Top 20 API customers by 30d volume",
            params={"query": TOP_20},
        )
    )
    assert made.keys() == {"publication_id", "public_url"}
    path = made["public_url"].partition("/q/")[2].replace("?", ".json?")
    assert httpx.get(f"{served}/q/{path}").json()["columns"] == asked["columns"]


def test_the_tools_say_what_they_take(served: str, token: str) -> None:
    async def work(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in as_agent(served, token, work)}
    assert {"agentry_analytics_query", "agentry_publish_query", "agentry_revoke_publication"} <= tools.keys()
    query = tools["agentry_analytics_query"]
    assert query.input_schema["required"] == ["query"]
    assert query.annotations.read_only_hint
    assert tools["agentry_revoke_publication"].annotations.destructive_hint
    assert all(tool.description for tool in tools.values())


def test_a_wrong_query_is_a_tool_error_that_helps_to_mend_it(served: str, token: str) -> None:
    result = call(served, token, "agentry_analytics_query", query="select cout() from events")
    found = error(result)
    assert (found["line"], found["column"]) == (1, 8)
    assert "count" in found["hint"] + found["message"]


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("agentry_analytics_query", {}, "missing_field"),
        ("agentry_analytics_query", {"query": 7}, "wrong_type"),
        ("agentry_analytics_query", {"query": "select 1", "project_id": "nowhere"}, "not_found"),
        ("agentry_analytics_query", {"query": "select 1", "project_id": None}, "missing_field"),
        ("agentry_analytics_query", {"query": "select 1", "limit": 5}, "unknown_field"),
        ("agentry_publish_query", {"recipe_id": "raw_hogql", "description": "x"}, "missing_field"),
        ("agentry_list_publications", {"limit": 0}, "out_of_range"),
        ("agentry_list_publications", {"before": 7}, "wrong_type"),
        ("agentry_get_publication", {"publication_id": "pub_unknown"}, "not_found"),
        ("agentry_rotate_publication", {"publication_id": "a\0b"}, "bad_text"),
        ("agentry_drop_everything", {}, "unknown_tool"),
    ],
)
def test_a_wrong_argument_is_a_tool_error(
    served: str, token: str, name: str, arguments: dict[str, Any], code: str
) -> None:
    assert error(call(served, token, name, **arguments))["code"] == code


def test_publications_are_listed_changed_rotated_and_revoked(served: str, token: str) -> None:
    publish = {"recipe_id": "raw_hogql", "description": "Top", "params": {"query": TOP_20}}
    made = answer(call(served, token, "agentry_publish_query", **publish))
    one = {"publication_id": made["publication_id"]}
    listed = answer(call(served, token, "agentry_list_publications", project_id="default"))["publications"]
    assert [row["public_url"] for row in listed] == [made["public_url"]]
    changed = answer(call(served, token, "agentry_change_publication", **one, description="Bottom"))
    assert changed["description"] == "Bottom"
    turned = answer(call(served, token, "agentry_rotate_publication", **one, overlap_seconds=60))
    assert turned["public_url"] != made["public_url"]
    assert answer(call(served, token, "agentry_get_publication", **one))["public_url"] == turned["public_url"]
    assert answer(call(served, token, "agentry_revoke_publication", **one))["revoked"]
    assert error(call(served, token, "agentry_get_publication", **one))["code"] == "not_found"


def test_a_token_sees_only_its_own_team(served: str, token: str) -> None:
    publish = {"recipe_id": "raw_hogql", "description": "Top", "params": {"query": TOP_20}}
    made = answer(call(served, token, "agentry_publish_query", **publish))["publication_id"]
    other = Team.objects.create(name="Other", slug="other")
    Project.objects.create(team=other, name="Theirs", slug="theirs")
    stranger = token_of(other, "query", "publish")
    assert answer(call(served, stranger, "agentry_list_publications"))["publications"] == []
    listed = answer(call(served, stranger, "agentry_list_projects"))["projects"]
    assert listed == [{"project_id": "theirs", "name": "Theirs"}]
    for name in ("get", "change", "rotate", "revoke"):
        result = call(served, stranger, f"agentry_{name}_publication", publication_id=made)
        assert error(result)["code"] == "not_found"
    assert Publication.objects.get().revoked_at is None


def test_a_token_that_may_only_read_cannot_publish(served: str, team: Team) -> None:
    publish = {"recipe_id": "raw_hogql", "description": "Top", "params": {"query": TOP_20}}
    reader = token_of(team, "query")
    assert error(call(served, reader, "agentry_publish_query", **publish))["code"] == "missing_scope"
    assert not Publication.objects.exists()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer agt_" + "x" * 32, "Basic agt_x", "agt_x"])
def test_without_a_right_token_there_is_401(served: str, header: str | None) -> None:
    headers = HEADERS if header is None else {**HEADERS, "Authorization": header}
    response = httpx.post(f"{served}/mcp", json=LIST, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.json()["error"]["code"] == "unauthorized"


def test_a_token_with_neither_scope_is_403(served: str, team: Team) -> None:
    headers = {**HEADERS, "Authorization": f"Bearer {token_of(team, 'manage')}"}
    response = httpx.post(f"{served}/mcp", json=LIST, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "missing_scope")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 400),
        ({}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
    ],
)
def test_a_page_of_another_site_is_refused(
    served: str, token: str, change: dict[str, str], status: int
) -> None:
    headers = {**HEADERS, "Authorization": f"Bearer {token}", **change}
    response = httpx.post(f"{served}/mcp", content=json.dumps(LIST), headers=headers)
    assert response.status_code == status
    if status != 200:
        assert response.json()["error"]["code"] == "request_refused"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_only_post_is_taken(served: str, token: str, method: str) -> None:
    headers = {**HEADERS, "Authorization": f"Bearer {token}"}
    response = httpx.request(method, f"{served}/mcp", headers=headers)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[" * 100_000, 400), (b" " * (1 << 20) + b"{}", 413), (b"", 400)]
)
def test_a_wrong_body_breaks_nothing(served: str, token: str, body: bytes, status: int) -> None:
    headers = {**HEADERS, "Authorization": f"Bearer {token}"}
    assert httpx.post(f"{served}/mcp", content=body, headers=headers).status_code == status
