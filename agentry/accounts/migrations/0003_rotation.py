"""Rotated keys, revoked invitations, two-step teams: nullable columns, one with a default of PostgreSQL's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="ends_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="dsnkey",
            name="ends_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="revoked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="team",
            name="two_steps",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
