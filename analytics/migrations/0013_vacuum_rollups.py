"""Rollups are updated all day: vacuum and analyse them after a twentieth and a fiftieth of their rows have
changed, not after a fifth and a tenth, which of some ten million rows is a day's work at once."""

from django.db import migrations

TABLES = ("usage_day", "usage_hour", "usage_detail_day", "usage_detail_hour")
EARLY = "autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02"
SET = "\n".join(f"ALTER TABLE {table} SET ({EARLY});" for table in TABLES)
RESET = "\n".join(
    f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);"
    for table in TABLES
)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0012_deletions")]
    operations = [migrations.RunSQL(SET, RESET)]
