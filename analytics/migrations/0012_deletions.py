"""Deletions of customers' and projects' data, and the events that came while one goes on."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

KEPT = """
CREATE TABLE kept_events (
    deletion_id bigint         NOT NULL,
    "timestamp" timestamptz(3) NOT NULL,
    uuid        uuid           NOT NULL,
    PRIMARY KEY (deletion_id, "timestamp", uuid)
);
COMMENT ON TABLE kept_events IS 'Events stored after their customer''s deletion was asked for, while it
goes on: it passes them over. No foreign key: a batch that waited for the deletion''s row would
deadlock with it.';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("analytics", "0011_hogql_unsigned"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Deletion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("project_id", models.IntegerField()),
                ("project_slug", models.CharField(max_length=50)),
                ("customer_id", models.TextField(null=True)),
                ("cutoff_ms", models.BigIntegerField()),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reached", models.DateTimeField(null=True)),
                ("letter", models.BigIntegerField(default=0)),
                ("events", models.BigIntegerField(default=0)),
                ("days", models.IntegerField(null=True)),
                ("days_left", models.IntegerField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deletions",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project_id"], name="deletions_of_project"),
                    models.Index(
                        condition=models.Q(("finished_at", None)), fields=["id"], name="deletions_to_do"
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEPT, "DROP TABLE kept_events"),
    ]
