"""Each layer of the query sandbox taken away alone: the others keep the canary unread, nothing is written.

The layers: the allow-list of the compiler; the project's predicate in every table; row-level security; the
role that may only SELECT; the read-only transaction; one statement a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from agentry.accounts.models import Project
from analytics import query
from analytics.engines import postgres
from analytics.hogql import allow, compiler
from analytics.hogql.levels import LEVELS
from analytics.hogql.print_postgres import Statement
from analytics.hogql.project import tie_to_project
from tests.canary import CANARY, ask, plant
from tests.test_query_attacks import ANSWERED, REFUSED

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = ["events", *(level.table for level in LEVELS)]
ATTACKS = [hogql for _, _, texts in REFUSED for hogql in texts] + [hogql for _, hogql, _ in ANSWERED]
READS = [
    "select properties from events",
    "select * from events union all select * from events",
    "select properties.customer_id, count() from events group by properties.customer_id",
    "select customer_id, sum(calls) from usage group by customer_id",
    "select toStartOfHour(timestamp) as h, properties.endpoint as e, count() from events group by h, e",
    "select a.event, b.properties from events a left join events b on 1 = 1",
    "select groupArray(properties.plan), max(properties.endpoint) from events",
    "select (select max(properties.method) from events) as m from events",
    "select event, event in (select event from events) as i from events",
    "select event, row_number() over (order by timestamp) as n from events",
]
WRITES = [
    "INSERT INTO usage_day SELECT * FROM usage_day",
    "DELETE FROM events",
    "UPDATE events SET event = ''",
    "TRUNCATE events",
    "DROP TABLE events",
    "CREATE TABLE x (a int)",
    "CREATE TEMP TABLE x (a int)",
]


@pytest.fixture(autouse=True)
def foreign(project: Project) -> Project:
    return plant(project)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Open the query connections anew with one setting changed."""

    def change(name: str, value: str) -> None:
        monkeypatch.setitem(postgres.SESSION, name, value)
        postgres.close()

    yield change
    postgres.close()


def stored() -> list[Any]:
    """How many rows every table has, sequences of PostgreSQL's own aside."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables))
        return list(cursor.fetchall())


def test_without_the_allow_list(client: Client, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every node and argument that the parser knows passes: what then compiles reads our own rows alone."""
    monkeypatch.setattr(allow, "check", lambda node: None)
    before = [row for row in stored() if row[0] != "accounts_apitoken"]
    for hogql in ATTACKS:
        response = client.post(
            "/v1/analytics/default/query/",
            {"query": hogql, "explain": True},
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert CANARY not in response.content.decode(), hogql
    assert [row for row in stored() if row[0] != "accounts_apitoken"] == before


@pytest.mark.parametrize("rollups", [True, False])
def test_without_the_predicate(
    project: Project, foreign: Project, monkeypatch: pytest.MonkeyPatch, rollups: bool
) -> None:
    """The compiler ties every table to the others' project: row-level security leaves nothing of it."""
    monkeypatch.setattr(compiler, "tie_to_project", lambda tree, project_id: tie_to_project(tree, foreign.id))
    for hogql in READS:
        assert CANARY not in repr(query.run(project, hogql, rollups=rollups)), hogql


@pytest.mark.parametrize("rollups", [True, False])
def test_without_row_level_security_and_grants(
    project: Project, foreign: Project, session: Callable[[str, str], None], rollups: bool
) -> None:
    """Questions run as the tables' owner, whom neither holds: the compiler's predicate does."""
    session("role", "none")
    rows = postgres.fetch(Statement("SELECT DISTINCT customer_id FROM events", {}), project.id, 10)
    assert (CANARY,) in rows  # they are away
    for hogql in READS:
        assert CANARY not in repr(query.run(project, hogql, rollups=rollups)), hogql
        assert CANARY in repr(query.run(foreign, hogql, rollups=rollups)), (
            hogql
        )  # and there is one to be found


def test_without_grants_no_name_is_found(
    client: Client, token: str, session: Callable[[str, str], None]
) -> None:
    """As the owner, who may read the accounts: the compiler knows no such table."""
    session("role", "none")
    for table in ("accounts_user", "property_types", "dead_letters", "django_session", "pg_user"):
        status, body = ask(client, token, f"select * from {table}")
        assert (status, body["error"]["code"]) == (400, "unknown_table")


@pytest.mark.parametrize("sql", WRITES)
def test_without_the_role_nothing_is_written(session: Callable[[str, str], None], sql: str) -> None:
    session("role", "none")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), postgres._pool().connection() as queries:
        queries.execute(sql)


@pytest.mark.parametrize("sql", WRITES)
def test_without_read_only_nothing_is_written(session: Callable[[str, str], None], sql: str) -> None:
    session("default_transaction_read_only", "off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), postgres._pool().connection() as queries:
        queries.execute(sql)


@pytest.mark.parametrize("table", TABLES)
def test_without_a_project_the_role_sees_nothing(table: str) -> None:
    """Nobody has said which project a connection asks for."""
    with pytest.raises(psycopg.Error), postgres._pool().connection() as queries:
        queries.execute(f"SELECT * FROM {table}").fetchall()


@pytest.mark.parametrize("table", TABLES)
def test_the_last_question_leaves_no_project_behind(project: Project, table: str) -> None:
    """The setting ends with its transaction, however the question ended."""
    query.run(project, "select count() from events")
    with pytest.raises(psycopg.Error), postgres._pool().connection() as queries:
        queries.execute(f"SELECT * FROM {table}").fetchall()


def test_a_request_is_one_statement(project: Project) -> None:
    for sql in ("SELECT 1; SELECT 2", "SELECT 1; DELETE FROM events", "COMMIT; SELECT 1"):
        with pytest.raises(Exception, match="does not fit"):
            postgres.fetch(Statement(sql, {}), project.id, 10)


def test_idle_connections_wait_harmlessly(project: Project) -> None:
    """After a question its connection holds no transaction, no lock and no snapshot."""
    query.run(project, "select count() from events")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, backend_xmin FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        assert set(cursor.fetchall()) == {("idle", None)}
