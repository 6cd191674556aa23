"""Customer ids that look like secrets: found in the newest rollups, said on the pages, never shown whole."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from agentry import valkey
from agentry.accounts.models import Project, User
from analytics.engines import postgres_suspects
from analytics.setup.suspects import kind_of, masked, suspects
from tests.customers_page import calls
from tests.stored import store

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
BAD = {
    JWT: "token",
    f"Bearer {JWT}": "token",
    "Bearer abcdef0123456789": "key",
    "sk_live_51H8xQ2eZvKYlo2C0aBcDeFg": "key",
    "sk-proj-Ab3dEf6hIj9kLmN2oPq5": "key",
    "agd_wSNlhnR-2tQm99cmLf6Fep7HyAhqIKX9": "key",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a": "key",
    "AKIAIOSFODNN7EXAMPLE": "key",
    "api-key-8fK2mQ9xLw3Zr7TyPn5V": "key",
    "bPxRfiCYEXAMPLEKEYwJalrXUtnFEMIK7MDENGzz42": "key",
    "ada@example.com": "email",
    " ada.l+api@mail.example.co.uk ": "email",
}
GOOD = [
    "acme_corp",
    "",
    "42",
    "6f3c8c1e-5f0e-4a53-8e0f-6a2f7a3f1c55",
    "6F3C8C1E5F0E4A538E0F6A2F7A3F1C55",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",  # ULID
    "org_2NNEqL2nrIRdJ194ndJqAHwEfxC",
    "cus_9s6XKzkNRiz8i3",
    "507f1f77bcf86cd799439011",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",  # a hash: what one may send instead
    "rQ3f8ZbKx1LmN0pT7uVwYc2dEa9GhJ5s",  # a client id of OAuth
    "1234567890-abc123def456.apps.googleusercontent.com",
    "key-accounts-of-northern-europe",
    "test_customer",
    "live-nation",
    "the quick brown fox @ the lazy dog",
    "x" * 200,
    "شركة",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize(("customer_id", "kind"), BAD.items())
def test_what_looks_like_a_secret_is_known(customer_id: str, kind: str) -> None:
    assert kind_of(customer_id) == kind
    shown = masked(customer_id)
    hidden = customer_id.strip()
    assert len(shown.replace("…", "")) <= len(hidden) / 3 and hidden not in shown


@pytest.mark.parametrize("customer_id", GOOD)
def test_an_account_is_none(customer_id: str) -> None:
    assert kind_of(customer_id) is None


@pytest.mark.parametrize("page", ["setup", "ingest", "customers"])
def test_the_pages_warn_and_show_no_secret(client: Client, user: User, project: Project, page: str) -> None:
    rows = [
        row
        for customer in (JWT, "ada@example.com", "bob@example.com", "acme")
        for row in calls(customer, range(2))
    ]
    store(project.pk, rows)
    client.force_login(user)
    body = client.get(f"/t/acme/default/{page}").content.decode()
    warning = body[body.index("look like an") - 200 :]
    assert "1 customer id looks like a JWT" in body
    assert "2 customer ids look like an e-mail address" in body
    assert "<code>a…@e…</code>" in warning
    if page == "setup":  # where no customers are listed
        assert JWT not in body and "ada@example.com" not in body


def test_nothing_is_said_of_good_ids(client: Client, user: User, project: Project) -> None:
    store(project.pk, [row for customer in GOOD if customer for row in calls(customer, range(2))])
    client.force_login(user)
    assert b"look like" not in client.get("/t/acme/default/setup").content
    assert suspects(project.pk).found == [] and suspects(project.pk).all


def test_it_looks_once_a_minute_and_at_a_bounded_number(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_suspects, "LOOKED_AT", 3)
    store(project.pk, [row for number in range(5) for row in calls(f"{number}@example.com", range(2))])
    with django_assert_num_queries(1):
        for _ in range(2):
            found = suspects(project.pk)
    assert [each.customers for each in found.found] == [3] and not found.all


def test_nothing_found_is_not_believed_for_long_while_few_customers_call(project: Project) -> None:
    store(project.pk, calls("acme", range(2)))
    assert suspects(project.pk).found == []
    assert 0 < valkey.client().pttl(f"suspects:{project.pk}") <= 2_000


def test_other_projects_and_old_days_are_left_alone(project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Other", slug="other")
    store(other.pk, calls("ada@example.com", range(2)))
    store(project.pk, calls("ada@example.com", range(5, 9)))
    assert suspects(project.pk).found == []
