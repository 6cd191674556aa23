"""Publishing over REST: publish, list, read, change, rotate, revoke; and every wrong thing one can send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from agentry.accounts import keystore
from agentry.accounts.models import ApiToken, AuditEntry, Project, Team
from agentry.accounts.secrets import API_TOKEN, fingerprint, mint, prefix
from publications import answers, visit
from publications.models import Link, Publication

QUERY = "select properties.customer_id as customer_id, count() as calls from events group by customer_id"
BODY = {"recipe_id": "raw_hogql", "description": "Top 20 API customers", "params": {"query": QUERY}}
PUBLISH = "/v1/analytics/default/publish/"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    keystore.forget()
    visit.forget()
    answers.forget()


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


@pytest.fixture
def api(token: str) -> Api:
    return Api(token)


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
        ({"recipe_id": "top_customers"}, "unknown_recipe", "recipe_id"),
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


def test_another_teams_publication_and_an_unknown_one_look_the_same(api: Api) -> None:
    made = api.publish()["publication_id"]
    stranger = other_team()
    for method, suffix in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "rotate/")):
        bodies = set()
        for publication_id in (made, "pub_unknown", "%00"):
            response = stranger.send(method, f"/v1/publications/{publication_id}/{suffix}", {})
            assert response.status_code == 404
            bodies.add(response.content)
        assert len(bodies) == 1
    assert Publication.objects.filter(revoked_at=None).count() == 1


def test_an_unknown_project_is_not_found(api: Api) -> None:
    response = api.send("POST", "/v1/analytics/nowhere/publish/", BODY)
    assert (response.status_code, error_of(response)["code"]) == (404, "not_found")


def test_a_publication_is_read_as_it_was_published(api: Api) -> None:
    made = api.publish()
    found = json.loads(api.send("GET", f"/v1/publications/{made['publication_id']}/").content)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("created_at"))
    assert found == {**BODY, **made, "project": "default", "views": 0, "last_viewed_at": None}


def test_the_list_is_paged_and_only_the_teams_own(api: Api, team: Team) -> None:
    made = [api.publish(description=f"No. {i}")["publication_id"] for i in range(5)]
    other_team().publish()
    Project.objects.create(team=team, name="EU", slug="eu")
    path, seen, pages = "/v1/publications/?limit=2&project=default", [], 0
    while path:
        found = json.loads(api.send("GET", path).content)
        seen += [row["publication_id"] for row in found["publications"]]
        path, pages = (found["next"] or "").removeprefix("http://localhost:8000"), pages + 1
    assert (seen, pages) == (made[::-1], 3)
    assert json.loads(api.send("GET", "/v1/publications/?project=eu").content)["publications"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 400, "out_of_range"),
        ("limit=101", 400, "out_of_range"),
        ("limit=ten", 400, "out_of_range"),
        ("limit=²", 400, "out_of_range"),
        ("limit=" + "9" * 5000, 400, "out_of_range"),
        ("page=2", 400, "unknown_field"),
        ("before=pub_unknown", 404, "not_found"),
        ("before=%00", 404, "not_found"),
        ("project=nowhere", 404, "not_found"),
        ("project=", 400, "empty_field"),
        ("project=%00", 400, "bad_text"),
    ],
)
def test_a_wrong_parameter_of_the_list_is_refused(api: Api, query: str, status: int, code: str) -> None:
    response = api.send("GET", f"/v1/publications/?{query}")
    assert (response.status_code, error_of(response)["code"]) == (status, code)


def test_description_and_query_can_be_changed_and_the_link_stays(api: Api) -> None:
    made = api.publish()
    path = f"/v1/publications/{made['publication_id']}/"
    query = "select count() as calls from events"
    response = api.send("PATCH", path, {"description": "All calls", "query": query})
    found = json.loads(response.content)
    assert (found["description"], found["params"]) == ("All calls", {"query": query})
    assert found["public_url"] == made["public_url"]
    assert Publication.objects.get().version == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "nothing_to_change"),
        ({"recipe_id": "raw_hogql"}, "unknown_field"),
        ({"description": None}, "missing_field"),
        ({"description": "x" * 201}, "too_long"),
        ({"query": 7}, "wrong_type"),
        ({"query": "select nosuch from events"}, "unknown_column"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(api: Api, body: dict[str, Any], code: str) -> None:
    made = api.publish()
    response = api.send("PATCH", f"/v1/publications/{made['publication_id']}/", body)
    assert (response.status_code, error_of(response)["code"]) == (400, code)
    assert Publication.objects.get().version == 1


def test_revoking_ends_every_link_and_takes_it_off_the_list(api: Api) -> None:
    made = api.publish()
    path = f"/v1/publications/{made['publication_id']}/"
    assert api.send("DELETE", path).status_code == 204
    assert opens(made["public_url"]) == 404
    assert api.send("GET", path).status_code == 404
    assert api.send("DELETE", path).status_code == 404
    assert json.loads(api.send("GET", "/v1/publications/").content)["publications"] == []


def test_rotating_ends_the_old_key_at_once(api: Api) -> None:
    made = api.publish()
    response = api.send("POST", f"/v1/publications/{made['publication_id']}/rotate/")
    turned = json.loads(response.content)
    assert turned.keys() == {"publication_id", "public_url", "old_keys_end_at"}
    assert opens(made["public_url"]) == 404
    assert opens(turned["public_url"]) == 200


def test_rotating_with_an_overlap_keeps_the_old_key_for_a_while(api: Api) -> None:
    made = api.publish()
    path = f"/v1/publications/{made['publication_id']}/rotate/"
    turned = json.loads(api.send("POST", path, {"overlap_seconds": 3600}).content)
    assert opens(made["public_url"]) == opens(turned["public_url"]) == 200
    Link.objects.exclude(revoked_at=None).update(revoked_at=timezone.now() - timedelta(seconds=1))
    assert opens(made["public_url"]) == 404
    assert opens(turned["public_url"]) == 200


def test_rotating_at_once_also_ends_a_key_that_was_still_in_its_overlap(api: Api) -> None:
    first = api.publish()
    path = f"/v1/publications/{first['publication_id']}/rotate/"
    second = json.loads(api.send("POST", path, {"overlap_seconds": 3600}).content)
    third = json.loads(api.send("POST", path).content)
    assert [opens(made["public_url"]) for made in (first, second, third)] == [404, 404, 200]
    assert (
        json.loads(api.send("GET", "/v1/publications/").content)["publications"][0]["public_url"]
        == third["public_url"]
    )


@pytest.mark.parametrize("overlap", [-1, 604_801, 1.5, "60", True, None, 10**400])
def test_a_wrong_overlap_is_refused(api: Api, overlap: Any) -> None:
    made = api.publish()
    response = api.send(
        "POST", f"/v1/publications/{made['publication_id']}/rotate/", {"overlap_seconds": overlap}
    )
    assert response.status_code == 400
    assert error_of(response)["field"] == "overlap_seconds"
    assert opens(made["public_url"]) == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_refused(api: Api, method: str) -> None:
    response = api.send(method, PUBLISH)
    assert (response.status_code, error_of(response)["code"]) == (405, "method_not_allowed")


def test_what_was_done_is_in_the_audit_log_without_a_key(api: Api) -> None:
    made = api.publish()
    path = f"/v1/publications/{made['publication_id']}/"
    api.send("PATCH", path, {"description": "Other"})
    api.send("POST", f"{path}rotate/")
    api.send("DELETE", path)
    entries = AuditEntry.objects.filter(subject=made["publication_id"]).order_by("id")
    actions = [entry.action.removeprefix("publication.") for entry in entries]
    assert actions == ["publish", "change", "rotate", "revoke"]
