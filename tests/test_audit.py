"""The audit log: who did what, to be filtered, paged and taken along; a secret is never in it."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from agentry.accounts import audit_pages
from agentry.accounts.audit import WORDS, record
from agentry.accounts.keys import issue_api_token
from agentry.accounts.models import AuditEntry, Project, Team, User

pytestmark = pytest.mark.django_db
PAGE = "/t/acme/audit"


@pytest.fixture
def owner(client: Client, team: Team, user: User) -> Client:
    client.force_login(user)
    return client


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def subjects(page: str) -> list[str]:
    return re.findall(r'class="brief"><bdi>(.*?)</bdi>', page)


def lines(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_by_person_and_action_page_by_page(
    owner: Client, team: Team, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_pages, "PAGE", 3)
    other = User.objects.create_user("other@example.com")
    for number in range(8):
        record(team, other if number % 2 else user, "key.issue" if number < 4 else "key.revoke", f"n{number}")
    elsewhere = Team.objects.create(name="Elsewhere", slug="elsewhere")
    record(elsewhere, user, "key.issue", "theirs")
    first = text(owner.get(PAGE))
    assert subjects(first) == ["n7", "n6", "n5"]
    older = re.findall(r'href="/t/acme/audit\?(before=\d+)">Older', first)[0]
    assert subjects(text(owner.get(f"{PAGE}?{older}"))) == ["n4", "n3", "n2"]
    assert subjects(text(owner.get(f"{PAGE}?person=other&action=key.issue"))) == ["n3", "n1"]
    monkeypatch.setattr(audit_pages, "PIECE", 3)
    rows = lines(owner.get(f"{PAGE}.csv?person=OTHER"))
    assert rows[0] == ["at", "who", "action", "subject"]
    assert [row[1:] for row in rows[1:]] == [
        ["other@example.com", "key.revoke", "n7"],
        ["other@example.com", "key.revoke", "n5"],
        ["other@example.com", "key.issue", "n3"],
        ["other@example.com", "key.issue", "n1"],
    ]


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=-1",
        "before=99999999999999999999",
        "before=²",
        "person=%00",
        "person=%27--",
        "person=" + "é" * 300,
        "person=%",
        "action=no",
        "before=1&before=2",
    ],
)
def test_a_forged_filter_is_a_calm_page(owner: Client, team: Team, user: User, query: str) -> None:
    record(team, user, "key.issue", "<script>alert(1)</script>")
    response = owner.get(f"{PAGE}?{query}")
    assert response.status_code == 200 and "<script>alert" not in text(response)
    assert owner.get(f"{PAGE}.csv?{query}").status_code == 200


def test_a_spreadsheet_runs_nothing(owner: Client, team: Team, user: User) -> None:
    record(team, user, "customer.delete", "=cmd|' /C calc'!A0")
    assert lines(owner.get(f"{PAGE}.csv"))[1][3] == "'=cmd|' /C calc'!A0"


def test_it_names_the_token_that_asked(team: Team, project: Project, owner: Client) -> None:
    token, secret = issue_api_token(team, "Bot", ["manage"], None)
    headers = {"Authorization": f"Bearer {secret}", "User-Agent": "x/1"}
    response = Client().patch(
        "/v1/analytics/default/limits/", {"events_per_second": 5}, "application/json", headers=headers
    )
    assert response.status_code == 200
    owner.post("/t/acme/default/limits/change", {"events_per_second": "6"})  # the same thread, a person
    entries = AuditEntry.objects.filter(action="limits.change").order_by("pk")
    assert [(entry.user, entry.by) for entry in entries] == [
        (None, f"{token.prefix}…"),
        (User.objects.get(email="dev@example.com"), ""),
    ]
    page = text(owner.get(PAGE))
    assert f"{token.prefix}…" in page and secret[10:] not in page


def test_what_somebody_did_stays_when_they_go(owner: Client, team: Team) -> None:
    gone = User.objects.create_user("gone@example.com")
    record(team, gone, "key.issue", "x")
    gone.delete()
    assert "a deleted account" in text(owner.get(PAGE))


def test_every_action_is_called_by_words(owner: Client, team: Team, user: User) -> None:
    for action in WORDS:
        record(team, user, action, "x" * 500)
    page = text(owner.get(PAGE))
    assert all(f">{words}<" in page or words.replace("'", "&#x27;") in page for words in WORDS.values())
    assert max(len(entry.subject) for entry in AuditEntry.objects.all()) == 200
