"""Members: roles that rise no higher than one's own, and always one owner."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.test import Client

from agentry.accounts import members
from agentry.accounts.models import AuditEntry, Membership, Project, Role, Team, User
from agentry.errors import AgentryError

pytestmark = pytest.mark.django_db
RANKS = list(Role)


def add(team: Team, role: Role, name: str = "") -> Membership:
    user = User.objects.create_user(f"{name or role}@example.com")
    return Membership.objects.create(team=team, user=user, role=role)


def signed_in(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def role_of(member: Membership) -> str | None:
    return Membership.objects.filter(pk=member.pk).values_list("role", flat=True).first()


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("actor", [Role.ADMIN, Role.OWNER])
@pytest.mark.parametrize("target", RANKS)
@pytest.mark.parametrize("wanted", RANKS)
def test_nobody_raises_above_or_touches_above_their_own_role(
    team: Team, actor: Role, target: Role, wanted: Role
) -> None:
    """For every pair; the team has a second owner, so the rule of the last one does not meet here."""
    me, them = add(team, actor, "me"), add(team, target, "them")
    allowed = RANKS.index(target) <= RANKS.index(actor) and RANKS.index(wanted) <= RANKS.index(actor)
    signed_in(me).post(f"/t/acme/members/{them.pk}/role", {"role": wanted.value})
    assert role_of(them) == (wanted if allowed else target)
    logged = AuditEntry.objects.filter(
        action="member.role", subject=f"{them.user.email}: {target} → {wanted}"
    )
    assert logged.exists() == (allowed and wanted != target)
    signed_in(me).post(f"/t/acme/members/{them.pk}/remove")
    assert (role_of(them) is None) == (RANKS.index(target) <= RANKS.index(actor) or allowed)


@pytest.mark.parametrize("role", ["", "root", "OWNER", "owner\x00", "<b>"])
def test_a_forged_role_changes_nothing(team: Team, role: str) -> None:
    them = add(team, Role.VIEWER)
    page = signed_in(team.memberships.get(role=Role.OWNER)).post(
        f"/t/acme/members/{them.pk}/role", {"role": role}, follow=True
    )
    assert "There is no such role." in text(page) and role_of(them) == Role.VIEWER


def test_the_only_owner_stays(team: Team) -> None:
    owner = team.memberships.get()
    client = signed_in(owner)
    says = "is the only owner of Acme."
    assert says in text(client.post(f"/t/acme/members/{owner.pk}/role", {"role": "admin"}, follow=True))
    assert "You are its only owner." in text(client.get("/t/acme/members/leave"))
    assert says in text(client.post("/t/acme/members/leave", follow=True))
    assert role_of(owner) == Role.OWNER
    add(team, Role.OWNER, "second")
    assert client.post("/t/acme/members/leave")["Location"] == "/"
    assert role_of(owner) is None and client.get("/t/acme/").status_code == 404
    assert AuditEntry.objects.filter(action="member.leave", subject="dev@example.com (owner)").exists()


def test_a_removed_member_finds_nothing_at_once(team: Team) -> None:
    them = add(team, Role.MEMBER)
    theirs = signed_in(them)
    assert theirs.get("/t/acme/members").status_code == 200
    owner = signed_in(team.memberships.get(role=Role.OWNER))
    assert "rotate those" in text(owner.get(f"/t/acme/members/{them.pk}/remove"))
    assert "is not a member any more" in text(owner.post(f"/t/acme/members/{them.pk}/remove", follow=True))
    assert owner.post(f"/t/acme/members/{them.pk}/remove").status_code == 404  # a double click
    assert theirs.get("/t/acme/members").status_code == 404


def test_who_was_demoted_a_moment_ago_may_not_go_on(team: Team) -> None:
    """The request still carries the old role."""
    me, them = add(team, Role.ADMIN), add(team, Role.VIEWER)
    Membership.objects.filter(pk=me.pk).update(role=Role.VIEWER)
    for deed in (partial(members.change_role, me, them.pk, Role.ADMIN), partial(members.remove, me, them.pk)):
        with pytest.raises(AgentryError) as caught:
            deed()
        assert caught.value.code == "above_you"
    assert role_of(them) == Role.VIEWER


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["leave", "demote", "remove each other"])
def test_two_owners_who_go_at_once_leave_one(team: Team, deed: str) -> None:
    first, second = team.memberships.get(), add(team, Role.OWNER, "second")
    deeds: dict[str, list[Callable[[], object]]] = {
        "leave": [partial(members.leave, first), partial(members.leave, second)],
        "demote": [partial(members.change_role, each, each.pk, Role.ADMIN) for each in (first, second)],
        "remove each other": [
            partial(members.remove, first, second.pk),
            partial(members.remove, second, first.pk),
        ],
    }
    both, refused = threading.Barrier(2), []

    def go(deed: Callable[[], object]) -> None:
        both.wait()
        try:
            deed()
        except AgentryError as error:
            refused.append(error.status)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[each]) for each in deeds[deed]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Membership.objects.filter(team=team, role=Role.OWNER).count() == 1 and len(refused) == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_members_see_who_is_there_and_change_nothing(team: Team, role: Role) -> None:
    page = text(signed_in(add(team, role)).get("/t/acme/members"))
    main = page.partition("<main")[2]
    assert "dev@example.com" in main and "<form" not in main and "Remove" not in main and "Leave" in main


def test_an_admin_sees_no_way_to_an_owner(team: Team) -> None:
    page = text(signed_in(add(team, Role.ADMIN)).get("/t/acme/members"))
    assert "Role of admin@example.com" in page and "Role of dev@example.com" not in page
    assert "<option>owner" not in page


@pytest.mark.parametrize(
    ("role", "page", "may", "helps"),
    [
        (Role.MEMBER, "audit", "an admin or an owner", ["admin@example.com", "dev@example.com"]),
        (Role.ADMIN, "settings", "an owner", ["dev@example.com"]),
        (Role.VIEWER, "default/publish", "a member, an admin or an owner", ["admin@example.com"]),
    ],
)
def test_who_may_not_is_told_who_may(
    team: Team, project: Project, role: Role, page: str, may: str, helps: list[str]
) -> None:
    add(team, Role.ADMIN, "admin")
    me = signed_in(add(team, role, "me"))
    response = me.post(f"/t/acme/{page}") if page.endswith("publish") else me.get(f"/t/acme/{page}")
    assert response.status_code == 403
    said = " ".join(re.sub(r"<[^>]+>", " ", text(response)).split())
    assert f"Only {may} of the team may do this." in said and "Ask an admin" not in said
    assert f"You are {role.a} of the team Acme" in said
    for helper in ("admin@example.com", "dev@example.com"):
        assert helper in said or helper not in helps
    assert ("admin@example.com" in said) == ("admin@example.com" in helps)


def test_the_roles_are_explained_in_sentences(team: Team) -> None:
    page = text(signed_in(team.memberships.get()).get("/t/acme/members"))
    assert "A viewer sees everything and asks questions; a member also saves queries" in " ".join(
        page.split()
    )
