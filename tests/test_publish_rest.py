"""What REST does with a publication once it is there: list, read, change, rotate, revoke."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agentry.accounts import keystore
from agentry.accounts.models import AuditEntry, Project, Team
from publications import answers, visit
from publications.models import Link, Publication
from tests.publish_client import BODY, Api, error_of, opens, other_team


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    keystore.forget()
    visit.forget()
    answers.forget()


@pytest.fixture
def api(token: str) -> Api:
    return Api(token)


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


def test_a_nul_in_the_projects_name_finds_nothing(api: Api) -> None:
    response = api.send("POST", "/v1/analytics/default%00/publish/", BODY)
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


def test_what_was_done_is_in_the_audit_log_without_a_key(api: Api) -> None:
    made = api.publish()
    path = f"/v1/publications/{made['publication_id']}/"
    api.send("PATCH", path, {"description": "Other"})
    api.send("POST", f"{path}rotate/")
    api.send("DELETE", path)
    entries = AuditEntry.objects.filter(subject=made["publication_id"]).order_by("id")
    actions = [entry.action.removeprefix("publication.") for entry in entries]
    assert actions == ["publish", "change", "rotate", "revoke"]
