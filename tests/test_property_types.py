"""Types of properties: recorded once, seen and changed by people, used by the next question."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from agentry.accounts.models import AuditEntry, Membership, Project, Role, Team, User
from analytics import query
from analytics.engines import catalog
from analytics.write import batch
from tests.write_events import drain_all, event, send

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/t/acme/default/properties"
ODD = [
    "quo\"te's",
    "<script>alert(1)</script>&amp;",
    "x" * 200,
    "\N{GRINNING FACE} \u202eback",
    " ",
    "\N{GRINNING FACE}" * 120,
    "a.b",
    "%s {0} {{ x }}",
    "'; DROP TABLE events; --",
]


@pytest.fixture(autouse=True)
def _a_new_process() -> None:
    """Project ids come again in tests: what this process knows of them is of another."""
    batch._known_properties.clear()


@pytest.fixture
def admin(user: User, project: Project) -> Client:
    client = Client()
    client.force_login(user)
    return client


def record(project: Project, **types: str) -> None:
    """As ingest does, in any process: types of properties by name."""
    send(project, event(), types=types)
    drain_all()


def change(client: Client, name: str, **form: str) -> Any:
    return client.post(f"{PAGE}/change", {"name": name, **form}, follow=True)


def test_the_page_lists_what_was_recorded_and_what_is_fixed(admin: Client, project: Project) -> None:
    record(project, seats="Numeric", beta="Boolean")
    page = admin.get(PAGE).content.decode()
    for word in ("seats", "beta", "customer_id", "latency_ms", "fixed"):
        assert word in page
    found = admin.get(PAGE, {"find": "SEA"}).content.decode()
    assert "seats" in found
    assert "beta" not in found
    assert "No property has that" in admin.get(PAGE, {"find": "nothing\0"}).content.decode()
    assert 'href="/t/acme/default/properties"' in admin.get("/t/acme/default/customers").content.decode()


def test_a_changed_type_is_the_next_questions(admin: Client, project: Project) -> None:
    send(project, event(rest='{"seats":"12"}'), types={"seats": "String"})
    drain_all()
    hogql = "select properties.seats as seats from events"
    assert query.run(project, hogql).rows == [("12",)]
    assert "seats is read as Numeric" in change(admin, "seats", type="Numeric").content.decode()
    result = query.run(project, hogql)
    assert (result.rows, result.columns[0].type) == ([(12.0,)], "Nullable(Float64)")
    assert change(admin, "seats", type="DateTime").status_code == 200
    assert query.run(project, hogql).columns[0].type == "Nullable(DateTime64(3))"
    entries = AuditEntry.objects.filter(action="property.change").order_by("pk")
    assert [entry.subject for entry in entries] == [
        "default/seats: String → Numeric",
        "default/seats: Numeric → DateTime",
    ]


def test_ingest_never_changes_a_type_back(admin: Client, project: Project) -> None:
    record(project, seats="String")
    change(admin, "seats", type="Numeric")
    record(project, seats="String")
    batch._known_properties.clear()  # another process
    record(project, seats="Boolean")
    assert catalog.property_types(project.id) == {"seats": "Numeric"}


def test_a_forgotten_type_is_recorded_anew(
    admin: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(project, seats="String")
    assert "is forgotten" in change(admin, "seats", forget="1").content.decode()
    assert catalog.property_types(project.id) == {}
    monkeypatch.setattr(batch, "_known_until", 0.0)  # half a minute later
    record(project, seats="Numeric")
    assert catalog.property_types(project.id) == {"seats": "Numeric"}
    assert AuditEntry.objects.get(action="property.forget").subject == "default/seats"


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_shown_and_changed_as_they_are(admin: Client, project: Project, name: str) -> None:
    record(project, **{name: "String"})
    page = admin.get(PAGE).content.decode()
    assert "<script>alert" not in page
    assert change(admin, name, type="Numeric", find="").status_code == 200
    assert catalog.property_types(project.id) == {name: "Numeric"}
    assert len(AuditEntry.objects.get(action="property.change").subject) <= 200
    change(admin, name, forget="1")
    assert catalog.property_types(project.id) == {}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "seats", "type": "Decimal"}, "four types"),
        ({"name": "seats", "type": ""}, "four types"),
        ({"name": "nothing", "type": "Numeric"}, "No event has had"),
        ({"name": "nothing", "forget": "1"}, "No event has had"),
        ({"name": "sea\0ts", "type": "Numeric"}, "No event has had"),
        ({"name": "", "type": "Numeric"}, "No event has had"),
        ({"name": "status", "type": "String"}, "in every project"),
        ({"name": "customer_id", "forget": "1"}, "in every project"),
    ],
)
def test_what_cannot_be_changed_says_why(
    admin: Client, project: Project, form: dict[str, str], said: str
) -> None:
    record(project, seats="String")
    assert said in admin.post(f"{PAGE}/change", form, follow=True).content.decode()
    assert catalog.property_types(project.id) == {"seats": "String"}
    assert not AuditEntry.objects.filter(action__startswith="property").exists()


def test_a_member_reads_and_does_not_change(team: Team, project: Project) -> None:
    record(project, seats="String")
    reader = User.objects.create_user("reader@example.com")
    Membership.objects.create(team=team, user=reader, role=Role.MEMBER)
    client = Client()
    client.force_login(reader)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert b"<select" not in page.content
    assert change(client, "seats", type="Numeric").status_code == 403
    assert catalog.property_types(project.id) == {"seats": "String"}


def test_the_other_projects_type_of_the_same_name_stays(admin: Client, project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Other", slug="other")
    record(project, seats="String")
    record(other, seats="String")
    change(admin, "seats", type="Numeric")
    change(admin, "seats", forget="1")
    assert catalog.property_types(project.id) == {}
    assert catalog.property_types(other.id) == {"seats": "String"}


def test_a_type_recorded_before_its_time_was_kept(admin: Client, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO property_types VALUES (%s, 'old', 'String', NULL)", [project.id])
    assert "earlier" in admin.get(PAGE).content.decode()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_the_page_in_a_browser_without_javascript(
    admin: Client, project: Project, live_server: LiveServer, browser: Browser, width: int, scheme: Any
) -> None:
    """Nothing is wider than the window, however long a name; the form works by itself."""
    record(project, seats="String", sdk_version="String", beta="Boolean", **{"n" * 200: "String"})
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=False
    )
    session = admin.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + PAGE)
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["width"] <= width
    page.get_by_label("Type of seats").select_option("Numeric")
    page.locator("tr", has=page.get_by_label("Type of seats")).get_by_role("button", name="Save").click()
    assert page.get_by_text("seats is read as Numeric").is_visible()
    assert catalog.property_types(project.id)["seats"] == "Numeric"
    context.close()
