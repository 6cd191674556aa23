"""The thresholds page: what would change is seen before it does, and who changed it is remembered."""

from __future__ import annotations

import pytest
from django.test import Client

from agentry.accounts.models import AuditEntry, Membership, Project, Role, User
from analytics.customers import comparison, standing, thresholds
from analytics.customers.trend import THRESHOLDS
from analytics.models import FlagThresholds, Standings
from tests.customers_page import PAGE, calls, rows
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)
THERE = "/t/acme/default/thresholds"
USUAL = {each.name: str(each.shown(THRESHOLDS)) for each in thresholds.SETTINGS}


@pytest.fixture
def some(project: Project) -> None:
    """acme is quiet, bolt is dormant, <b> is steady."""
    store(
        project.pk,
        [
            *calls("acme", range(2, 61), 3),
            *calls("bolt", range(15, 61), 2),
            *calls("<b>", range(61), 2),
            *calls("old", range(70, 80)),
        ],
    )


def test_what_would_change_is_shown_and_nothing_is_saved(
    reader: Client, some: None, project: Project
) -> None:
    response = reader.get(THERE, USUAL | {"surprise": "1", "dormant_days": "20"})
    body = response.content.decode()
    assert "2 of 3 customers would get another flag." in body
    assert "quiet: 1 %; dormant: 20 days." in body
    assert body.index("Save these thresholds") < body.index("Then</th>")  # right under the fields
    assert "and for more than 1.5 times its longest gap in 60 days, with 3 or more of its usual days" in body
    found = response.context["compared"]
    assert {count.flag: (count.before, count.after) for count in found.counts if count.more} == {
        "steady": (1, 2),
        "dormant": (1, 0),
    }
    assert [(each.customer, each.before.flag, each.after.flag) for each in found.changes] == [
        ("acme", "quiet", "steady"),
        ("bolt", "dormant", "quiet"),
    ]
    assert not FlagThresholds.objects.exists()
    assert 'name="surprise" value="1"' in body


def test_it_is_saved_with_who_did_it(reader: Client, some: None, project: Project, user: User) -> None:
    Standings.objects.create(project=project, event="api_request", took_ms=500_000)
    response = reader.post(f"{THERE}/change", USUAL | {"surprise": "1", "growing": "15"}, follow=True)
    assert "The thresholds are set." in response.content.decode()
    kept = FlagThresholds.objects.get()
    assert (kept.values, kept.changed_by) == ({"growing": 15, "surprise": 1}, user)
    entry = AuditEntry.objects.get(action="thresholds.change")
    assert (entry.user, entry.subject) == (user, "default: growing 15 %, surprise 1 %")
    assert Standings.objects.get().changed_at  # due at once
    assert rows(reader.get(PAGE))[0][7].startswith("steady")
    customer = reader.get(f"{PAGE}/acme").content.decode()
    assert '<span class="flag steady">' in customer
    reader.post(f"{THERE}/change", USUAL)
    assert FlagThresholds.objects.get().values == {}
    assert AuditEntry.objects.latest("pk").subject == "default: the usual"
    assert rows(reader.get(PAGE))[0][7].startswith("quiet")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"growing": "0"}, "It must be from 1 to 500 %."),
        ({"growing": "501"}, "It must be from 1 to 500 %."),
        ({"near_cap": "-5"}, "A whole number of %, please."),
        ({"dormant_days": "1e3"}, "A whole number of days, please."),
        ({"quiet_hours": "٣"}, "A whole number of hours, please."),
        ({"calls": "9" * 5000}, "A whole number of calls, please."),
        ({"known": "<script>alert(1)</script>"}, "A whole number of days, please."),
        ({"surprise": "\0"}, "A whole number of %, please."),
    ],
)
def test_what_cannot_be_is_said_at_its_place(
    reader: Client, some: None, wrong: dict[str, str], said: str
) -> None:
    for response in (reader.get(THERE, USUAL | wrong), reader.post(f"{THERE}/change", USUAL | wrong)):
        body = response.content.decode()
        assert response.status_code == 400
        assert f"<li>{said}</li>" in body
        assert body.count('aria-invalid="true"') == 1
        assert "<script>alert" not in body
        assert "What would change" not in body
    assert not FlagThresholds.objects.exists()


def test_the_same_changes_nothing(reader: Client, some: None) -> None:
    assert "hold already" in reader.get(THERE, USUAL).content.decode()
    assert "No flag, of 3 customers." in reader.get(THERE, USUAL | {"growing": "11"}).content.decode()


def test_members_read_and_admins_change(reader: Client, user: User, some: None) -> None:
    Membership.objects.filter(user=user).update(role=Role.MEMBER)
    body = reader.get(THERE).content.decode()
    assert "An admin of the team can change them." in body
    assert "<input" not in body.split("<main", 1)[1]
    assert reader.post(f"{THERE}/change", USUAL).status_code == 403


def test_of_very_many_customers_the_largest_are_compared(
    reader: Client, some: None, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "MANY", 2)
    monkeypatch.setattr(comparison, "LARGEST", 1)
    standing.keep(Standings.objects.create(project=project, event="api_request"))
    body = reader.get(THERE, USUAL | {"surprise": "1"}).content.decode()
    assert "1 of the 1 largest customers would get another flag." in body


def test_a_project_without_events(reader: Client) -> None:
    assert "No flag, of 0 customers." in reader.get(THERE, USUAL | {"growing": "50"}).content.decode()
