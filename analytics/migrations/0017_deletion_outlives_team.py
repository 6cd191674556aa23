"""A deletion goes on when its team is gone: the team may be NULL. No row is read or written for it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    reviewed = "drops NOT NULL, which neither scans nor rewrites; the foreign key stays as it is"

    dependencies = [
        ("analytics", "0016_explore"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deletion",
            name="team",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="deletions",
                to="accounts.team",
            ),
        ),
    ]
