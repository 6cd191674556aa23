"""Dead letters: listed, searched, replayed and discarded, from the page and by the command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from agentry.accounts.models import AuditEntry, Membership, Project, Role, Team, User
from agentry.errors import AgentryError
from analytics.engines import postgres_letters
from analytics.engines.postgres_letters import Choice
from analytics.ingest.accept import keep
from analytics.ingest.event import AcceptedEvent
from analytics.letters import replay as replaying
from tests.write_events import ask, assert_accounted, drain_all, event, rollup_differences, send, stored

pytestmark = pytest.mark.django_db
PAGE = "/t/acme/default/dead-letters"


@pytest.fixture
def admin(user: User, project: Project) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def pears() -> Iterator[None]:
    """As long as the test lasts, or until `mend`, PostgreSQL takes no pears."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events ADD CONSTRAINT no_pears CHECK (distinct_id <> 'pear')")
    yield
    mend()


def mend() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events DROP CONSTRAINT IF EXISTS no_pears")


def refuse(project: Project, *events: AcceptedEvent) -> list[int]:
    """Have them refused. Gives the ids of all letters that wait."""
    send(project, *events)
    drain_all()
    return waiting(project)


def waiting(project: Project) -> list[int]:
    return [letter.id for letter in postgres_letters.listed(project.pk, Choice(), "", None, 1000)][::-1]


def pear(**values: Any) -> AcceptedEvent:
    return event(distinct_id="pear", **values)


def post(client: Client, what: str, **form: Any) -> str:
    return str(client.post(f"{PAGE}/{what}", form, follow=True).content.decode())


def seen(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'id="letter-(\d+)"', page)]


def test_the_page_says_what_was_refused_and_why(admin: Client, project: Project, pears: None) -> None:
    rest = '{"kind": "<script>alert(1)</script>", "password": "hunter2", "dsn": "agd_' + "s" * 32 + '"}'
    letters = refuse(project, pear(rest=rest), event(), event(uuid="no uuid"))
    page = admin.get(PAGE).content.decode()
    assert seen(page) == letters[::-1]
    for said in ("23514", "check violation", "no_pears", "22P02", "invalid text representation", "acme_corp"):
        assert said in page
    for secret in ("<script>alert", "hunter2", "sss"):
        assert secret not in page
    assert "&lt;script&gt;" in page


def test_the_list_is_paged_and_searched(admin: Client, project: Project, pears: None) -> None:
    letters = refuse(project, *(pear(customer_id=f"c{index:03}") for index in range(30)))
    first = admin.get(PAGE).content.decode()
    assert seen(first) == letters[:4:-1]
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older is not None
    assert seen(admin.get(PAGE + older[1]).content.decode()) == letters[4::-1]
    assert seen(admin.get(PAGE, {"find": "C007"}).content.decode()) == [letters[7]]
    assert "Nothing found" in admin.get(PAGE, {"find": "no such\0thing"}).content.decode()
    assert seen(admin.get(PAGE, {"sqlstate": "22P02"}).content.decode()) == []
    for odd in ({"before": "x"}, {"before": "9" * 30}, {"sqlstate": "'; --"}, {"find": "%_\\"}):
        assert admin.get(PAGE, odd).status_code == 200


def test_one_some_or_all_of_a_reason_are_replayed(admin: Client, project: Project, pears: None) -> None:
    events = [pear() for _ in range(6)]
    letters = refuse(project, *events, event(uuid="no uuid"))
    mend()
    assert "1 event sent again" in post(admin, "replay", only=letters[0], letter=letters[3:5])
    assert "2 events sent again" in post(admin, "replay", letter=letters[1:3])
    drain_all()
    assert set(stored()) == {one.uuid for one in events[:3]}
    assert "3 events sent again" in post(admin, "replay", sqlstate="23514")
    drain_all()
    assert set(stored()) == {one.uuid for one in events}
    assert waiting(project) == letters[6:]
    assert_accounted(project, received=13, stored=6, dead_lettered=7, duplicate=0, backlog=0)
    assert rollup_differences() == []
    assert [
        entry.subject for entry in AuditEntry.objects.filter(action="dead_letters.replay").order_by("pk")
    ] == [
        "default: 1 (chosen)",
        "default: 2 (chosen)",
        "default: 3 (all of SQLSTATE 23514)",
    ]


def test_what_is_replayed_twice_is_stored_once(
    admin: Client, project: Project, pears: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crash between the append and its mark; then everything again."""
    one = pear(floating=True)
    (letter,) = refuse(project, one)
    mend()

    def crash(*_: Any) -> None:
        raise AgentryError(503, "crashed", "It crashed.", "Again.")

    with monkeypatch.context() as patch:
        patch.setattr(postgres_letters, "mark_replayed", crash)
        assert "It crashed. 1 letter not sent" in post(admin, "replay", only=letter)
    assert "1 event sent again" in post(admin, "replay", only=letter)
    assert "not waiting any more" in post(admin, "replay", only=letter)
    drain_all()
    assert stored() == {one.uuid: 1}
    assert_accounted(project, received=3, stored=1, duplicate=1, dead_lettered=1)


def test_what_is_refused_again_is_a_new_letter_and_not_sent_for_ever(
    project: Project, pears: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = refuse(project, *(pear() for _ in range(3)))
    monkeypatch.setattr(replaying, "PIECE", 1)

    def keep_and_drain(batch: Any, limits: Any) -> Any:
        receipt = keep(batch, limits)
        drain_all()
        return receipt

    monkeypatch.setattr(replaying, "keep", keep_and_drain)
    done = replaying.replay(project, Choice(), None)
    assert (done.sent, done.left) == (3, 0)
    assert len(waiting(project)) == 3
    assert min(waiting(project)) > max(letters)
    assert_accounted(project, received=6, dead_lettered=6, stored=0)


def test_many_go_in_pieces_until_the_time_is_over(
    admin: Client, project: Project, pears: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(project, *(pear() for _ in range(5)))
    mend()
    monkeypatch.setattr(replaying, "PIECE", 2)
    assert replaying.replay(project, Choice(), None, seconds=0).left == 5
    done = replaying.replay(project, Choice(), None)
    assert (done.sent, done.left, done.unreadable) == (5, 0, 0)
    drain_all()
    assert len(stored()) == 5


def test_a_full_backlog_leaves_the_letters_where_they_are(
    admin: Client, project: Project, pears: None, settings: Any
) -> None:
    letters = refuse(project, pear())
    mend()
    send(project, event())
    settings.BACKLOG_EVENTS = 1
    assert "1 letter not sent" in post(admin, "replay", sqlstate="23514")
    assert waiting(project) == letters
    assert not AuditEntry.objects.exists()


def test_discarding_asks_first_and_keeps_the_account(admin: Client, project: Project, pears: None) -> None:
    letters = refuse(project, *(pear() for _ in range(3)), event(uuid="no uuid"))
    asked = post(admin, "discard", letter=letters[:2])
    assert "Discard 2 dead letters?" in asked
    assert waiting(project) == letters
    assert "2 letters discarded" in post(admin, "discard", letter=letters[:2], sure="1")
    assert waiting(project) == letters[2:]
    assert "Discard 1 dead letter?" in post(admin, "discard", sqlstate="22P02")
    assert "1 letter discarded" in post(admin, "discard", sqlstate="22P02", sure="1")
    assert waiting(project) == [letters[2]]
    assert "Nothing was chosen" in post(admin, "discard", letter=letters[0], sure="1")
    assert_accounted(project, received=4, dead_lettered=4)
    assert AuditEntry.objects.filter(action="dead_letters.discard").count() == 2


def test_what_cannot_be_decoded_is_only_discarded(admin: Client, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dead_letters (project_id, payload, sqlstate, reason)"
            " VALUES (%s, 'lAEgbm8gZW50cnk=', '', 'undecodable: no entry')",
            [project.pk],
        )
    (letter,) = waiting(project)
    page = admin.get(PAGE, {"sqlstate": ""}).content.decode()
    assert seen(page) == [letter]
    assert "cannot be decoded" in page
    assert "Replay all" not in page
    for form in ({"only": letter}, {"sqlstate": ""}):
        assert "cannot be decoded, and so not replayed" in post(admin, "replay", **form)
    assert waiting(project) == [letter]
    assert "1 letter discarded" in post(admin, "discard", sqlstate="", sure="1")


@pytest.mark.parametrize(
    "form", [{}, {"letter": "x"}, {"only": "9" * 40}, {"sqlstate": "nonsense"}, {"only": ""}]
)
@pytest.mark.parametrize("what", ["replay", "discard"])
def test_nothing_chosen_changes_nothing(
    admin: Client, project: Project, pears: None, what: str, form: dict[str, str]
) -> None:
    letters = refuse(project, pear())
    assert "Nothing was chosen" in post(admin, what, sure="1", **form)
    assert waiting(project) == letters


def test_a_viewer_and_a_member_read_and_change_nothing(team: Team, project: Project, pears: None) -> None:
    letters = refuse(project, pear())
    for role in (Role.VIEWER, Role.MEMBER):
        reader = User.objects.create_user(f"{role}@example.com")
        Membership.objects.create(team=team, user=reader, role=role)
        client = Client()
        client.force_login(reader)
        page = client.get(PAGE).content.decode()
        assert seen(page) == letters
        assert "checkbox" not in page and "An admin" in page
        for what in ("replay", "discard"):
            assert client.post(f"{PAGE}/{what}", {"only": letters[0], "sure": "1"}).status_code == 403
    assert waiting(project) == letters


def test_letters_of_another_project_are_out_of_reach(admin: Client, project: Project, pears: None) -> None:
    other = Project.objects.create(team=project.team, name="Other", slug="other")
    (letter,) = refuse(other, pear())
    for what in ("replay", "discard"):
        own = refuse(project, pear(), pear())
        assert seen(admin.get(PAGE).content.decode()) == own[::-1]
        post(admin, what, only=letter, sure="1")
        post(admin, what, letter=[letter, own[0]], sure="1")
        assert waiting(project) == own[1:]
        post(admin, what, sqlstate="23514", sure="1")
        assert waiting(project) == []
        drain_all()  # what was replayed is refused again
        replaying.discard(project, Choice(), None)
    assert waiting(other) == [letter]


def test_the_command_lists_replays_and_discards(
    project: Project, pears: None, capsys: pytest.CaptureFixture[str]
) -> None:
    letters = refuse(project, pear(), pear(), event(uuid="no uuid"))
    command = ("replay_dead_letters", "--project", "acme/default")
    call_command(*command, "--list", "--sqlstate", "23514")
    said = capsys.readouterr().out
    assert f"{letters[0]} " in said and "no_pears" in said and "2 dead letters wait" in said
    assert f"{letters[2]} " not in said
    call_command(*command, "--discard", "--id", str(letters[0]))
    assert "1 dead letters discarded" in capsys.readouterr().out
    mend()
    call_command(*command, "--sqlstate", "23514")
    assert "1 dead letters sent again" in capsys.readouterr().out
    drain_all()
    assert len(stored()) == 1
    assert waiting(project) == letters[2:]
    entries = AuditEntry.objects.order_by("action")
    assert [entry.action for entry in entries] == ["dead_letters.discard", "dead_letters.replay"]
    assert all(entry.user is None for entry in entries)
    assert ask("SELECT count(*) FROM dead_letters WHERE replayed_at IS NOT NULL") == [(1,)]
    with pytest.raises(CommandError, match="no project"):
        call_command("replay_dead_letters", "--project", "acme/nothing")
