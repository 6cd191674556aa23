"""Maintenance while events come in and questions are asked: no request fails, and the counts are exact."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from agentry.accounts.models import Project
from analytics.engines import postgres, postgres_prune
from analytics.hogql.levels import LEVELS
from analytics.write import maintenance, partitions
from tests.load import load, settle
from tests.test_partitions import own_connection, remove
from tests.write_events import ask

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.now(UTC).date()
OLD = [TODAY - timedelta(days=settings.RETENTION_DAYS + 2 + back) for back in range(12)]


@pytest.fixture(autouse=True)
def _no_partitions() -> Iterator[None]:
    remove()
    yield
    remove()
    postgres.close()


def past(project: Project) -> None:
    """Twelve days and thousands of rows that are past their age."""
    partitions.ensure(OLD)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO events (project_id, "timestamp", uuid, event, distinct_id)
            SELECT %s, day + interval '1 hour', gen_random_uuid(), 'x', ''
            FROM unnest(%s::timestamptz[]) day, generate_series(1, 200)""",
            [project.id, [partitions.start(day) for day in OLD]],
        )
        for table, bucket in (("usage_day", "day"), ("usage_hour", '"hour"')):
            cursor.execute(
                f"""INSERT INTO {table} (project_id, event, {bucket}, customer_id, first_at, last_at, calls,
                latency_ms_count, bytes_count, latency_ms_sum, bytes_sum)
                SELECT %s, 'x', '2001-01-01', n::text, now(), now(), 1, 0, 0, 0, 0
                FROM generate_series(1, 1000) n""",
                [project.id],
            )
        cursor.execute(
            "INSERT INTO event_times SELECT %s, gen_random_uuid(), now(), now() - interval '30 days'"
            " FROM generate_series(1, 1000)",
            [project.id],
        )


def test_no_request_fails_while_all_of_it_is_done(
    project: Project, dsn: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_prune, "STEP", 100)
    past(project)
    with load(dsn, token) as statuses:
        for round_ in range(2):
            if round_:
                past(project)
            maintenance.maintain()
            time.sleep(0.2)
    assert partitions.existing() == {TODAY + timedelta(days=ahead) for ahead in range(9)}
    for table in ("usage_day", "usage_hour", "event_times"):
        assert ask(f"SELECT count(*) FROM {table} WHERE {AGED[table]}") == [(0,)]
    settle(project, statuses)
    assert statuses[200] > 5


AGED = {
    "usage_day": "day < '2002-01-01'",
    "usage_hour": "\"hour\" < '2002-01-01'",
    "event_times": "fixed_at < now() - interval '20 days'",
}


def test_pruning_passes_over_what_somebody_holds(project: Project) -> None:
    """A batch that raises an old row waits for nobody who waits for it."""
    past(project)
    with own_connection() as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM usage_hour WHERE customer_id = '7' FOR UPDATE")
        began = time.monotonic()
        maintenance.maintain()
        assert time.monotonic() - began < 20
        assert ask("SELECT customer_id FROM usage_hour") == [("7",)]
        other.execute("ROLLBACK")
    maintenance.maintain()
    assert ask("SELECT count(*) FROM usage_hour") == [(0,)]


def test_new_days_are_analysed_and_hot_tables_vacuumed_early() -> None:
    partitions.ensure([TODAY])
    maintenance.maintain()
    name = partitions.name(TODAY)
    [(analysed,)] = ask("SELECT last_analyze FROM pg_stat_user_tables WHERE relname = %s", name)
    assert analysed is not None
    hot = "SELECT count(*) FROM pg_class WHERE relname LIKE 'usage%%' AND relkind = 'r' AND reloptions::text"
    assert ask(f"{hot} LIKE '%%autovacuum_vacuum_scale_factor=0.05%%'") == [(len(LEVELS),)]
