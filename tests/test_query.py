"""Questions in HogQL over HTTP: the walkthrough's two, the contract's shape, its caps and its errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from agentry import valkey
from agentry.accounts.models import Project
from agentry.stack.servers import free_port
from analytics import query
from analytics.answer import to_csv
from analytics.engines import postgres
from tests.stored import store
from tests.walkthrough import DAILY, TOP_20

pytestmark = pytest.mark.django_db(transaction=True)


def ask(client: Client, token: str, body: Any, project: str = "default") -> tuple[int, dict[str, Any]]:
    response = client.post(
        f"/v1/analytics/{project}/query/",
        body if isinstance(body, bytes | str) else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    return response.status_code, response.json()


@contextmanager
def as_many_connections_as_one_project_may_have() -> Iterator[None]:
    with ExitStack() as taken:
        for _ in range(django_settings.QUERIES_AT_ONCE):
            taken.enter_context(postgres._pool().connection())
        yield


@contextmanager
def as_many_connections_as_there_are() -> Iterator[None]:
    with ExitStack() as taken:
        for _ in range(postgres._pool().max_size):
            taken.enter_context(postgres._pool().connection())
        yield


def calls(customer: str, days_ago: range) -> list[dict[str, Any]]:
    now = datetime.now(UTC).replace(microsecond=0)
    return [{"customer_id": customer, "timestamp": now - timedelta(days=day, minutes=5)} for day in days_ago]


@pytest.fixture
def stored(project: Project) -> Project:
    """acme_corp: three calls a day for 40 days; initech_llc: one a day for five days, twelve days ago."""
    store(project.id, calls("acme_corp", range(40)) * 3 + calls("initech_llc", range(12, 17)))
    return project


def test_the_walkthroughs_top_20(client: Client, token: str, stored: Project) -> None:
    status, body = ask(client, token, {"query": TOP_20, "explain": True})
    assert status == 200
    assert [row["customer_id"] for row in body["rows"]] == ["acme_corp", "initech_llc"]
    acme, initech = body["rows"]
    assert (acme["total_calls"], acme["active_days"]) == (90, 30)
    assert (initech["total_calls"], initech["active_days"]) == (5, 5)
    assert datetime.now(UTC) - datetime.fromisoformat(acme["last_call_at"]) < timedelta(minutes=10)
    assert acme["last_call_at"].endswith("Z")
    assert body["columns"] == [
        {"name": "customer_id", "type": "Nullable(String)"},
        {"name": "total_calls", "type": "UInt64"},
        {"name": "active_days", "type": "UInt64"},
        {"name": "last_call_at", "type": "DateTime64(3)"},
    ]
    assert body["source"] == "both"
    levels = body["plan"]["parts"][0]["levels"]
    # In the last hour of a day no whole hour is left beside the days.
    assert levels in (["usage_day", "usage_hour", "events"], ["usage_day", "events"])
    assert (body["row_count"], body["truncated"]) == (2, False)
    assert body["complete_through"] == body["as_of"]


def test_the_walkthroughs_daily_series(client: Client, token: str, stored: Project) -> None:
    status, body = ask(client, token, {"query": DAILY})
    assert status == 200
    days = [row["day"] for row in body["rows"] if row["customer_id"] == "acme_corp"]
    assert days == sorted(days)
    assert 30 <= len(days) <= 31  # a window of 30 days touches up to 31
    assert body["rows"][-1] == {"customer_id": "initech_llc", "day": body["rows"][-1]["day"], "calls": 1}


def test_rows_are_never_cut_silently(client: Client, token: str) -> None:
    status, body = ask(client, token, {"query": "select number from numbers(10000)"})
    assert (status, body["row_count"], body["truncated"]) == (200, 10_000, False)
    _, body = ask(client, token, {"query": "select number from numbers(10001)"})
    assert (body["row_count"], body["truncated"]) == (10_000, True)
    _, body = ask(client, token, {"query": "select number from numbers(20000) limit 1000000000"})
    assert (body["row_count"], body["truncated"]) == (10_000, True)
    _, body = ask(client, token, {"query": "select number from numbers(20000) limit 7"})
    assert (body["row_count"], body["truncated"]) == (7, False)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "missing_field"),
        ([], 400, "not_an_object"),
        ("null", 400, "not_an_object"),
        (b"{", 400, "not_json"),
        (b"\xff", 400, "not_json"),
        ({"query": 5}, 400, "wrong_type"),
        ({"query": None}, 400, "wrong_type"),
        ({"query": "select 1", "explain": "yes"}, 400, "wrong_type"),
        ({"query": "select 1", "limit": 5}, 400, "unknown_field"),
        ({"query": ""}, 400, "statement_not_allowed"),
        ({"query": "select \0"}, 400, "syntax_error"),
        ({"query": "select '\ud800'"}, 400, "syntax_error"),
        ({"query": "select todate(timestamp) from events"}, 400, "unknown_function"),
        ({"query": "select 1" + " " * 600_000}, 413, "query_too_long"),
        ({"query": "select intDiv(1, 0)"}, 422, "division_by_zero"),
        ({"query": "select toInt64(9223372036854775807) + 1"}, 422, "data_does_not_fit"),
    ],
)
def test_wrong_questions(client: Client, token: str, body: Any, status: int, code: str) -> None:
    got, answer = ask(client, token, body)
    assert (got, answer["error"]["code"]) == (status, code)
    assert set(answer["error"]) >= {"code", "message", "hint"}


def test_keys_scopes_and_projects(client: Client, token: str, dsn: str) -> None:
    question = {"query": "select 1"}
    assert ask(client, "agt_" + "x" * 32, question)[0] == 401
    assert ask(client, dsn, question)[0] == 401
    assert ask(client, token, question, project="other")[0] == 404
    response = client.get("/v1/analytics/default/query/", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")


def test_a_slow_query_is_stopped(
    client: Client, token: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_ = "numbers(1000000)"
    slow = (
        f"select count() from {from_} where number in (select number * 7 from {from_} where number % 3 = 1)"
    )
    monkeypatch.setitem(postgres.SESSION, "statement_timeout", "20")
    postgres.close()
    try:
        status, body = ask(client, token, {"query": slow})
    finally:
        postgres.close()
    assert (status, body["error"]["code"]) == (504, "query_timeout")


def test_an_answer_that_is_too_large_is_given_up(client: Client, token: str) -> None:
    text = "x" * 9_000
    status, body = ask(client, token, {"query": f"select '{text}' as x, number from numbers(3000)"})
    assert (status, body["error"]["code"]) == (422, "answer_too_large")
    assert ask(client, token, {"query": "select 1"})[0] == 200


def test_a_value_that_python_cannot_hold_is_not_an_outage(client: Client, token: str) -> None:
    status, body = ask(client, token, {"query": "select toDate('2026-01-01') + interval 9000 year"})
    assert (status, body["error"]["code"]) == (422, "data_does_not_fit")


def test_a_project_runs_so_many_queries_at_once(client: Client, token: str, project: Project) -> None:
    running = {f"q{number}": 9e15 for number in range(django_settings.QUERIES_AT_ONCE)}
    valkey.client().zadd(f"queries:{project.id}", running)
    response = client.post(
        "/v1/analytics/default/query/",
        json.dumps({"query": "select 1"}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (response.status_code, response.json()["error"]["code"]) == (429, "too_many_queries")
    assert int(response.headers["Retry-After"]) > 0
    valkey.client().zadd(f"queries:{project.id}", dict.fromkeys(running, 1))  # all should have ended long ago
    assert ask(client, token, {"query": "select 1"})[0] == 200


def test_one_projects_queries_leave_connections_to_the_others(client: Client, token: str) -> None:
    with as_many_connections_as_one_project_may_have():
        assert ask(client, token, {"query": "select 1"})[0] == 200


def test_connections_that_died_are_not_handed_out(client: Client, token: str) -> None:
    with as_many_connections_as_one_project_may_have():
        pass
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    assert ask(client, token, {"query": "select 1"})[0] == 200


@pytest.fixture
def impatient_pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A new pool that waits for half a second."""
    postgres.close()
    monkeypatch.setattr(postgres, "POOL_WAIT_SECONDS", 0.5)
    yield monkeypatch
    postgres.close()


def test_a_database_that_is_away_is_not_the_askers_fault(
    client: Client, token: str, impatient_pool: pytest.MonkeyPatch
) -> None:
    impatient_pool.setitem(connection.settings_dict, "PORT", str(free_port()))
    status, body = ask(client, token, {"query": "select count() from events"})
    assert (status, body["error"]["code"]) == (503, "unavailable")


def test_a_full_pool_that_died_is_not_the_askers_fault(
    client: Client, token: str, impatient_pool: pytest.MonkeyPatch
) -> None:
    with as_many_connections_as_there_are():
        impatient_pool.setattr(postgres._pool(), "conninfo", f"host=127.0.0.1 port={free_port()}")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
            )
    status, body = ask(client, token, {"query": "select count() from events"})
    assert (status, body["error"]["code"]) == (503, "unavailable")


@pytest.mark.usefixtures("impatient_pool")
def test_queries_that_find_no_connection_are_too_many(client: Client, token: str) -> None:
    with as_many_connections_as_there_are():
        status, body = ask(client, token, {"query": "select count() from events"})
    assert (status, body["error"]["code"]) == (429, "too_many_queries")


def test_values_survive_json_and_csv(project: Project) -> None:
    text = "select 18446744073709551615 as big, -1 as minus, '=1+1' as formula, 'a\"b,c' as quoted"
    text += ", null as nothing, toDate('2026-11-22') as day, 0.1 as tenth, 1/0 as inf, true as yes"
    text += ", toDateTime64('2026-11-22 01:02:03.123456', 6) as fine"
    result = query.run(project, text)
    assert result.rows[0][0] == 18446744073709551615
    lines = to_csv(result).split("\r\n")
    assert lines[0] == "big,minus,formula,quoted,nothing,day,tenth,inf,yes,fine"
    assert lines[1] == (
        '18446744073709551615,-1,\'=1+1,"a""b,c",,2026-11-22,0.1,,true,2026-11-22T01:02:03.123456Z'
    )
