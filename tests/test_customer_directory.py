"""The directory of customers: one row an id, who left owns nothing, deleted data take their notes along."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from agentry.accounts.models import Membership, Project, Team, User
from analytics.keeping.deletion import delete_customer
from analytics.models import Customer
from publications.settings_file import settings_of

pytestmark = pytest.mark.django_db


def test_an_id_has_one_row_in_a_project_and_empty_is_an_id(project: Project, team: Team) -> None:
    other = Project.objects.create(team=team, name="Other", slug="other")
    for each in ("acme", ""):
        Customer.objects.create(project=project, customer_id=each)
        Customer.objects.create(project=other, customer_id=each)
        with pytest.raises(IntegrityError), transaction.atomic():
            Customer.objects.create(project=project, customer_id=each)


def test_whoever_leaves_the_team_owns_no_customer(project: Project, user: User) -> None:
    owner = Membership.objects.get(user=user)
    Customer.objects.create(project=project, customer_id="acme", owner=owner, name="Acme", changed_by=user)
    owner.delete()
    assert Customer.objects.get().owner is None
    assert Customer.objects.get().changed_by == user


def test_deleting_a_customers_data_deletes_what_was_noted_of_it(project: Project, user: User) -> None:
    for each in ("acme", "wayne"):
        Customer.objects.create(project=project, customer_id=each, notes="call on Monday")
    delete_customer(project, "acme", user)
    assert [each.customer_id for each in Customer.objects.all()] == ["wayne"]


def test_the_export_has_the_directory(project: Project, user: User) -> None:
    owner = Membership.objects.get(user=user)
    Customer.objects.create(project=project, customer_id="acme", owner=owner, monthly_cap=1_000, notes="“Hi”")
    assert settings_of(project)["customers"] == [
        {
            "customer_id": "acme",
            "name": "",
            "monthly_cap": 1_000,
            "owner": user.email,
            "account_url": "",
            "notes": "“Hi”",
        }
    ]
