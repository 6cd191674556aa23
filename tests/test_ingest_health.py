"""The ingest health page: its figures add up, it hides nothing, and a test event is followed to its row."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentry import valkey
from agentry.accounts.models import Membership, Project, Role, Team, User
from analytics.health import figures, reasons, trial
from analytics.health.chart import chart
from analytics.ingest import refused, verdicts
from analytics.ingest.pace import Minute
from analytics.ingest.stream import BACKLOGS, COUNTS
from analytics.write import pulse
from tests.ingest_client import Sender
from tests.write_events import ask, drain_all, event, send

pytestmark = pytest.mark.django_db
PAGE = "/t/acme/default/ingest"


def text(page: str) -> str:
    return unescape(" ".join(re.sub(r"<title>.*?</title>|<[^>]+>", " ", page, flags=re.DOTALL).split()))


def read(client: Client, part: str = "", **query: str) -> str:
    headers = {"HX-Request": "true", "HX-Target": part} if part else {}
    response = client.get(PAGE, query, headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_project_without_events(reader: Client) -> None:
    page = text(read(reader))
    assert "No event has come yet." in page
    assert "0 received = 0 stored + 0 duplicate + 0 rejected + 0 dead-lettered + 0 waiting adds up" in page
    assert "Nothing is stored yet" in page
    assert "None was ever rejected." in page
    assert "No request with a valid key was ever refused whole." in page
    assert 'href="/t/acme/default/ingest"' in reader.get("/t/acme/default/customers").content.decode()


def test_the_figures_are_the_account(reader: Client, project: Project, dsn: str) -> None:
    once = event()
    send(project, once, event(uuid="no uuid"))
    send(project, once)
    sender = Sender(dsn)
    sender.send([{"event": ""}, {"event": "e", "uuid": "<b>odd</b>"}, {"event": "e", "uuid": "x"}])
    sender.send(b"{")
    drain_all()
    send(project, event(), event())
    page = read(reader)
    said = text(page)
    assert "8 received = 1 stored + 1 duplicate + 3 rejected + 1 dead-lettered + 2 waiting adds up" in said
    assert "Waiting 2 oldest" in said
    assert "Dead letters 1 to look at" in said
    assert "bad_uuid a uuid that is none 2" in said
    assert "missing_event no event name 1" in said
    assert re.search(r"not_json not JSON \d+ \w+, [\d:]+ 1", said)
    assert "<b>odd" not in page
    assert 'uuid "<b>odd</b>"' in said
    assert re.search(r"Accept to queryable \d+(\.\d)? m?s median", said)
    assert re.search(r"Last event \d+ \w+ ago", said)


def test_a_part_is_only_that_part(reader: Client, project: Project) -> None:
    send(project, event(customer_id="only_here"))
    drain_all()
    for part in ("figures", "tail", "rejects", "trial"):
        page = read(reader, part)
        assert page.strip().startswith(f'<div id="{part}"')
        assert ("only_here" in page) is (part == "tail")
    assert "<!doctype" in read(reader, "anything")
    response = reader.get(PAGE, headers={"HX-Request": "true", "HX-Target": "tail"})
    assert {"HX-Request", "HX-Target"} <= set(response["Vary"].split(", "))


def test_a_refresh_is_no_news_in_the_log(reader: Client, capfd: pytest.CaptureFixture[str]) -> None:
    read(reader, "figures")
    assert "path=/t/acme/default/ingest" not in capfd.readouterr().err
    read(reader)
    assert "path=/t/acme/default/ingest" in capfd.readouterr().err


def test_what_does_not_add_up_is_shown(reader: Client, project: Project) -> None:
    send(project, event())
    drain_all()
    valkey.client().hincrby(COUNTS, f"{project.pk}:received:", 3)
    said = text(read(reader, "figures"))
    assert "off by 3" in said
    assert "The account is off by 3." in said


def test_the_oldest_is_exact_unless_others_wait_too(project: Project) -> None:
    now = int(time.time() * 1000)
    assert figures.read_waiting(project.pk, now) == figures.Waiting(0, None, False)
    send(project, event())
    found = figures.read_waiting(project.pk, now + 60_000)
    assert found.events == 1 and found.exact
    assert found.oldest is not None and 30 < found.oldest <= 60
    send(project.pk + 1, event())
    assert not figures.read_waiting(project.pk, now).exact
    drain_all()
    assert valkey.client().hget(BACKLOGS, str(project.pk)) == b"0"


def test_it_says_when_nobody_writes(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(project, event())
    assert "1 event safe in the queue, but the writer has not been seen." in text(read(reader, "figures"))
    pulse.drained(0)
    assert "accounted for" in text(read(reader, "figures"))
    monkeypatch.setattr(figures, "OLD_SECONDS", 0.0)
    assert "The writer is behind: 1 event safe in the queue." in text(read(reader, "figures"))
    valkey.client().hset(pulse.PULSE, "drain:0", int(time.time() * 1000) - 200_000)
    assert "the writer was last seen 3 min 20 s ago." in text(read(reader, "figures"))
    monkeypatch.setattr(settings, "BACKLOG_EVENTS", 1)
    assert "The backlog is full" in text(read(reader, "figures"))


def test_it_says_when_valkey_is_away(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(project, event(customer_id="stored_before"))
    drain_all()
    nowhere = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(valkey, "client", lambda: nowhere)
    page = text(read(reader))
    assert "Valkey does not answer." in page
    assert "stored_before" in page
    assert "Events cannot be accepted" in text(reader.post(f"{PAGE}/test", follow=True).content.decode())


def test_the_tail_is_the_newest_and_filtered(reader: Client, project: Project) -> None:
    now = int(time.time() * 1000)
    send(project, *(event(timestamp=now - 1000 * index, customer_id=f"c{index:02}") for index in range(20)))
    send(project, event(timestamp=now - 500, event="sign_up", customer_id=None, rest='{"customer_id": 77}'))
    send(project, event(timestamp=now + 3_600_000, customer_id="ahead"))
    other = Project.objects.create(team=project.team, name="Other", slug="other")
    send(other, event(timestamp=now, customer_id="foreign"))
    drain_all()
    page = text(read(reader, "tail"))
    assert re.findall(r"\bc\d\d\b", page) == [f"c{index:02}" for index in range(14)]
    assert "ahead" not in page and "foreign" not in page
    assert "sign_up 77" in page
    assert re.findall(r"\bc\d\d\b", text(read(reader, "tail", customer="C1"))) == [
        f"c{i}" for i in range(10, 20)
    ]
    assert "77" in text(read(reader, "tail", event="SIGN"))
    assert "Nothing found" in text(read(reader, "tail", event="sign", customer="c0"))
    assert "Nothing found" in text(read(reader, "tail", event="%_\0'"))
    assert "foreign" not in text(read(reader, "tail", customer="foreign")).replace("“foreign”", "")


def token_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["test"][0]


def test_a_test_event_is_followed_to_its_row(reader: Client, project: Project) -> None:
    response = reader.post(f"{PAGE}/test")
    token = token_of(response["Location"])
    assert "Received" in (page := text(read(reader, test=token)))
    assert "Waiting for" in page and "Stored not yet" in page
    assert "every 500ms" in read(reader, "trial", test=token)
    drain_all()
    page = read(reader, "trial", test=token)
    ((uuid, name),) = ask("SELECT uuid::text, event FROM events")
    assert name == "agentry_test"
    assert uuid in page
    assert "every 500ms" not in page
    assert re.search(r"Waited \d+(\.\d)? m?s Stored and queryable after \d+(\.\d)? m?s", text(page))
    assert ask("SELECT count(*) FROM usage_day WHERE event = 'api_request'") == [(0,)]
    assert "0 rejected + 0 dead-lettered + 0 waiting adds up" in text(read(reader))


def test_a_test_event_that_is_refused_leads_to_the_dead_letters(reader: Client, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events ADD CONSTRAINT no_test CHECK (event <> 'agentry_test')")
    try:
        token = token_of(reader.post(f"{PAGE}/test")["Location"])
        drain_all()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE events DROP CONSTRAINT no_test")
    page = read(reader, "trial", test=token)
    assert "Refused PostgreSQL did not take it" in text(page)
    assert "every 500ms" not in page


def test_a_test_event_goes_the_way_of_all_events(reader: Client, project: Project) -> None:
    """Also its refusal: the backlog's cap holds for it."""
    send(project, event())
    settings_before = settings.BACKLOG_EVENTS
    settings.BACKLOG_EVENTS = 1
    try:
        assert "More events are waiting" in text(reader.post(f"{PAGE}/test", follow=True).content.decode())
        response = reader.post(f"{PAGE}/test", headers={"HX-Request": "true", "HX-Target": "trial"})
    finally:
        settings.BACKLOG_EVENTS = settings_before
    assert response.status_code == 200
    assert response.content.decode().strip().startswith('<div id="trial"')
    assert "More events are waiting" in text(response.content.decode())


@pytest.mark.parametrize("token", ["", "x", "a:b:c"])
def test_an_odd_token_follows_nothing(reader: Client, token: str) -> None:
    assert "Received" not in text(read(reader, test=token))


def test_a_token_of_another_project_follows_nothing(reader: Client, project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Other", slug="other")
    token = trial.send(other.pk).token
    assert "Received" not in text(read(reader, test=token))
    mine = trial.send(project.pk)
    lost = trial.Trial(project.pk, mine.uuid, mine.shard, "1-1", mine.sent_at, 1.0)
    assert "Not found" in text(read(reader, test=lost.token))


def test_a_viewer_reads_and_sends_nothing(team: Team, project: Project) -> None:
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(team=team, user=viewer, role=Role.VIEWER)
    client = Client()
    client.force_login(viewer)
    assert "Send a test event" not in text(read(client))
    assert client.post(f"{PAGE}/test").status_code == 403
    assert valkey.client().hgetall(BACKLOGS) == {}


def test_every_code_has_its_words(project: Project) -> None:
    documented = set(re.findall(r"`(\w+)`", verdicts.__doc__ or ""))
    assert documented <= set(reasons.EVENTS)
    assert all(said for said in (*reasons.EVENTS.values(), *reasons.REQUESTS.values()))
    refused.note(project.pk, "of_tomorrow")
    assert refused.of_project(project.pk)[0].code == "of_tomorrow"


def test_the_chart_says_itself_in_words() -> None:
    hour = [Minute(60_000 * index) for index in range(60)]
    assert chart(hour).label == "Events a minute: 0 events in the last hour"
    hour[3], hour[59] = Minute(180_000, 1200, 200), Minute(60_000 * 59, 7)
    drawn = chart(hour)
    assert drawn.label == (
        "Events a minute: 1,207 events in the last hour, in 1 minute, at most 1,200 at 00:03; 200 rejected"
    )
    assert drawn.values.splitlines()[0] == "00:59 so far: 7"
    assert drawn.values.splitlines()[56] == "00:03: 1,200, 200 rejected"
    assert len(drawn.values.splitlines()) == 60
    assert (len(drawn.received), len(drawn.rejected)) == (1, 1)
    assert drawn.received[0].height == drawn.height
    assert drawn.part is not None and drawn.part.height == 2


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.42, "420 ms"),
        (0.996, "1.0 s"),
        (7.31, "7.3 s"),
        (59.96, "1 min 0 s"),
        (95, "1 min 35 s"),
        (7300, "2 h 1 min"),
        (200_000, "2 days"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert figures.duration(seconds) == said


def test_an_outsider_finds_no_token_page(project: Project, db: Any) -> None:
    stranger = User.objects.create_user("stranger@example.com")
    client = Client()
    client.force_login(stranger)
    assert client.get(PAGE, {"test": trial.send(project.pk).token}).status_code == 404
