"""Migrations run while events come in and questions are asked: nothing fails, nobody waits for long."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from agentry.accounts.models import Project
from agentry.stack.management.commands import migrate as ours
from analytics.engines import postgres
from tests.load import load, settle
from tests.migration_rules import unsafe
from tests.test_partitions import own_connection

OURS = ("accounts", "analytics", "publications")


@pytest.mark.django_db(transaction=True)
def test_the_last_migrations_run_under_load(project: Project, dsn: str, token: str) -> None:
    """Back and forth again, while the code of now runs: what it cannot write yet waits in the queue."""
    last = sorted(name for app, name in MigrationLoader(connection).disk_migrations if app == "analytics")
    try:
        with load(dsn, token) as statuses:
            time.sleep(0.5)
            call_command("migrate", "analytics", last[-2], verbosity=0)
            time.sleep(0.5)
            call_command("migrate", "analytics", verbosity=0)
            time.sleep(0.5)
    finally:
        call_command("migrate", "analytics", verbosity=0)
        postgres.close()
    settle(project, statuses)


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_must_wait_holds_up_nobody(
    project: Project,
    dsn: str,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A question of three seconds is under way on a table that is to change, and others come all the time."""

    def change(*_: Any, **__: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE usage_day ADD COLUMN extra text")

    monkeypatch.setattr(migrate.Command, "handle", change)
    monkeypatch.setattr(ours, "FIRST_PAUSE", 0.2)
    with own_connection() as reader, load(dsn, token) as statuses:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM usage_day")
        end = threading.Timer(2.5, reader.execute, ["COMMIT"])
        end.start()
        call_command("migrate")
        end.join()
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)
            cursor.execute(
                "SET lock_timeout = '5s'; ALTER TABLE usage_day DROP COLUMN extra; RESET lock_timeout"
            )
    postgres.close()
    assert "Somebody uses the table" in capsys.readouterr().out
    settle(project, statuses)


@pytest.mark.django_db(transaction=True)
def test_two_who_migrate_take_turns() -> None:
    with own_connection() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ours.LOCK])
        threading.Timer(1.5, other.execute, ["SELECT pg_advisory_unlock_all()"]).start()
        began = time.monotonic()
        call_command("migrate", verbosity=0)
        assert time.monotonic() - began > 1


def test_no_migration_is_unsafe_without_saying_why() -> None:
    found = {
        f"{app}.{name}": wrong
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in OURS and (wrong := unsafe(migration))
    }
    assert found == {}


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RunSQL("CREATE INDEX slow ON events (customer_id)"),
        migrations.RunSQL("CREATE UNIQUE INDEX IF NOT EXISTS slow ON events (customer_id)"),
        migrations.RunSQL("ALTER TABLE usage_day ADD COLUMN region text NOT NULL"),
        migrations.RunSQL("ALTER TABLE usage_day ADD a text, ADD b text NOT NULL"),
        migrations.RunSQL("ALTER TABLE usage_day ADD id uuid DEFAULT gen_random_uuid()"),
        migrations.RunSQL("ALTER TABLE ONLY usage_day ALTER calls TYPE numeric"),
        migrations.RunSQL("ALTER TABLE usage_day ALTER COLUMN customer_id SET NOT NULL"),
        migrations.RunSQL("ALTER TABLE usage_day ADD CONSTRAINT some CHECK (calls > 0)"),
        migrations.RunSQL(["SELECT 1", ("DROP TABLE usage_hour", None)]),
        migrations.RunSQL("ALTER TABLE usage_hour DROP COLUMN calls"),
        migrations.RunSQL("ALTER TABLE usage_hour RENAME calls TO n"),
        migrations.RunSQL("SELECT 1; UPDATE usage_hour SET calls = 0"),
        migrations.RunSQL("TRUNCATE usage_hour"),
        migrations.RunPython(migrations.RunPython.noop),
        migrations.AddField("deletion", "why", models.TextField()),
        migrations.AddField("deletion", "why", models.TextField(null=True, unique=True)),
        migrations.AddIndex("deletion", models.Index(fields=["team"], name="x")),
        migrations.AddConstraint("deletion", models.UniqueConstraint(fields=["team"], name="x")),
        migrations.AlterField("deletion", "events", models.IntegerField()),
        migrations.RemoveField("deletion", "events"),
        migrations.DeleteModel("deletion"),
        migrations.SeparateDatabaseAndState([migrations.RunSQL("DROP TABLE usage_hour")]),
    ],
)
def test_what_is_unsafe_is_found(operation: Any) -> None:
    migration = made(operation)
    assert len(unsafe(migration)) == 1
    migration.reviewed = "the table is empty everywhere"  # type: ignore[attr-defined]
    assert unsafe(migration) == []


def made(*operations: Any) -> migrations.Migration:
    migration = migrations.Migration("0099_x", "analytics")
    vars(migration)["operations"] = list(operations)
    return migration


def test_what_is_safe_passes() -> None:
    migration = made(
        migrations.RunSQL("CREATE TABLE fresh (a int NOT NULL); CREATE INDEX of_fresh ON fresh (a)"),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY IF NOT EXISTS slow ON usage_day (customer_id)"),
        migrations.RunSQL("ALTER TABLE usage_day ADD region text; ALTER TABLE usage_day ADD n int DEFAULT 0"),
        migrations.RunSQL("ALTER TABLE usage_day ADD m integer NOT NULL DEFAULT 0"),
        migrations.RunSQL("ALTER TABLE usage_day ADD CONSTRAINT some CHECK (calls > 0) NOT VALID"),
        migrations.RunSQL(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ UPDATE usage_day SET calls = 0 $$"
        ),
        migrations.AddField("deletion", "why", models.TextField(null=True)),
        migrations.AddField("deletion", "how", models.TextField(db_default="")),
    )
    assert unsafe(migration) == []
