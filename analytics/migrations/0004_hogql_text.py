"""More functions that HogQL's printed SQL calls: parts of text, and buckets of any width.

All are plain SQL expressions; none touches a table.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION hogql_substring(s text, start bigint, length bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN start = 0 THEN ''
            WHEN start > 0 THEN substr(s, start::integer, greatest(length, 0)::integer)
            WHEN -start > char_length(s) THEN
                substr(s, 1, greatest(length + char_length(s) + start, 0)::integer)
            ELSE substr(s, (char_length(s) + start + 1)::integer, greatest(length, 0)::integer) END;

CREATE FUNCTION hogql_substring_bytes(s text, start bigint, length bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(s) = char_length(s) THEN hogql_substring(s, start, length)
            WHEN start > 0 THEN convert_from(
                substring(convert_to(s, 'UTF8') FROM start::integer FOR greatest(length, 0)::integer), 'UTF8')
            WHEN start < 0 THEN convert_from(
                substring(convert_to(s, 'UTF8') FROM greatest(octet_length(s) + start + 1, 1)::integer
                          FOR greatest(length + least(octet_length(s) + start, 0), 0)::integer), 'UTF8')
            ELSE '' END;

CREATE FUNCTION hogql_left(s text, n bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_substring_bytes(s, 1, CASE WHEN n < 0 THEN octet_length(s) + n ELSE n END);

CREATE FUNCTION hogql_right(s text, n bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN n < 0 THEN hogql_substring_bytes(s, 1 - n, 2147483647)
            WHEN n = 0 THEN '' ELSE hogql_substring_bytes(s, -least(n, octet_length(s)), n) END;

CREATE FUNCTION hogql_whole(value text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value ~ '^[+-]?[0-9]{1,18}$' THEN value::bigint END;

CREATE FUNCTION hogql_replace_one(s text, old text, new text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN old <> '' AND position(old IN s) > 0
            THEN overlay(s PLACING new FROM position(old IN s) FOR char_length(old)) ELSE s END;

CREATE FUNCTION hogql_age(unit text, a timestamptz, b timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE unit
    WHEN 'second' THEN trunc(extract(epoch FROM b - a))
    WHEN 'minute' THEN trunc(extract(epoch FROM b - a) / 60)
    WHEN 'hour' THEN trunc(extract(epoch FROM b - a) / 3600)
    WHEN 'day' THEN trunc(extract(epoch FROM b - a) / 86400)
    WHEN 'week' THEN trunc(extract(epoch FROM b - a) / 604800)
    WHEN 'month' THEN extract(year FROM age(b, a)) * 12 + extract(month FROM age(b, a))
    WHEN 'quarter' THEN trunc((extract(year FROM age(b, a)) * 12 + extract(month FROM age(b, a))) / 3)
    WHEN 'year' THEN extract(year FROM age(b, a))
END::bigint;
"""

DROP = """
DROP FUNCTION hogql_left; DROP FUNCTION hogql_right; DROP FUNCTION hogql_substring_bytes;
DROP FUNCTION hogql_whole; DROP FUNCTION hogql_substring; DROP FUNCTION hogql_replace_one;
DROP FUNCTION hogql_age;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_hogql")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
