"""Invitations: a link for one address, used once, within seven days; all else meets one closed door."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from agentry.accounts import invitations, members
from agentry.accounts.models import AuditEntry, Invitation, Membership, Project, Role, Team, User
from agentry.errors import AgentryError
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
MIRA = "mira@example.com"
LINK = re.compile(r"http://localhost:\d+(/join/agi_[A-Za-z0-9_-]{32})")
PAGE = "/t/acme/members"


@pytest.fixture
def owner(client: Client, team: Team, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def link(owner: Client) -> str:
    """The path of an open invitation of MIRA as admin."""
    return invited(owner, MIRA, Role.ADMIN)


def invited(owner: Client, email: str, role: Role) -> str:
    response = owner.post(f"{PAGE}/invite", {"email": email, "role": role.value})
    assert (response.status_code, response["Location"]) == (303, PAGE)
    return LINK.findall(text(owner.get(PAGE)))[0]  # type: ignore[no-any-return]


def signed_in(email: str) -> Client:
    client = Client()
    client.force_login(User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD))
    return client


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.django_db(transaction=True)
def test_the_link_is_mailed_and_shown_once(owner: Client, team: Team) -> None:
    path = invited(owner, "Mira@Example.com", Role.MEMBER)
    assert not LINK.search(text(owner.get(PAGE))) and MIRA in text(owner.get(PAGE))
    message = mail.outbox[0]
    assert (message.to, message.subject) == ([MIRA], "An invitation to Acme at Agentry")
    assert f"{settings.URL}{path}\n" in str(message.body) and "dev@example.com invites you" in message.body
    invitation, secret = Invitation.objects.get(), path.removeprefix("/join/")
    logged = str(list(AuditEntry.objects.values_list("action", "subject")))
    assert f"('member.invite', '{MIRA} as member')" in logged
    assert secret not in logged + str(vars(invitation)) and secret[4:] not in logged


def test_who_has_the_address_comes_in_with_the_role(link: str, team: Team) -> None:
    mira = signed_in(MIRA)
    page = text(mira.get(link))
    assert "dev@example.com" in page and "Join the team" in page and "as an admin" in page
    assert not Membership.objects.filter(user__email=MIRA).exists()  # asking is not joining
    assert "Welcome to Acme. You are an admin here." in text(mira.post(link, follow=True))
    assert Membership.objects.get(user__email=MIRA).role == Role.ADMIN
    assert AuditEntry.objects.get(action="member.join").subject == f"{MIRA} as admin"
    for again in (mira.get(link, follow=True), mira.post(link, follow=True)):  # a double click
        assert again.redirect_chain[-1][0].startswith("/t/acme/")
    other = signed_in("other@example.com")
    assert shown(other.get(link)) == shown(other.get("/join/agi_no"))


def test_who_joins_sees_the_customers_of_the_first_project(link: str, project: Project) -> None:
    assert signed_in(MIRA).post(link)["Location"] == "/t/acme/default/customers"


def test_another_address_is_told_which_one_it_is_for(link: str) -> None:
    other = signed_in("other@example.com")
    page = text(other.get(link))
    assert "signed in as <bdi>other@example.com" in page and f"is for <bdi>{MIRA}" in page
    assert "Join the team" not in page
    response = other.post(link)
    assert response.status_code == 403 and MIRA in text(response)
    assert not Membership.objects.filter(user__email="other@example.com").exists()
    out = other.post("/accounts/logout/", {"next": link})
    assert out["Location"] == link


def test_a_member_keeps_their_role_and_the_invitation(link: str, owner: Client, user: User) -> None:
    assert "You belong to Acme already: you are an owner." in text(owner.get(link, follow=True))
    assert owner.post(link)["Location"] == "/t/acme/default/customers"
    assert Membership.objects.get(user=user).role == Role.OWNER
    assert Invitation.objects.get().accepted_at is None


def sign_up(client: Client, link: str, **more: str) -> Any:
    page = text(client.get(link))
    assert f"/accounts/signup/?next={link}" in page and f"/accounts/login/?next={link}" in page
    form = text(client.get(f"/accounts/signup/?next={link}"))
    assert f'value="{MIRA}"' in form and 'name="team"' not in form and "To join" in form
    fields = {"email": MIRA, "password1": "a long enough phrase", "next": link, **more}
    return client.post("/accounts/signup/", fields)


def test_a_stranger_signs_up_and_comes_back_to_it(link: str) -> None:
    client = Client()
    assert client.post(link)["Location"] == f"/accounts/login/?next={link}"
    assert sign_up(client, link)["Location"] == link
    client.post(link)
    assert [team.slug for team in User.objects.get(email=MIRA).teams.all()] == [
        "acme"
    ]  # and no team of one's own
    assert client.get("/")["Location"].startswith("/t/acme/")


def test_so_does_one_who_must_confirm_the_address_first(link: str, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client = Client()
    sign_up(client, link)
    confirm = re.findall(r"https?://\S+", str(mail.outbox[-1].body))[0]
    assert client.post(confirm)["Location"] == link
    assert "Join the team" in text(client.get(link))


def test_so_does_one_who_signs_in(link: str) -> None:
    User.objects.create_user(MIRA, PASSWORD)
    client = Client()
    response = client.post("/accounts/login/", {"login": MIRA, "password": PASSWORD, "next": link})
    assert response["Location"] == link and "Join the team" in text(client.get(link))


def test_one_page_for_every_link_that_opens_nothing(link: str, owner: Client) -> None:
    invitation = Invitation.objects.get()
    nobody, mira = Client(), signed_in(MIRA)
    for client in (nobody, mira):
        unknown = client.get("/join/agi_unknown")
        assert unknown.status_code == 404
        for change in (
            {"expires_at": timezone.now() - timedelta(seconds=1)},
            {"revoked_at": timezone.now()},
            {"accepted_at": timezone.now()},
        ):
            Invitation.objects.filter(pk=invitation.pk).update(**change)
            void = client.get(link)
            assert (void.status_code, shown(void)) == (404, shown(unknown)), change
            assert mira.post(link).status_code == 404
            invitation.save()
    for odd in ("é" * 40, "a" * 5000, "%00", "..", "<script>", "'--"):
        assert nobody.get(f"/join/{odd}").status_code in (400, 404), odd
    assert not Membership.objects.filter(user__email=MIRA).exists()


def shown(response: Any) -> str:
    page = re.sub(r'csrfmiddlewaretoken" value="\w+', "", text(response))
    return re.sub(r"(?s)<p class=.stamp.*?</p>", "", page)


def test_it_is_revoked_and_made_anew(link: str, owner: Client) -> None:
    first = Invitation.objects.get()
    again = invited(owner, MIRA, Role.VIEWER)
    first.refresh_from_db()
    assert first.revoked_at is not None and again != link
    second = Invitation.objects.exclude(pk=first.pk).get()
    page = owner.post(f"{PAGE}/invitations/{second.pk}/revoke", follow=True)
    assert "its link opens nothing now" in text(page)
    assert signed_in(MIRA).get(again).status_code == 404
    assert owner.post(f"{PAGE}/invitations/{second.pk}/revoke", follow=True).status_code == 200
    assert AuditEntry.objects.filter(action="member.uninvite").count() == 2


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"email": MIRA, "role": "owner"}, "Select a valid choice"),
        ({"email": MIRA, "role": "root"}, "Select a valid choice"),
        ({"email": "dev@example.com", "role": "viewer"}, "is a member already"),
        ({"email": "no address", "role": "viewer"}, "valid email"),
        ({"email": "a" * 250 + "@example.com", "role": "viewer"}, "errorlist"),
        ({"email": "a\nBcc: x@example.com", "role": "viewer"}, "valid email"),
        ({"role": "viewer"}, "required"),
    ],
)
def test_a_wrong_invitation_is_refused_in_words(team: Team, fields: dict[str, str], says: str) -> None:
    admin = Membership.objects.create(
        team=team, user=User.objects.create_user("admin@example.com"), role=Role.ADMIN
    )
    response = signed_in(admin.user.email).post(f"{PAGE}/invite", fields)
    assert response.status_code == 422 and says in text(response)
    assert not Invitation.objects.exists() and not mail.outbox


def test_what_somebody_promised_ends_with_their_role(team: Team, user: User) -> None:
    owner = Membership.objects.get()
    admin = Membership.objects.create(
        team=team, user=User.objects.create_user("admin@example.com"), role=Role.ADMIN
    )
    _, secret = invitations.invite(admin, MIRA, Role.ADMIN)
    members.change_role(owner, admin.pk, Role.OWNER)
    assert invitations.open_ones().count() == 1
    members.change_role(owner, admin.pk, Role.MEMBER)
    assert signed_in(MIRA).get(f"/join/{secret}").status_code == 404


def test_a_team_does_not_flood_strangers(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "A_DAY", 2)
    owner = Membership.objects.get()
    for number in range(2):
        invitations.invite(owner, f"{number}@example.com", Role.VIEWER)
    with pytest.raises(AgentryError) as caught:
        invitations.invite(owner, MIRA, Role.VIEWER)
    assert caught.value.status == 429


@pytest.mark.django_db(transaction=True)
def test_a_name_cannot_write_the_mail(team: Team) -> None:
    Team.objects.update(name="Evil\r\nBcc: all@example.com \u202egnp.exe")
    invitations.invite(Membership.objects.select_related("team", "user").get(), MIRA, Role.VIEWER)
    assert mail.outbox[0].subject == "An invitation to Evil Bcc: all@example.com gnp.exe at Agentry"
    assert mail.outbox[0].recipients() == [MIRA] and "\u202e" not in str(mail.outbox[0].body)


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_come_in_once(team: Team) -> None:
    """Two windows of one person; and of two links for one address only the last one is open anyway."""
    _, secret = invitations.invite(Membership.objects.get(), MIRA, Role.MEMBER)
    mira = User.objects.create_user(MIRA)
    both, outcomes = threading.Barrier(2), []

    def go() -> None:
        both.wait()
        try:
            outcomes.append(invitations.accept(secret, User.objects.get(pk=mira.pk)).role)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["member", "member"] and Membership.objects.filter(user=mira).count() == 1
    assert AuditEntry.objects.filter(action="member.join").count() == 1
