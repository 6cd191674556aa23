"""Saved queries: kept by one person or shared with the team, renamed, changed, deleted; what is audited."""

from __future__ import annotations

import pytest
from django.test import Client

from agentry.accounts.models import AuditEntry, Project, Role, Team, User
from analytics.explore import saved as saving
from analytics.models import SavedQuery
from tests.explore_page import HTMX, PAGE, as_member, query_shown, text

pytestmark = pytest.mark.django_db

SAVE = f"{PAGE}/save"
FORM = {"name": "Calls", "query": "select 1 as one", "chart": "bars"}


@pytest.fixture
def owner(user: User, project: Project) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def colleague(team: Team, project: Project) -> Client:
    return as_member(team, "colleague@example.com")


def saved(client: Client, **more: str) -> SavedQuery:
    response = client.post(SAVE, FORM | more)
    assert response.status_code == 302
    made = SavedQuery.objects.latest("id")
    assert response["Location"] == f"{PAGE}?saved={made.pk}"
    return made


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_private_one_is_nobody_elses(owner: Client, colleague: Client) -> None:
    made = saved(owner)
    body = text(owner.get(PAGE, {"saved": str(made.pk), "run": "1"}))
    assert query_shown(body) == "select 1 as one"
    assert "private" in body
    assert f"?saved={made.pk}" not in text(colleague.get(PAGE))
    assert f"?saved={made.pk}" in text(owner.get(PAGE))
    assert colleague.get(PAGE, {"saved": made.pk}).status_code == 404
    for what in ("change", "delete"):
        assert colleague.post(f"{PAGE}/saved/{made.pk}/{what}", {"name": "Mine"}).status_code == 404
    assert actions() == []


def test_a_shared_one_is_the_teams(owner: Client, colleague: Client, team: Team, user: User) -> None:
    made = saved(owner, shared="1")
    assert f"shared by {user.email}" in text(colleague.get(PAGE))
    viewer = as_member(team, "viewer@example.com", Role.VIEWER)
    body = text(viewer.get(PAGE, {"saved": str(made.pk), "run": "1"}))
    assert query_shown(body) == "select 1 as one"
    assert "Rename" not in body
    assert viewer.post(f"{PAGE}/saved/{made.pk}/change", {"name": "Mine"}).status_code == 403
    colleague.post(f"{PAGE}/saved/{made.pk}/change", {"name": "All calls"})
    colleague.post(f"{PAGE}/saved/{made.pk}/change", {"query": "select 2", "chart": ""})
    made.refresh_from_db()
    assert (made.name, made.query, made.chart, made.created_by) == ("All calls", "select 2", "", user)
    colleague.post(f"{PAGE}/saved/{made.pk}/delete")
    assert not SavedQuery.objects.exists()
    assert actions() == ["query.share", "query.change", "query.change", "query.delete"]
    assert AuditEntry.objects.filter(subject="default/All calls").exists()


def test_deleting_asks_first_and_says_so_after(owner: Client, colleague: Client) -> None:
    for shared, warns, said in [
        ("1", "gone for everybody", "for the whole team"),
        ("", "Only you", "deleted."),
    ]:
        made = saved(owner, shared=shared)
        address = f"{PAGE}/saved/{made.pk}/delete"
        page = text(owner.get(f"{PAGE}?saved={made.pk}"))
        assert f'href="{address}"' in page and f'action="{address}"' not in page
        asks = text(owner.get(address))
        assert "Delete “Calls”?" in asks and warns in asks and SavedQuery.objects.filter(pk=made.pk).exists()
        assert said in text(owner.post(address, follow=True))
        assert not SavedQuery.objects.filter(pk=made.pk).exists()


def test_sharing_and_taking_it_back(owner: Client, colleague: Client) -> None:
    made = saved(owner)
    owner.post(f"{PAGE}/saved/{made.pk}/change", {"shared": "1"})
    assert colleague.get(PAGE, {"saved": made.pk}).status_code == 200
    owner.post(f"{PAGE}/saved/{made.pk}/change", {"shared": ""})
    assert colleague.get(PAGE, {"saved": made.pk}).status_code == 404
    assert owner.get(PAGE, {"saved": made.pk}).status_code == 200
    assert actions() == ["query.share", "query.unshare"]


def test_who_leaves_takes_only_their_own(owner: Client, colleague: Client, user: User) -> None:
    saved(owner, name="Mine")
    shared = saved(owner, name="Ours", shared="1")
    user.delete()
    assert list(SavedQuery.objects.all()) == [shared]
    assert "somebody who has left" in text(colleague.get(PAGE, {"saved": shared.pk}))


def test_htmx_saves_beside_the_answer(owner: Client) -> None:
    response = owner.post(SAVE, FORM, headers=HTMX)
    made = SavedQuery.objects.get()
    assert response["HX-Push-Url"] == f"{PAGE}?saved={made.pk}"
    body = text(response)
    assert "<html" not in body
    assert "Saved as “Calls”." in body
    asked = {"query": made.query, "saved": str(made.pk)}
    assert owner.post(PAGE, asked, headers=HTMX)["HX-Push-Url"] == f"{PAGE}?saved={made.pk}"
    waits = owner.get(PAGE, {"saved": str(made.pk)}, headers=HTMX)  # the page that waits asks so
    assert "1 row" in text(waits)
    for odd in ("select '\0'", "", "x" * 10_000):
        assert owner.post(PAGE, asked | {"query": odd}, headers=HTMX).status_code == 400
    asked["query"] = "select 2"
    assert owner.post(PAGE, asked, headers=HTMX)["HX-Push-Url"] == f"{PAGE}?query=select+2"


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"name": " \0 "}, 400, "has a name"),
        ({"name": "x" * 101}, 400, "101 characters"),
        ({"query": " "}, 400, "no query"),
        ({"query": "x" * 100_001}, 413, "100,001"),
    ],
)
def test_what_cannot_be_saved_is_said_and_not_lost(
    owner: Client, change: dict[str, str], status: int, word: str
) -> None:
    for headers in ({}, HTMX):
        response = owner.post(SAVE, FORM | change, headers=headers)
        assert response.status_code == status
        assert word in text(response)
    if "name" in change:
        assert query_shown(text(owner.post(SAVE, FORM | change))) == FORM["query"]
    assert not SavedQuery.objects.exists()


def test_names_are_only_text(owner: Client) -> None:
    made = saved(owner, name="<b>\u202e'\"&")
    body = text(owner.get(PAGE, {"saved": made.pk}))
    assert "<b>\u202e" not in body
    assert "&lt;b&gt;" in body


def test_a_project_holds_so_many(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST", 1)
    saved(owner)
    response = owner.post(SAVE, FORM)
    assert response.status_code == 400
    assert "as many as it may have" in text(response)
