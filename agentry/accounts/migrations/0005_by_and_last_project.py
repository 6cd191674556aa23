"""Who changed something where it was no person, and where a person was last: no row is read or written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_audit_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="by",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="user",
            name="last_project",
            field=models.IntegerField(null=True),
        ),
    ]
