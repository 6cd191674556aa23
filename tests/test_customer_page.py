"""A customer's page: one address an id, its figures and states, what the team notes of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from agentry.accounts.models import AuditEntry, Membership, Project, Role, Team, User
from analytics.customers.naming import visible
from analytics.customers.one import questions
from analytics.customers.one.address import page_of
from analytics.models import Customer
from tests.customers_page import NASTY, calls
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

AWKWARD = [
    "a/b",
    "/a",
    "a//b",
    "..",
    ".",
    "../x",
    "a/../b",
    "report.json",
    "x.CSV",
    "a\nb",
    "50% off?",
    "#1",
    "a b",
    "note",
]


def text(response: Any) -> str:
    body = re.sub(r"(?s)<title>.*?</title>|<[^>]+>", " ", response.content.decode())
    return unescape(" ".join(body.split()))


def detailed(customer: str | None, days: range, each: int = 1, **details: Any) -> list[dict[str, Any]]:
    return [event | details for event in calls(customer, days, each)]


def test_every_id_has_its_own_address(reader: Client, project: Project) -> None:
    ids = list(dict.fromkeys([*NASTY, *AWKWARD]))
    assert len({page_of(project, each) for each in ids}) == len(ids)
    store(project.pk, [event for n, each in enumerate(ids, 1) for event in calls(each, range(1), n)])
    for calls_made, customer in enumerate(ids, 1):
        response = reader.get(page_of(project, customer))
        assert response.status_code == 200, customer
        assert f"Calls, 30 days {calls_made} the project's first call is" in text(response), customer
        body = response.content.decode()
        assert "<script>alert" not in body
        if customer:
            assert f"<bdi>{escape(visible(customer))}</bdi>" in body
            for unknown in (f"{customer}/", f" {customer}"):
                assert reader.get(page_of(project, unknown)).status_code == 404


def test_an_unknown_customer_has_a_page_with_a_way_back(reader: Client, project: Project) -> None:
    store(project.pk, calls("acme", range(3)))
    for address in ("/t/acme/default/customers/nobody", "/t/acme/default/customer?id="):
        response = reader.get(address)
        assert response.status_code == 404
        assert "No such customer" in text(response)
        assert 'href="/t/acme/default/customers' in response.content.decode()
    for strange in ("a%00b", "%FF", "x" * 2000, "a'b\\"):
        assert reader.get(f"/t/acme/default/customers/{strange}").status_code == 404
    assert "Every call says its customer" in text(reader.get("/t/acme/default/customer"))


def test_figures_are_of_the_window_and_the_change_of_complete_days(reader: Client, project: Project) -> None:
    store(
        project.pk,
        [
            *detailed("acme", range(31), 4, status=200, endpoint="/a", method="GET", plan="pro"),
            *detailed("acme", range(31), 1, status=503, endpoint="/b", method="POST", plan="pro"),
            *detailed("acme", range(31, 61), 10, status=200, endpoint="/a", method="GET", plan="pro"),
            *detailed("other", range(61), 3, status=500),
        ],
    )
    shown = text(reader.get("/t/acme/default/customers/acme"))
    assert "Calls, 30 days 150 −50.0%" in shown
    assert "Active days 30 of 30" in shown
    assert "Errors 20.0% 30 calls" in shown
    assert "Plan pro" in shown
    assert "50% fewer calls than in the 30 days before" in shown
    assert "from usage where event = 'api_request' and customer_id = 'acme'" in shown
    seven = text(reader.get("/t/acme/default/customers/acme?window=7"))
    assert "Calls, 7 days 35 0.0%" in seven
    assert "About as many calls as in the 7 days before" in seven


def test_any_dates_are_a_window_and_wrong_ones_say_so(reader: Client, project: Project) -> None:
    store(project.pk, [*calls("acme", range(20), 2), *calls("acme", range(3), 7, event="login")])
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=9), today - timedelta(days=5)
    response = reader.get(f"/t/acme/default/customers/acme?from={first}&to={last}")
    assert "10 " in text(response).split("Active days")[0].split("Calls,")[1]
    for wrong in (
        f"from={last}&to={first}",
        "from=x&to=%00",
        f"from={today}&to=9999-12-31",
        "from=&to=2026-01-01",
    ):
        response = reader.get(f"/t/acme/default/customers/acme?{wrong}")
        assert response.status_code == 200
        assert "Shown instead: the last 30 days" in text(response)
    assert "Calls, 30 days 21" in text(reader.get("/t/acme/default/customers/acme?event=login"))
    assert (
        "event=login&amp;window=7"
        in reader.get("/t/acme/default/customers/acme?event=login").content.decode()
    )
    for forged in ("window=-1", "window=1e9", "by=%00", "by=minute", "window='"):
        assert reader.get(f"/t/acme/default/customers/acme?{forged}").status_code == 200


def test_windows_older_than_details_say_so(reader: Client, project: Project) -> None:
    store(project.pk, [*calls("acme", range(120, 140)), *calls("acme", range(3))])
    ninety = reader.get("/t/acme/default/customers/acme?window=90")
    assert "Details are kept from" in text(ninety)
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=139), today - timedelta(days=120)
    old = reader.get(f"/t/acme/default/customers/acme?from={first}&to={last}&by=hour")
    assert "of this window and the one before there are none" in text(old)
    assert old.status_code == 200


def test_more_combinations_than_are_read_are_asked_for_one_by_one(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when one detail alone has more values than that: what is beyond is a part of the others."""
    paths = [
        each | {"endpoint": f"/{n}", "method": "GET"} for n in range(30) for each in calls("acme", range(40))
    ]
    store(project.pk, paths)
    whole = text(reader.get("/t/acme/default/customers/acme"))
    monkeypatch.setattr(questions, "CUBE_ROWS", 5)
    assert _without_age(text(reader.get("/t/acme/default/customers/acme"))) == _without_age(whole)
    monkeypatch.setattr(questions, "VALUES", 10)
    shown = text(reader.get("/t/acme/default/customers/acme"))
    assert "GET 900 100.0%" in shown
    assert "others 660 73.3%" in shown


def _without_age(shown: str) -> str:
    return shown.split("As of")[0]


def test_little_is_no_trouble(reader: Client, project: Project) -> None:
    """One event; an hour of data; no calls in the window."""
    now = datetime.now(UTC).replace(microsecond=0)
    store(project.pk, [{"timestamp": now, "customer_id": "one"}])
    for query in ("", "?by=hour", "?window=7", "?window=90"):
        assert "1" in text(reader.get(f"/t/acme/default/customers/one{query}"))


def test_two_weeks_by_the_hour_are_a_small_page(reader: Client, project: Project) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    hours = [{"timestamp": now - timedelta(hours=ago), "customer_id": "acme"} for ago in range(24 * 29)]
    store(project.pk, hours)
    body = reader.get("/t/acme/default/customers/acme?by=hour&part=latest").content
    assert body.count(b"<tr><th>") > 13 * 24
    assert len(body) < 90_000


def test_no_calls_in_the_window(reader: Client, project: Project) -> None:
    store(project.pk, calls("gone", range(50, 60)))
    shown = text(reader.get("/t/acme/default/customers/gone?window=7"))
    assert "Calls, 7 days 0" in shown
    assert "No calls in this window; the last one was on" in shown
    assert "and none in the 7 before." in shown
    assert "Fewer calls" not in shown
    assert reader.get("/t/acme/default/customers/gone?window=7&by=hour").status_code == 200


def test_htmx_gets_the_part_that_changes(reader: Client, project: Project) -> None:
    store(project.pk, calls("a b", range(3)))
    response = reader.get("/t/acme/default/customers/a%20b?window=7&by=hour", headers={"HX-Request": "true"})
    assert response.content.decode().lstrip().startswith('<div id="customer"')
    assert response["HX-Push-Url"] == "/t/acme/default/customers/a%20b?window=7&by=hour"
    assert "HX-Request" in response["Vary"]


def form(**changes: Any) -> dict[str, Any]:
    return {
        "id": "acme",
        "name": "",
        "owner": "",
        "monthly_cap": "",
        "account_url": "",
        "notes": "",
    } | changes


def test_a_member_notes_what_the_team_knows_and_the_audit_log_says_who(
    reader: Client, project: Project, user: User
) -> None:
    store(project.pk, calls("acme", range(3)))
    mine = Membership.objects.get(user=user)
    sent = form(
        name="Acme & Sons",
        owner=mine.pk,
        monthly_cap="1000",
        account_url="https://crm.test/1",
        notes="<b>x</b>",
    )
    response = reader.post("/t/acme/default/customer/note", sent, follow=True)
    assert response.redirect_chain[-1][0] == "/t/acme/default/customers/acme"
    body = response.content.decode()
    assert "Acme &amp; Sons" in body
    assert "&lt;b&gt;x&lt;/b&gt;" in body
    assert 'href="https://crm.test/1" rel="noreferrer noopener"' in body
    entry = Customer.objects.get()
    assert (entry.monthly_cap, entry.owner, entry.changed_by) == (1000, mine, user)
    audit = AuditEntry.objects.get(action="customer.note")
    assert audit.subject == "default/acme: name, monthly cap, owner, account link, notes"
    reader.post("/t/acme/default/customer/note", sent)  # nothing new, nothing written
    assert AuditEntry.objects.filter(action="customer.note").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"account_url": "javascript:alert(1)"},
        {"account_url": "ftp://example.com"},
        {"monthly_cap": "0"},
        {"monthly_cap": "-5"},
        {"monthly_cap": "1e9"},
        {"name": "x" * 201},
        {"name": "a\0b"},
        {"owner": "999999"},
        {"owner": "'"},
    ],
)
def test_a_wrong_note_is_shown_again_with_what_is_wrong(
    reader: Client, project: Project, wrong: dict[str, str]
) -> None:
    store(project.pk, calls("acme", range(3)))
    response = reader.post("/t/acme/default/customer/note", form(notes="kept") | wrong)
    assert response.status_code == 422
    body = response.content.decode()
    assert "errorlist" in body
    assert "kept" in body
    assert not Customer.objects.exists()


def test_an_owner_is_of_the_same_team(reader: Client, project: Project) -> None:
    store(project.pk, calls("acme", range(3)))
    stranger = User.objects.create_user("stranger@example.com")
    other = Team.objects.create(name="Other", slug="other")
    foreign = Membership.objects.create(team=other, user=stranger, role=Role.OWNER)
    assert reader.post("/t/acme/default/customer/note", form(owner=foreign.pk)).status_code == 422
    assert "stranger" not in reader.get("/t/acme/default/customers/acme").content.decode()


def test_a_viewer_reads_and_does_not_edit(reader: Client, project: Project, user: User) -> None:
    store(project.pk, calls("acme", range(3)))
    Customer.objects.create(project=project, customer_id="acme", notes="call on Monday")
    Membership.objects.filter(user=user).update(role=Role.VIEWER)
    body = reader.get("/t/acme/default/customers/acme").content.decode()
    assert "call on Monday" in body
    assert "customer/note" not in body
    assert "data?customer" not in body
    assert reader.post("/t/acme/default/customer/note", form()).status_code == 403
    Membership.objects.filter(user=user).update(role=Role.ADMIN)
    assert "data?customer=acme" in reader.get("/t/acme/default/customers/acme").content.decode()


def test_a_cap_has_a_runway(reader: Client, project: Project) -> None:
    store(project.pk, calls("acme", range(40), 10))
    Customer.objects.create(project=project, customer_id="acme", monthly_cap=1)
    assert "over the cap" in text(reader.get("/t/acme/default/customers/acme"))
    Customer.objects.update(monthly_cap=10**12)
    shown = text(reader.get("/t/acme/default/customers/acme"))
    assert "at its pace <1% by" in shown
    assert "Last call just now" in shown
    assert "Its mean for each weekday over the last 28 complete days" in shown
