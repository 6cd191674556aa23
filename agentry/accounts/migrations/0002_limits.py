"""Limits of projects and DSN keys: nullable columns, so neither table is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="dsnkey",
            name="events_per_month",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="dsnkey",
            name="events_per_second",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="dsnkey",
            name="limited_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="dsnkey",
            name="requests_per_second",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="events_per_month",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="events_per_second",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="limited_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="requests_per_second",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
