"""How limits are set (page, REST, tokens that may) and reach every process."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from agentry.accounts import keystore, limits, mirror, tasks
from agentry.accounts.keys import issue_api_token, issue_dsn_key
from agentry.accounts.keystore import Limit
from agentry.accounts.models import AuditEntry, DsnKey, Membership, Project, Role, User
from tests.ingest_client import Sender


@pytest.fixture(autouse=True)
def _new_process() -> None:
    keystore.forget()


@pytest.mark.django_db(transaction=True)
def test_a_change_is_written_through_to_every_live_key(project: Project, dsn: str, user: User) -> None:
    _, other = issue_dsn_key(project, "Other", user)
    limits.change(project, {"events_per_second": 5}, user)
    limits.change(DsnKey.objects.get(name="Other"), {"events_per_month": 9}, user)
    keystore.forget()
    expected = [Limit("project", project.pk, "events_per_second", 5)]
    assert list(keystore.authorize(f"Bearer {dsn}", "dsn").limits) == expected
    other_id = DsnKey.objects.get(name="Other").pk
    expected.append(Limit("key", other_id, "events_per_month", 9))
    assert list(keystore.authorize(f"Bearer {other}", "dsn").limits) == expected
    assert [entry.subject for entry in AuditEntry.objects.filter(action="limits.change").order_by("pk")] == [
        "default: 5 events/s",
        f"default {other[:10]}: 9 events/month",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_worker_repeats_what_valkey_did_not_hear(
    project: Project, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore.authorize(f"Bearer {dsn}", "dsn")
    with monkeypatch.context() as deaf:
        deaf.setattr(mirror, "publish", lambda key: None)
        limits.change(project, {"requests_per_second": 2}, None)
    keystore.forget()
    assert keystore.authorize(f"Bearer {dsn}", "dsn").limits == ()
    tasks.bury_recently_revoked()
    keystore.forget()
    assert keystore.authorize(f"Bearer {dsn}", "dsn").limits[0].amount == 2


def rest(token: str, method: str = "get", path: str = "", body: object = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "x/1"}
    more: dict[str, Any] = {} if method == "get" else {"data": body, "content_type": "application/json"}
    return getattr(Client(), method)(f"/v1/analytics/default/limits/{path}", headers=headers, **more)


def test_limits_over_rest(token: str, dsn: str) -> None:
    nothing = dict.fromkeys(
        ["events_per_second", "requests_per_second", "events_per_month", "events_this_month"]
    )
    key = DsnKey.objects.get()
    own = {"key_id": key.pk, "name": key.name, "prefix": key.prefix}
    assert rest(token).json() == {"project": "default", **nothing, "keys": [own | nothing]}
    changed = rest(token, "patch", body={"events_per_month": 10, "events_per_second": 3})
    assert changed.status_code == 200 and changed.json()["events_this_month"] == 0
    assert rest(token, "patch", f"{key.pk}/", {"requests_per_second": 4}).json() == {
        **own,
        **nothing,
        "requests_per_second": 4,
    }
    Sender(dsn).send([{"event": "e"}] * 4)
    shown = rest(token, "patch", body={"events_per_second": None}).json()
    assert (shown["events_per_second"], shown["events_per_month"], shown["events_this_month"]) == (
        None,
        10,
        4,
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"events_per_second": 0}, "out_of_range"),
        ({"events_per_second": 1_000_001}, "out_of_range"),
        ({"events_per_month": 10**30}, "out_of_range"),
        ({"events_per_second": "5"}, "wrong_type"),
        ({"events_per_second": True}, "wrong_type"),
        ({"events_per_second": 1.5}, "wrong_type"),
        ({"events_per_second": 5, "events_a_day": 1}, "unknown_field"),
        ({"\ud800": 1}, "unknown_field"),
        ([1], "not_an_object"),
    ],
)
def test_wrong_limits_change_nothing(token: str, project: Project, body: object, code: str) -> None:
    answer = rest(token, "patch", body=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    project.refresh_from_db()
    assert project.events_per_second is None and project.limited_at is None


def test_only_a_token_that_may_manage_sets_limits(token: str, dsn: str, project: Project, user: User) -> None:
    reader = issue_api_token(project.team, "Reader", ["query", "publish"], user)[1]
    for secret, status in ((reader, 403), (dsn, 401), ("", 401)):
        for method in ("get", "patch"):
            assert rest(secret, method, body={"events_per_second": 1}).status_code == status
    foreign = Project.objects.create(team=project.team, name="Other", slug="other")
    key = issue_dsn_key(foreign, "Key", user)[0]
    for number in (key.pk, 10**30, 0):
        assert rest(token, "patch", f"{number}/", {"events_per_second": 1}).status_code == 404


def test_the_page_shows_limits_and_an_admin_sets_them(project: Project, dsn: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    address, key = "/t/acme/default/limits", DsnKey.objects.get()
    form = {"key": key.pk, "events_per_second": "1,000", "requests_per_second": "", "events_per_month": "7"}
    assert client.post(f"{address}/change", form)["Location"] == address
    key.refresh_from_db()
    assert (key.events_per_second, key.requests_per_second, key.events_per_month) == (1000, None, 7)
    page = client.get(address).content.decode()
    assert 'value="1000"' in page and "The whole project" in page and "limits are set" in page
    client.post(f"{address}/change", {"events_per_second": "-5"})
    assert "is not a whole number" in client.get(address).content.decode()
    assert client.post(f"{address}/change", {"key": "999"}).status_code == 404
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(team=project.team, user=viewer, role=Role.VIEWER)
    client.force_login(viewer)
    page = client.get(address).content.decode()
    assert "1,000" in page and 'type="number"' not in page
    assert client.post(f"{address}/change", form).status_code == 403
