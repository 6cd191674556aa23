"""When a property's type was recorded or last changed; and no temporary tables for who only reads.

Only the database's owner can take TEMPORARY from everybody: on a server where we are not, PostgreSQL warns
and goes on, and the read-only transaction alone stands before them.
"""

from django.db import migrations

SINCE = """
ALTER TABLE property_types ADD COLUMN since timestamptz;
ALTER TABLE property_types ALTER COLUMN since SET DEFAULT now();
COMMENT ON COLUMN property_types.since IS 'When the type was recorded or last changed; NULL: before 0010.';
"""
TEMPORARY = """
DO $$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO CURRENT_USER', current_database());
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0009_hogql_aggregates")]
    operations = [
        migrations.RunSQL(SINCE, "ALTER TABLE property_types DROP COLUMN since"),
        migrations.RunSQL(TEMPORARY, migrations.RunSQL.noop),
    ]
