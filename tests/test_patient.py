"""A PostgreSQL that says nothing, or takes nothing, costs a bounded time and is answered with 503."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from agentry.accounts.models import User
from agentry.patient import CHECK_SECONDS, Patient
from tests.fixtures import EMAIL, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connection.close()
    monkeypatch.setattr(Patient, "patience", 0.4)
    yield
    connection.close()


def test_a_statement_without_an_answer_is_given_up() -> None:
    began = time.monotonic()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1.5)")
    assert 0.3 < time.monotonic() - began < 1.4
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_kept_connection_is_looked_at_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    assert isinstance(connection.connection, Patient)
    monkeypatch.setattr(Patient, "patience", 60.0)
    with connection.connection.patient_for(0.3), pytest.raises(psycopg.OperationalError):
        connection.connection.execute("SELECT pg_sleep(1.5)")
    assert not connection.is_usable()
    assert CHECK_SECONDS < 5


def test_a_page_that_writes_says_so_while_nothing_can_be_written(user: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    response = Client().post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "The database does not answer." in response.content.decode()
