"""Deleting through REST and the Data page, a customer's data and a whole project: who may, what they see."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from agentry.accounts import keystore
from agentry.accounts.keys import issue_dsn_key
from agentry.accounts.models import AuditEntry, Membership, Project, Role, Team, User
from analytics.keeping import deletion, steps
from analytics.models import Deletion
from analytics.write.accounting import at_accept
from tests.ingest_client import Sender
from tests.publish_client import Api, error_of, other_team, token_of
from tests.write_events import DAY, NOW, ask, drain_all, event, rollup_differences, send

CUSTOMER = "/v1/analytics/default/customers/{}/"
PAGE = "/t/acme/default/data"


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(deletion, "PAUSE", 0.0)
    monkeypatch.setattr(deletion, "KEYS_CACHED_MS", 0)
    yield
    keystore.forget()


@pytest.fixture
def api(token: str) -> Api:
    return Api(token)


@pytest.fixture
def owner(user: User, project: Project) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member(team: Team, role: Role) -> Client:
    user = User.objects.create_user(f"{role}@example.com")
    Membership.objects.create(team=team, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def body(response: Any) -> Any:
    return json.loads(response.content)


def test_rest_deletes_a_customer_and_says_how_far_it_is(api: Api, project: Project) -> None:
    send(project, event(), event(timestamp=NOW - DAY), event(customer_id="a/b c"))
    drain_all()
    response = api.send("DELETE", CUSTOMER.format("acme_corp"))
    assert response.status_code == 202
    asked = body(response)
    assert (asked["state"], asked["customer_id"], asked["finished_at"]) == ("waiting", "acme_corp", None)
    address = f"/v1/deletions/{asked['deletion_id']}/"
    assert body(api.send("GET", address)) == asked
    deletion.work(5.0)
    done = body(api.send("GET", address))
    assert (done["state"], done["events_deleted"], done["days"], done["days_left"]) == ("done", 2, 2, 0)
    assert body(api.send("GET", "/v1/deletions/")) == {"deletions": [done]}
    assert body(api.send("DELETE", CUSTOMER.format("a%2Fb%20c")))["customer_id"] == "a/b c"
    deletion.work(5.0)
    assert ask("SELECT count(*) FROM events") == [(0,)]


def test_rest_needs_the_scope_and_the_team(api: Api, project: Project) -> None:
    made = body(api.send("DELETE", CUSTOMER.format("acme_corp")))["deletion_id"]
    for method, path in (
        ("DELETE", CUSTOMER.format("acme_corp")),
        ("DELETE", "/v1/projects/default/"),
        ("GET", "/v1/deletions/"),
        ("GET", f"/v1/deletions/{made}/"),
    ):
        unable = token_of(project.team, ("query", "publish")).send(method, path)
        assert (unable.status_code, error_of(unable)["code"]) == (403, "missing_scope")
    stranger = other_team("other", ("manage",))
    assert stranger.send("GET", f"/v1/deletions/{made}/").status_code == 404
    assert body(stranger.send("GET", "/v1/deletions/")) == {"deletions": []}
    for wrong in ("0", "x", "9" * 30, "%00"):
        assert error_of(api.send("GET", f"/v1/deletions/{wrong}/"))["code"] == "not_found"
    assert api.send("DELETE", "/v1/analytics/none/customers/acme_corp/").status_code == 404
    refused = api.send("DELETE", CUSTOMER.format("x" * 201))
    assert (refused.status_code, error_of(refused)["code"]) == (400, "bad_customer")
    assert Deletion.objects.count() == 1


def test_the_page_asks_twice_and_shows_the_way(owner: Client, project: Project) -> None:
    odd = '<b>"acme" & co</b>'
    send(project, event(customer_id=odd), event())
    drain_all()
    asked = owner.get(PAGE, {"customer": odd}).content.decode()
    assert "&lt;b&gt;" in asked and "<b>" not in asked
    address = f"{PAGE}/delete-customer"
    assert owner.post(address, {"customer": odd, "again": "acme"}).status_code == 422
    assert not Deletion.objects.exists()
    page = owner.post(address, {"customer": odd, "again": odd}, follow=True).content.decode()
    assert "are being deleted" in page and "waiting" in page and 'hx-trigger="every 2s"' in page
    deletion.work(5.0)
    part = owner.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "done" in part and "hx-trigger" not in part and "<html" not in part
    assert ask("SELECT customer_id FROM events") == [("acme_corp",)]
    assert AuditEntry.objects.filter(action="customer.delete", user__isnull=False).count() == 1
    assert "customer&#x27;s data deleted" in owner.get("/t/acme/audit").content.decode()


def test_who_may_not_sees_neither_the_page_nor_a_button(team: Team, project: Project) -> None:
    admin, reader = member(team, Role.ADMIN), member(team, Role.MEMBER)
    assert reader.get(PAGE).status_code == 403
    assert PAGE not in reader.get("/t/acme/default/properties").content.decode()
    assert reader.post(f"{PAGE}/delete-customer", {"customer": "a", "again": "a"}).status_code == 403
    page = admin.get(PAGE)
    assert page.status_code == 200
    assert "Delete the project" not in page.content.decode()
    assert admin.post(f"{PAGE}/delete-project", {"again": "default"}).status_code == 403
    assert Project.objects.filter(pk=project.pk).exists()


def test_a_project_is_gone_at_once_and_its_data_in_steps(
    owner: Client, project: Project, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "SECONDS", -1.0)  # as little as possible a step
    other = Project.objects.create(team=project.team, name="Other", slug="other")
    issue_dsn_key(project, "Second", None)
    send(other, event())
    send(project, *(event(timestamp=NOW - day * DAY, floating=True) for day in range(3)), event(uuid="none"))
    drain_all()
    send(project, event())
    assert owner.post(f"{PAGE}/delete-project", {"again": "acme"}).status_code == 422
    page = owner.post(f"{PAGE}/delete-project", {"again": "default"}, follow=True)
    assert "is gone" in page.content.decode()
    keystore.forget()
    assert Sender(dsn).send({"event": "late"}).status_code == 401
    assert owner.get(PAGE).status_code == 404
    for _ in range(200):
        deletion.work(5.0)
        drain_all()
    done = Deletion.objects.get()
    assert (done.state, done.events, done.customer_id) == ("done", 3, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'project_id'"
            " AND table_schema = 'public' AND table_name <> 'analytics_deletion'"
        )
        tables = [table for (table,) in cursor.fetchall()]
    assert len(tables) > 10
    for table in tables:
        assert ask(f"SELECT count(*) FROM {table} WHERE project_id = %s", project.pk) == [(0,)], table
    assert not any(key[0] == project.pk for key in at_accept())
    assert ask("SELECT count(*) FROM events WHERE project_id = %s", other.pk) == [(1,)]
    assert rollup_differences() == []


def test_what_a_cached_key_still_lets_in_is_rejected(owner: Client, project: Project) -> None:
    """Rows that are laid after the last step would be nobody's, for ever."""
    owner.post(f"{PAGE}/delete-project", {"again": "default"})
    send(project.pk, event())
    drain_all()
    assert ask("SELECT count(*) FROM events") == [(0,)]
    assert ask("SELECT reason, events FROM ingest_totals") == [("project_deleted", 1)]
