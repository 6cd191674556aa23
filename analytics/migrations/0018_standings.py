"""How customers stand at a moment, and a project's own thresholds of flags."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

WINDOWS = (7, 30, 90)
COLUMNS = "\n".join(
    f"    calls_{days} bigint NOT NULL, complete_{days} bigint NOT NULL,"
    f" before_{days} bigint NOT NULL, active_{days} smallint NOT NULL,"
    for days in WINDOWS
)
# Of each window, who called in it or in the one before: the page's rows, in their usual order.
INDEXES = "".join(
    f"CREATE INDEX standings_calls_{days} ON standings (project_id, event, calls_{days} DESC, customer_id)"
    f" INCLUDE (flag) WHERE calls_{days} > 0 OR before_{days} > 0;\n"
    for days in WINDOWS
)
TABLE = f"""
CREATE TABLE standings (
    project_id integer NOT NULL,
    event text NOT NULL,
    customer_id text,
{COLUMNS}
    last_at timestamptz(3) NOT NULL,
    flag text NOT NULL,
    reason text,
    CONSTRAINT standings_key UNIQUE NULLS NOT DISTINCT (project_id, event, customer_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
COMMENT ON TABLE standings IS 'A customer''s figures and flag at the moment that analytics_standings says. The
reason stands here only where the daily calls do not show it.';
{INDEXES}
CREATE INDEX standings_last ON standings (project_id, event, last_at DESC, customer_id);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_rotation"),
        ("analytics", "0017_deletion_outlives_team"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="FlagThresholds",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flag_thresholds",
                        to="accounts.project",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Standings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.TextField()),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("as_of", models.DateTimeField(null=True)),
                ("complete_through", models.DateTimeField(null=True)),
                ("took_ms", models.IntegerField(default=0)),
                ("customers", models.IntegerField(default=0)),
                ("totals", models.JSONField(default=dict)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="standings",
                        to="accounts.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["project", "event"], name="one_standings_an_event")
                ]
            },
        ),
        migrations.RunSQL(TABLE, "DROP TABLE standings"),
    ]
