"""A team's own page of its publications: publish, see, rotate, withdraw; who may and who may not."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from agentry.accounts.models import Membership, Project, Role, Team, User
from publications import visit
from publications.models import Link, Publication
from publications.publish import publish

LIST = "/t/acme/default/publications"
PUBLISH = "/t/acme/default/publish"
QUERY = "select count() as calls from events"
FORM = {"recipe_id": "raw_hogql", "description": "All calls", "query": QUERY}


@pytest.fixture
def member(user: User, team: Team) -> Client:
    client = Client()
    client.force_login(user)
    return client


def as_role(team: Team, role: Role) -> Client:
    user = User.objects.create_user(f"{role.value}@example.com")
    Membership.objects.create(team=team, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def links_on(response: HttpResponse) -> list[str]:
    return re.findall(r"<code[^>]*>(http[^<]+)</code>", response.content.decode())


def opens(url: str) -> bool:
    visit.forget()
    path, _, query = url.removeprefix("http://localhost:8000").partition("?")
    return Client().get(f"{path}.json?{query}").status_code == 200


def test_publishing_from_a_form_shows_the_new_link(member: Client, user: User) -> None:
    response = member.post(PUBLISH, FORM, follow=True)
    made = Publication.objects.get()
    assert response.redirect_chain == [(f"{LIST}?new={made.id}", 302)]
    assert made.created_by == user
    [url] = links_on(response)  # type: ignore[arg-type]
    assert opens(url)
    assert b"new link" in response.content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"query": "select cout() from events"}, b"count"),
        ({"query": ""}, b"params.query is empty"),
        ({"description": "x" * 201}, b"201 characters"),
        ({"recipe_id": "other"}, b"no recipe other"),
    ],
)
def test_a_wrong_form_comes_back_filled_in(member: Client, change: dict[str, str], said: bytes) -> None:
    response = member.post(PUBLISH, {**FORM, **change})
    assert response.status_code == 400
    assert said in response.content
    assert FORM["description"].encode() in response.content or "description" in change
    assert not Publication.objects.exists()


def test_a_link_is_shown_again_without_being_stored(member: Client, project: Project) -> None:
    _, url = publish(project, "raw_hogql", "All calls", {"query": QUERY}, None)
    assert links_on(member.get(LIST)) == [url]  # type: ignore[arg-type]


def test_a_link_of_another_secret_is_not_shown_wrongly(
    member: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url = publish(project, "raw_hogql", "All calls", {"query": QUERY}, None)
    Link.objects.update(salt=b"0" * 16)  # as after a change of SECRET_KEY: another key is derived
    response = member.get(LIST)
    assert links_on(response) == []  # type: ignore[arg-type]
    assert b"secret has changed" in response.content
    assert opens(url)


@pytest.mark.parametrize(("form", "old"), [({}, False), ({"overlap": "1"}, True)])
def test_a_new_link_ends_the_old_one_now_or_later(
    member: Client, project: Project, form: dict[str, str], old: bool
) -> None:
    made, url = publish(project, "raw_hogql", "All calls", {"query": QUERY}, None)
    asks = member.get(f"{LIST}/{made.id}/rotate").content.decode()
    assert "A new link for “All calls”?" in asks and 'name="overlap" value="1"' in asks and opens(url)
    response = member.post(f"{LIST}/{made.id}/rotate", form, follow=True)
    said = "The old one works until" if old else "The old one leads nowhere now."
    assert "“All calls” has a new link." in response.content.decode() and said in response.content.decode()
    [turned] = links_on(response)  # type: ignore[arg-type]
    assert turned != url
    assert opens(turned)
    assert opens(url) is old


def test_withdrawing_ends_it(member: Client, project: Project) -> None:
    made, url = publish(project, "raw_hogql", "All calls", {"query": QUERY}, None)
    asks = member.get(f"{LIST}/{made.id}/revoke").content.decode()
    assert "Withdraw “All calls”?" in asks and "This cannot be undone." in asks and opens(url)
    assert f"{made.id}/revoke" in (shown := member.get(LIST).content.decode())
    assert f'action="{LIST}' not in shown  # one click on the list changes nothing
    response = member.post(f"{LIST}/{made.id}/revoke", follow=True)
    assert "“All calls” is withdrawn." in response.content.decode()
    assert links_on(response) == []  # type: ignore[arg-type]
    assert b"Nothing is published yet" in response.content
    assert not opens(url)


def test_a_viewer_reads_the_list_and_changes_nothing(team: Team, project: Project) -> None:
    made, url = publish(project, "raw_hogql", "All calls", {"query": QUERY}, None)
    viewer = as_role(team, Role.VIEWER)
    page = viewer.get(LIST).content
    assert b"All calls" in page
    assert b"agp_" not in page
    for path in (PUBLISH, f"{LIST}/{made.id}/rotate", f"{LIST}/{made.id}/revoke"):
        assert viewer.post(path, FORM).status_code == 403
    assert opens(url)
    assert as_role(team, Role.MEMBER).post(PUBLISH, FORM).status_code == 302


def test_another_team_and_another_project_do_not_reach_it(
    member: Client, team: Team, project: Project
) -> None:
    other = Team.objects.create(name="Other", slug="other")
    theirs = Project.objects.create(team=other, name="Default", slug="default")
    beside = Project.objects.create(team=team, name="EU", slug="eu")
    for foreign in (theirs, beside):
        made, url = publish(foreign, "raw_hogql", "Theirs", {"query": QUERY}, None)
        for action in ("rotate", "revoke"):
            assert member.post(f"{LIST}/{made.id}/{action}").status_code == 404
        assert member.get(f"{LIST}?before={made.id}").status_code == 404
        assert b"Theirs" not in member.get(LIST).content
        assert opens(url)
    assert member.get("/t/other/default/publications").status_code == 404


def test_who_is_not_signed_in_is_asked_to(project: Project) -> None:
    for path in (LIST, PUBLISH):
        response = Client().post(path) if path == PUBLISH else Client().get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_the_list_is_paged(member: Client, project: Project) -> None:
    for i in range(51):
        publish(project, "raw_hogql", f"No. {i:02}", {"query": QUERY}, None)
    first = member.get(LIST).content.decode()
    assert "No. 50" in first
    assert "No. 00" not in first
    found = re.search(r'href="(\?before=[^"]+)"', first)
    assert found
    second = member.get(LIST + found[1]).content.decode()
    assert "No. 00" in second
    assert "No. 50" not in second


def test_what_a_customer_named_cannot_become_markup(member: Client) -> None:
    nasty = '"><script>alert(1)</script>'
    member.post(PUBLISH, {**FORM, "description": nasty})
    assert nasty.encode() not in member.get(LIST).content
