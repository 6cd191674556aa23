"""Publishing over REST, and every wrong thing one can send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from agentry.accounts import keystore
from agentry.accounts.models import Team
from agentry.accounts.secrets import fingerprint
from publications import answers, visit
from publications.models import Link, Publication
from tests.publish_client import BODY, PUBLISH, QUERY, Api, error_of, opens, token_of


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    keystore.forget()
    visit.forget()
    answers.forget()


@pytest.fixture
def api(token: str) -> Api:
    return Api(token)


def test_publishing_answers_the_id_and_the_url_and_nothing_else(api: Api) -> None:
    response = api.send("POST", PUBLISH, BODY)
    assert response.status_code == 201
    made = json.loads(response.content)
    assert made.keys() == {"publication_id", "public_url"}
    assert re.fullmatch(r"pub_[A-Za-z0-9_-]{16}", made["publication_id"])
    link = re.escape(f"http://localhost:8000/q/{made['publication_id']}?key=")
    assert re.fullmatch(link + r"agp_[A-Za-z0-9_-]{32}", made["public_url"])
    assert opens(made["public_url"]) == 200


def test_it_is_published_without_the_trailing_slash_too(api: Api) -> None:
    assert api.send("POST", PUBLISH.rstrip("/"), BODY).status_code == 201


def test_the_query_is_frozen_as_it_was_written(api: Api) -> None:
    query = f"  {QUERY}\n-- for CS\n"
    made = api.publish(params={"query": query})
    assert Publication.objects.get(pk=made["publication_id"]).query == query


def test_the_key_is_not_in_the_database(api: Api) -> None:
    key = api.publish()["public_url"].partition("key=")[2]
    link = Link.objects.get()
    assert link.key_hash == fingerprint(key)
    assert key not in str(vars(link))


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"recipe_id": None}, "missing_field", "recipe_id"),
        ({"recipe_id": 1}, "wrong_type", "recipe_id"),
        ({"recipe_id": "bottom_customers"}, "unknown_recipe", "recipe_id"),
        ({"recipe_id": "raw_hogql\0"}, "bad_text", "recipe_id"),
        ({"recipe_id": "r" * 51}, "too_long", "recipe_id"),
        ({"description": None}, "missing_field", "description"),
        ({"description": ["x"]}, "wrong_type", "description"),
        ({"description": " \n"}, "empty_field", "description"),
        ({"description": "x" * 201}, "too_long", "description"),
        ({"description": "a\0b"}, "bad_text", "description"),
        ({"params": None}, "missing_field", "params"),
        ({"params": QUERY}, "wrong_type", "params"),
        ({"params": [QUERY]}, "wrong_type", "params"),
        ({"params": {}}, "missing_field", "params.query"),
        ({"params": {"query": 1e308}}, "wrong_type", "params.query"),
        ({"params": {"query": ""}}, "empty_field", "params.query"),
        ({"params": {"query": "select '\0'"}}, "bad_text", "params.query"),
        ({"params": {"query": "x" * 100_001}}, "too_long", "params.query"),
        ({"params": {"query": QUERY, "days": 7}}, "unknown_field", "params.days"),
        ({"descripton": "typo"}, "unknown_field", "descripton"),
    ],
)
def test_a_wrong_field_is_refused_by_name(api: Api, change: dict[str, Any], code: str, field: str) -> None:
    response = api.send("POST", PUBLISH, {**BODY, **change})
    error = error_of(response)
    assert (response.status_code, error["code"], error["field"]) == (400, code, field)
    assert error["hint"]
    assert not Publication.objects.exists()


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "not_json"),
        (b"\xff{}", 400, "not_json"),
        (b'{"description": NaN}', 400, "not_json"),
        (b'{"description": "\\ud800"}', 400, "not_json"),
        (b"[" * 100_000, 400, "not_json"),
        (b'{"a":' * 100_000, 400, "not_json"),
        (b"[]", 400, "not_an_object"),
        (b"7", 400, "not_an_object"),
        (b'"' + b"x" * (1 << 20) + b'"', 413, "body_too_large"),
        (b"", 400, "missing_field"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(api: Api, raw: bytes, status: int, code: str) -> None:
    response = api.send("POST", PUBLISH, raw=raw)
    assert (response.status_code, error_of(response)["code"]) == (status, code)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""]
)
def test_another_content_type_is_refused(api: Api, content_type: str) -> None:
    response = api.client.generic("POST", PUBLISH, json.dumps(BODY), content_type, headers=api.headers)
    assert response.status_code == 415
    error_of(response)  # type: ignore[arg-type]


def test_a_query_that_does_not_compile_is_refused_with_its_place(api: Api) -> None:
    response = api.send("POST", PUBLISH, {**BODY, "params": {"query": "select nosuch from events"}})
    error = error_of(response)
    assert response.status_code == 400
    assert (error["line"], error["column"]) == (1, 8)
    assert not Publication.objects.exists()


def test_without_a_token_or_with_a_wrong_one_there_is_401(api: Api, dsn: str) -> None:
    for secret in ("", "agt_" + "x" * 32, dsn):
        response = Api(secret).send("POST", PUBLISH, BODY)
        assert (response.status_code, error_of(response)["code"]) == (401, "unauthorized")
        assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (("query", "manage"), "POST", PUBLISH),
        (("publish",), "GET", "/v1/publications/"),
        (("publish",), "GET", "/v1/publications/{id}/"),
        (("query",), "PATCH", "/v1/publications/{id}/"),
        (("query",), "DELETE", "/v1/publications/{id}/"),
        (("query",), "POST", "/v1/publications/{id}/rotate/"),
    ],
)
def test_a_token_without_the_scope_is_refused(
    api: Api, team: Team, scopes: tuple[str, ...], method: str, path: str
) -> None:
    made = api.publish()
    response = token_of(team, scopes).send(method, path.format(id=made["publication_id"]), {})
    assert (response.status_code, error_of(response)["code"]) == (403, "missing_scope")


def test_a_token_that_may_only_read_is_not_shown_the_link(api: Api, team: Team) -> None:
    made = api.publish()
    path = f"/v1/publications/{made['publication_id']}/"
    assert json.loads(api.send("GET", path).content)["public_url"] == made["public_url"]
    assert json.loads(token_of(team, ("query",)).send("GET", path).content)["public_url"] is None


def test_an_unknown_project_is_not_found(api: Api) -> None:
    response = api.send("POST", "/v1/analytics/nowhere/publish/", BODY)
    assert (response.status_code, error_of(response)["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_refused(api: Api, method: str) -> None:
    response = api.send(method, PUBLISH)
    assert (response.status_code, error_of(response)["code"]) == (405, "method_not_allowed")
