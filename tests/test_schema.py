"""/api/schema/ and /api/docs/: what they describe is what the API does."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agentry.wsgi import application

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    ("ask", "/v1/analytics/{project}/query/", "post"),
    ("publish", "/v1/analytics/{project}/publish/", "post"),
    ("explain_change", "/v1/analytics/{project}/changes/", "get"),
    ("list_recipes", "/v1/analytics/{project}/recipes/", "get"),
    ("run_recipe", "/v1/analytics/{project}/recipes/{recipe_id}/", "post"),
    ("get_limits", "/v1/analytics/{project}/limits/", "get"),
    ("change_limits", "/v1/analytics/{project}/limits/", "patch"),
    ("change_key_limits", "/v1/analytics/{project}/limits/{key}/", "patch"),
    ("list_publications", "/v1/publications/", "get"),
    ("get_publication", "/v1/publications/{publication_id}/", "get"),
    ("change_publication", "/v1/publications/{publication_id}/", "patch"),
    ("revoke_publication", "/v1/publications/{publication_id}/", "delete"),
    ("rotate_publication", "/v1/publications/{publication_id}/rotate/", "post"),
    ("delete_customer", "/v1/analytics/{project}/customers/{customer_id}/", "delete"),
    ("delete_project", "/v1/projects/{project}/", "delete"),
    ("export", "/v1/analytics/{project}/export/{what}/", "get"),
    ("list_deletions", "/v1/deletions/", "get"),
    ("get_deletion", "/v1/deletions/{deletion_id}/", "get"),
]
INGEST = [
    ("send_events", "/v1/analytics/{project}/", "post"),
    ("capture_batch", "/batch/", "post"),
    ("capture_event", "/i/v0/e/", "post"),
    ("capture", "/capture/", "post"),
    ("capture_e", "/e/", "post"),
    ("capture_v1", "/i/v1/analytics/events", "post"),
]


def described() -> dict[str, Any]:
    response = Client().get("/api/schema/?format=json")
    assert response.status_code == 200
    schema: dict[str, Any] = json.loads(response.content)
    return schema


def test_every_operation_of_the_contract_is_described_once() -> None:
    paths = described()["paths"]
    found = {
        (operation["operationId"], path, method)
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert found == {*OPERATIONS, *INGEST}


def test_every_operation_says_its_key_and_its_errors() -> None:
    schema = described()
    schemes = schema["components"]["securitySchemes"]
    assert {name: scheme["scheme"] for name, scheme in schemes.items()} == {
        "dsn": "bearer",
        "token": "bearer",
    }
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["security"] in ([{"token": []}], [{"dsn": []}], [])
            assert operation["security"] or operation["tags"] == ["posthog"], "its key is in the body"
            refused = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
            assert {"401", "403", "404", "503"} <= refused.keys()
            if operation["tags"] == ["posthog"] or operation["operationId"] == "send_events":
                assert {"400", "405", "413", "415", "429"} <= refused.keys()
            for answer in refused.values():
                shape = answer["content"]["application/json"]["schema"]
                assert "error" in shape.get("required", []) or shape["$ref"].endswith("/Error")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "path", "method"), [*OPERATIONS, *INGEST])
def test_what_is_described_is_what_happens(token: str, dsn: str, name: str, path: str, method: str) -> None:
    """Requests made from the schema, right and wrong: no 500, no answer that the schema does not have."""
    secret = dsn if (name, path, method) in INGEST else token
    schema = schemathesis.openapi.from_dict(described())
    strategy = schema[path][method.upper()].as_strategy()

    @settings(
        max_examples=15,
        deadline=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def ask(case: schemathesis.Case[Any]) -> None:
        case.path_parameters = {**case.path_parameters}
        if "project" in case.path_parameters:
            case.path_parameters["project"] = "default"
        if secret == dsn:
            case.query = {}  # nothing drains here, and wait=true would wait for it
        if isinstance(case.body, dict) and "api_key" in case.body:
            case.body["api_key"] = dsn
        headers = {"Authorization": f"Bearer {secret}", "User-Agent": "schemathesis"}
        response = case.call(app=application, base_url="http://localhost", headers=headers)
        case.validate_response(response, checks=CHECKS)

    ask()


def test_the_docs_are_drawn_under_a_strict_policy(live_server: LiveServer, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    response = page.goto(f"{live_server.url}/api/docs/")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "script-src" not in policy or "unsafe" not in policy.partition("script-src")[2].partition(";")[0]
    page.get_by_text("Publish the answer to a question").wait_for()
    assert complaints == []
    assert all(url.startswith((live_server.url, "data:")) for url in asked)
    context.close()
