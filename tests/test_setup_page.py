"""The Setup page: middleware with everything filled in but the key, and the first event as it comes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from agentry.accounts.models import DsnKey, Membership, Project, Role, User
from analytics.setup.snippets import BY_KEY, CLIENTS, SNIPPETS, WAYS
from tests.stored import store
from tests.write_events import drain_all

PAGE = "/t/acme/default/setup"
LIVE = {"HX-Request": "true", "HX-Target": "poll"}
RAW_KEY = "sk_live_51H8xQ2eZvKYlo2C0aBcDeFg"
GOOD = {"event": "api_request", "properties": {"customer_id": "acme"}}


def body(response: Any) -> str:
    assert isinstance(response, HttpResponse) and response.status_code == 200
    return response.content.decode()


def post(client: Client, dsn: str, event: Any, slug: str = "default", **headers: str) -> Any:
    return client.post(
        f"/v1/analytics/{slug}/",
        event,
        content_type="application/json",
        headers={"Authorization": f"Bearer {dsn}", "User-Agent": "tests/1.0"} | headers,
    )


def event(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC).replace(microsecond=0)
    return {"timestamp": now, "customer_id": "acme_corp", "endpoint": "/v1/things", "status": 200} | more


@pytest.mark.parametrize("way", BY_KEY)
def test_each_way_is_filled_in_but_for_the_key(reader: Client, dsn: str, way: str) -> None:
    with override_settings(URL="https://agentry.example"):
        text = unescape(body(reader.get(f"{PAGE}?for={way}")))
    assert "{{" not in text and dsn not in text
    for file in BY_KEY[way].clients:
        assert f"curl -O https://agentry.example/static/clients/{file}" in text
        assert (CLIENTS / file).read_text() in text
    assert text.count("https://agentry.example") > len(BY_KEY[way].clients)
    assert "AGENTRY_DSN" in text
    current = re.findall(r'aria-current="true">([^<]+)</a>', text)
    assert current == [BY_KEY[way].label]


def test_every_file_is_shown_somewhere() -> None:
    shown = {part.file for way in WAYS for part in way.parts}
    assert shown == {path.name for path in SNIPPETS.iterdir() if path.suffix != ".html"}
    assert {file for way in WAYS for file in way.clients} == {path.name for path in CLIENTS.iterdir()}


@pytest.mark.parametrize(
    "query",
    [
        "for=nobody",
        "for=%00",
        "for=../../secrets",
        "after=soon",
        "after=-1",
        "look=x",
        "after=" + "9" * 13,
        "look=" + "9" * 99,
    ],
)
def test_a_forged_address_is_the_page(reader: Client, query: str) -> None:
    assert "Hono" in body(reader.get(f"{PAGE}?{query}"))


def test_the_roles_are_told_what_they_may(reader: Client, user: User) -> None:
    assert "Make a key" in body(reader.get(PAGE))
    Membership.objects.filter(user=user).update(role=Role.VIEWER)
    assert "An admin of the team can make one" in body(reader.get(PAGE))


def test_it_waits_asking_ever_more_rarely_and_stops(reader: Client) -> None:
    first = body(reader.get(PAGE))
    assert "Waiting for the first event" in first
    address, seconds = _next(first)
    assert seconds == 1
    again = reader.get(address, headers=LIVE)
    assert "Waiting" not in body(again)  # nothing new: what is read aloud is left alone
    assert "<h1" not in body(again)
    assert 1 < _next(body(again))[1] < 2
    assert _next(body(reader.get(f"{PAGE}?look=100", headers=LIVE)))[1] == 15
    end = body(reader.get(f"{PAGE}?look=120"))
    assert "hx-get" not in end.partition('id="poll"')[2].partition(">")[0]
    assert "Nothing came" in end and "Look again" in end


def test_the_first_event_is_said_and_shown(reader: Client, project: Project) -> None:
    address, _ = _next(body(reader.get(PAGE)))
    store(project.pk, [event(customer_id="<b>acme</b>", latency_ms=12.5)])
    said = body(reader.get(address, headers=LIVE))
    assert "First event received" in said and 'hx-swap-oob="true"' in said
    assert "&lt;b&gt;acme&lt;/b&gt;" in said and "12.5 ms" in said and "/v1/things" in said
    assert "hx-get" not in said
    assert "Events arrive" in body(reader.get(PAGE))


def test_a_test_event_is_not_the_first_one(reader: Client, dsn: str) -> None:
    address, _ = _next(body(reader.get(PAGE)))
    reader.post("/t/acme/default/ingest/test")
    drain_all()
    said = body(reader.get(address, headers=LIVE))
    assert "First event received" not in said and "A test event arrived" in said
    assert "Your API's first one has not come yet" in unescape(said) and "hx-get" in said
    assert "Waiting for the first event" in body(reader.get(PAGE))
    filters = body(reader.get("/t/acme/default/customers"))
    assert "agentry_test" not in filters.partition('id="by-event"')[2].partition("</select>")[0]
    assert post(reader, dsn, GOOD).status_code == 202
    drain_all()
    assert "First event received" in body(reader.get(_next(said)[0], headers=LIVE))


def test_a_first_event_with_a_key_for_its_customer_is_warned_of_at_once(
    reader: Client, project: Project
) -> None:
    address, _ = _next(body(reader.get(PAGE)))
    store(project.pk, [event(customer_id=RAW_KEY)])
    said = body(reader.get(address, headers=LIVE))
    assert "First event received" in said and RAW_KEY not in said
    assert "Its customer_id looks like a raw API key." in said
    assert "Send the account that the key belongs to" in said and "first good" not in said


def test_one_can_wait_for_the_next(reader: Client, project: Project) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    old = event(timestamp=now - timedelta(minutes=5), customer_id="old_corp")
    store(project.pk, [old, event(timestamp=now, customer_id="next_corp")])
    before, after = (round(moment.timestamp() * 1000) for moment in (now - timedelta(minutes=1), now))
    waiting = body(reader.get(f"{PAGE}?after={after}"))
    assert "Waiting for the next event" in waiting and "next_corp" not in waiting
    address, _ = _next(waiting)
    assert f"after={after}" in address
    assert "next_corp" in body(reader.get(address.replace(str(after), str(before)), headers=LIVE))


def test_an_event_in_the_queue_is_said(reader: Client, dsn: str) -> None:
    assert post(reader, dsn, GOOD).status_code == 202
    assert "1 event accepted, and written in a moment" in body(reader.get(PAGE))


@pytest.mark.parametrize(
    ("sent", "slug", "headers", "code"),
    [
        ({"properties": {}}, "default", {}, "missing_event"),
        ("{broken", "default", {}, "not_json"),
        (GOOD, "default", {"User-Agent": ""}, "user_agent_required"),
        (GOOD, "elsewhere", {}, "wrong_project"),
    ],
)
def test_what_is_in_the_way_is_said(
    reader: Client, dsn: str, sent: Any, slug: str, headers: dict[str, str], code: str
) -> None:
    address, _ = _next(body(reader.get(PAGE)))
    post(reader, dsn, sent, slug, **headers)
    said = body(reader.get(address, headers=LIVE))
    assert f"<code>{code}</code>" in said and "hx-get" in said  # and it goes on waiting


def test_a_wrong_key_is_no_project_s(reader: Client, project: Project, dsn: str) -> None:
    for headers in ({}, {"User-Agent": ""}):
        assert post(reader, "agd_wrong", GOOD, **headers).status_code in (401, 403)
    DsnKey.objects.filter(project=project).update(last_used_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    text = body(reader.get(PAGE))
    assert "note bad" not in text and "last used 2 Jan, 03:04" in text


def _next(text: str) -> tuple[str, float]:
    """Where and after how many seconds the page asks again."""
    found = re.search(r'hx-get="([^"]+)" hx-trigger="every ([\d.]+)s', text)
    assert found
    return unescape(found[1]), float(found[2])
