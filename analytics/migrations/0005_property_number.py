"""property_number without a cast that PostgreSQL 18 tries out while it plans.

Since 18 the body of a function in SQL is planned with its arguments' values. The CASE stands on a function
that is only stable, so it is not decided then, but the cast behind it, of a constant, is: '1e999' raised
22003, and an event with such a text was a dead letter. A cast of what the CASE gives has no constant.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION property_number(value text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (CASE WHEN value ~ '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$'
              AND pg_input_is_valid(value, 'double precision')
             THEN value END)::double precision;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_hogql_text")]
    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
