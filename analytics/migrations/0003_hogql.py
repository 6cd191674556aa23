"""Functions that HogQL's printed SQL calls: ClickHouse's meaning where PostgreSQL has another.

All are plain SQL expressions, which PostgreSQL inlines; none touches a table.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION hogql_divide(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN b <> 0 THEN a / b
            WHEN a IS NULL OR b IS NULL THEN NULL
            WHEN a > 0 THEN 'Infinity'::double precision
            WHEN a < 0 THEN '-Infinity'::double precision
            ELSE 'NaN'::double precision END;

CREATE FUNCTION hogql_round(x double precision, digits bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(x * power(10::double precision, digits)) / power(10::double precision, digits);

CREATE FUNCTION hogql_round(x bigint, digits bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN digits >= 0 THEN x ELSE round(x::numeric, digits::integer)::bigint END;

CREATE FUNCTION hogql_week(day date, mode bigint) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day - CASE WHEN mode % 2 = 1 THEN extract(isodow FROM day)::integer - 1
                  ELSE extract(dow FROM day)::integer END;

CREATE FUNCTION hogql_date_diff(unit text, a timestamptz, b timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE unit
    WHEN 'second' THEN floor(extract(epoch FROM b)) - floor(extract(epoch FROM a))
    WHEN 'minute' THEN floor(extract(epoch FROM b) / 60) - floor(extract(epoch FROM a) / 60)
    WHEN 'hour' THEN floor(extract(epoch FROM b) / 3600) - floor(extract(epoch FROM a) / 3600)
    WHEN 'day' THEN b::date - a::date
    WHEN 'week' THEN (date_trunc('week', b)::date - date_trunc('week', a)::date) / 7
    WHEN 'month' THEN (extract(year FROM b) - extract(year FROM a)) * 12
                      + extract(month FROM b) - extract(month FROM a)
    WHEN 'quarter' THEN (extract(year FROM b) - extract(year FROM a)) * 4
                        + extract(quarter FROM b) - extract(quarter FROM a)
    WHEN 'year' THEN extract(year FROM b) - extract(year FROM a)
END::bigint;
"""

DROP = """
DROP FUNCTION hogql_divide; DROP FUNCTION hogql_round(double precision, bigint);
DROP FUNCTION hogql_round(bigint, bigint); DROP FUNCTION hogql_week; DROP FUNCTION hogql_date_diff;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_imports")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
