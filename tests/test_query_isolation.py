"""Two projects in one table: each layer between them holds with the others taken away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from psycopg import errors

from agentry.accounts.models import Project, Team
from analytics import query
from analytics.engines import postgres
from analytics.hogql.levels import LEVELS
from analytics.hogql.print_postgres import Statement, to_postgres
from analytics.hogql.tree import Column, Output, Select, Table
from analytics.hogql.types import STRING
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "canary-of-the-other-project"


@pytest.fixture
def foreign(project: Project) -> Project:
    """Another team's project, whose one event carries the canary; ours has one event too."""
    other = Project.objects.create(
        team=Team.objects.create(name="B", slug="b"), name="Default", slug="default"
    )
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    store(other.id, [{"timestamp": moment, "customer_id": CANARY, "endpoint": CANARY}])
    store(project.id, [{"timestamp": moment, "customer_id": "ours", "endpoint": "/"}])
    return other


TABLES = ["events", *(level.table for level in LEVELS)]


@pytest.mark.parametrize("table", TABLES)
def test_row_level_security_alone_keeps_them_apart(foreign: Project, project: Project, table: str) -> None:
    """The compiler's predicate taken away: the role still sees one project."""
    rows = postgres.fetch(Statement(f"SELECT project_id FROM {table}", {}), project.id, 100)
    assert rows == [(project.id,)]


def test_the_predicate_alone_keeps_them_apart(foreign: Project, project: Project) -> None:
    """Row-level security taken away (the statement runs as the tables' owner): the predicate still holds."""
    compiled = query._compile(
        project, "select properties.customer_id from events", datetime.now(UTC), 100, rollups=False
    )
    with connection.cursor() as cursor:
        cursor.execute(compiled.statement.sql, compiled.statement.parameters)
        assert cursor.fetchall() == [("ours",)]


def test_a_table_without_a_project_is_never_printed() -> None:
    select = Select((Output("event", Column("events", "event", STRING)),), Table("events", "events"))
    with pytest.raises(AssertionError):
        to_postgres(select)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM accounts_user",
        "SELECT * FROM accounts_dsnkey",
        "SELECT * FROM property_types",
        "SELECT * FROM dead_letters",
        "INSERT INTO usage_day SELECT * FROM usage_day",
        "DELETE FROM events",
        "CREATE TABLE x (a int)",
        "CREATE TEMP TABLE x (a int)",
    ],
)
def test_the_role_reads_what_it_must_and_nothing_else(foreign: Project, project: Project, sql: str) -> None:
    with (
        postgres._pool().connection() as queries,
        pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)),
    ):
        queries.execute(sql)


@pytest.mark.parametrize(
    "text",
    [
        "select properties.customer_id as c from events where 1=1 or 1=1",
        "select properties.customer_id as c from events union all select properties.customer_id from events",
        "with x as (select * from events), y as (select * from x) select properties as c from y",
        "select c from (select properties.customer_id as c from events)",
        "select properties.endpoint as c from events where event in (select event from events)",
        "select (select max(properties.customer_id) from events) as c",
        "select customer_id as c from usage",
        "select a.properties.customer_id as c from events a join events b on a.event = b.event",
        "select b.properties.customer_id as c from events a left join events b on a.event = b.event",
        "select properties.customer_id as c, count() over () as n from events",
        "select groupArray(properties.customer_id) as c from events",
        "select properties.project_id as c from events",
        "select * from events",
    ],
)
def test_no_question_reaches_the_other_project(foreign: Project, project: Project, text: str) -> None:
    result = query.run(project, text)
    assert result.rows
    assert CANARY not in repr(result)
    assert CANARY in repr(query.run(foreign, text)) or "project_id" in text  # the canary is there to be found
