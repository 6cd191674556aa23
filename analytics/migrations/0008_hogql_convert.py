"""Functions that HogQL's printed SQL calls: arithmetic and conversions as ClickHouse has them.

PostgreSQL raises an error where a float becomes infinite, vanishes or leaves a function's domain; ClickHouse
gives inf, 0 or nan. None touches a table.

Most are PL/pgSQL: a SQL function that reads an argument more than once is not inlined where that argument is
costly, as a property is, and starts an executor with each call (measured: 25 µs for a float's rest, 1 µs so).
"""

from django.db import migrations

FUNCTIONS = r"""
CREATE FUNCTION hogql_unsigned(x bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN x < 0 THEN (x::numeric + 18446744073709551616)::bigint ELSE x END;
END $$;

CREATE FUNCTION hogql_add(a double precision, b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN abs(a) < 8e307 AND abs(b) < 8e307 THEN a + b
            WHEN abs(a) >= 'Infinity' OR abs(b) >= 'Infinity' THEN a + b
            WHEN abs(a / 2 + b / 2) < 8.98846567431157e307 THEN a + b
            ELSE sign(a) * 'Infinity'::double precision END;
END $$;

CREATE FUNCTION hogql_multiply(a double precision, b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN abs(a) BETWEEN 1e-150 AND 1e150 AND abs(b) BETWEEN 1e-150 AND 1e150 THEN a * b
            WHEN a = 0 OR b = 0 OR abs(a) >= 'Infinity' OR abs(b) >= 'Infinity' THEN a * b
            WHEN ln(abs(a)) + ln(abs(b)) > 709.7827 THEN sign(a) * sign(b) * 'Infinity'::double precision
            WHEN ln(abs(a)) + ln(abs(b)) < -745.1 THEN 0
            ELSE a * b END;
END $$;

CREATE OR REPLACE FUNCTION hogql_divide(a double precision, b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN b <> 0 THEN a / b
            WHEN a IS NULL OR b IS NULL THEN NULL
            WHEN a = 'NaN' OR a = 0 THEN 'NaN'::double precision
            WHEN (a > 0) = (b::text = '0') THEN 'Infinity'::double precision
            ELSE '-Infinity'::double precision END;
END $$;

CREATE FUNCTION hogql_divide_any(a double precision, b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN b = 0 OR a = 0 OR abs(a) >= 'Infinity' OR abs(b) >= 'Infinity' THEN hogql_divide(a, b)
            WHEN abs(b) < 1e-300 AND abs(a) < 1 THEN hogql_divide(a * 1e16, b * 1e16)
            WHEN ln(abs(a)) - ln(abs(b)) > 709.7827 THEN sign(a) * sign(b) * 'Infinity'::double precision
            WHEN ln(abs(a)) - ln(abs(b)) < -745.1 THEN 0
            ELSE a / b END;
END $$;

CREATE FUNCTION hogql_exponent(x double precision) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN greatest((('x' || encode(float8send(x), 'hex'))::bit(64)::bigint >> 52 & 2047)::integer, 1) - 1075;
END $$;

CREATE FUNCTION hogql_exp2_below(x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN x = 0 OR abs(x) >= 'Infinity' THEN x
            ELSE sign(x) * power(2::double precision, hogql_exponent(x) + 52) END;
END $$;

-- As ClickHouse: what a great quotient loses is lost there too.
CREATE FUNCTION hogql_modulo(a double precision, b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN b = 0 AND a IS NOT NULL OR abs(a) = 'Infinity' OR abs(b) = 'Infinity'
                THEN 'NaN'::double precision ELSE a - trunc(a / b) * b END;
END $$;

CREATE FUNCTION hogql_positive(rest double precision, divisor double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN rest < 0 THEN rest + abs(divisor) ELSE rest END;
END $$;

CREATE FUNCTION hogql_positive(rest bigint, divisor bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN rest < 0 THEN rest + abs(divisor) ELSE rest END;
END $$;

CREATE FUNCTION hogql_positive(rest numeric, divisor numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN rest < 0 THEN rest + abs(divisor) ELSE rest END;

CREATE FUNCTION hogql_exp(x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN abs(x) < 700 OR x = 'NaN' THEN exp(x)
            WHEN x > 709.782712893384 THEN 'Infinity'::double precision
            WHEN x < -745.1332191019411 THEN 0
            ELSE exp(x) END;
END $$;

CREATE FUNCTION hogql_log(x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN x > 0 THEN ln(x) WHEN x = 0 THEN '-Infinity'::double precision
            WHEN x < 0 THEN 'NaN'::double precision END;
END $$;

CREATE FUNCTION hogql_log10(x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN x > 0 THEN log(x) WHEN x = 0 THEN '-Infinity'::double precision
            WHEN x < 0 THEN 'NaN'::double precision END;
END $$;

CREATE FUNCTION hogql_log2(x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN x > 0 AND x < 'Infinity' THEN
                CASE WHEN hogql_exp2_below(x) = x THEN (hogql_exponent(x) + 52)::double precision
                     ELSE ln(x) / ln(2::double precision) END
            ELSE hogql_log(x) END;
END $$;

CREATE FUNCTION hogql_log1p(x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN 1 + x = 1 THEN x
            WHEN abs(x) < 0.5 THEN ln(1 + x) * x / ((1 + x) - 1)
            ELSE hogql_log(1 + x) END;
END $$;

CREATE FUNCTION hogql_power(a double precision, b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN a = 0 AND b < 0 THEN 'Infinity'::double precision
            WHEN a < 0 AND a > '-Infinity' AND abs(b) < 'Infinity' AND b <> trunc(b)
                THEN 'NaN'::double precision
            WHEN a = 0 OR abs(a) = 1 OR abs(a) >= 'Infinity' OR abs(b) >= 'Infinity' THEN power(a, b)
            WHEN abs(b) > 746 / abs(ln(abs(a))) OR ln(abs(a)) * b > 709.782712893384
              OR ln(abs(a)) * b < -745.1332191019411 THEN
                CASE WHEN (ln(abs(a)) > 0) <> (b > 0) THEN 0
                     WHEN a < 0 AND mod(abs(b)::numeric, 2) = 1 THEN '-Infinity'::double precision
                     ELSE 'Infinity'::double precision END
            ELSE power(a, b) END;
END $$;

CREATE FUNCTION hogql_hypot(a double precision, b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN abs(a) = 'Infinity' OR abs(b) = 'Infinity' THEN 'Infinity'::double precision
            WHEN greatest(abs(a), abs(b)) = 0 THEN 0
            WHEN a IS NULL OR b IS NULL THEN NULL
            WHEN least(abs(a), abs(b)) / greatest(abs(a), abs(b)) < 1e-100 THEN greatest(abs(a), abs(b))
            ELSE greatest(abs(a), abs(b))
                 * sqrt(1 + power(least(abs(a), abs(b)) / greatest(abs(a), abs(b)), 2)) END;
END $$;

CREATE FUNCTION hogql_erfc(x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN x > 26.5 AND x <> 'NaN' THEN 0 ELSE erfc(x) END;
END $$;


CREATE FUNCTION hogql_between(x numeric, low numeric, high numeric) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN x BETWEEN low AND high THEN x END::bigint;
END $$;

CREATE FUNCTION hogql_integer(s text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN (CASE WHEN s ~ '^[+-]?[0-9]+$' AND pg_input_is_valid(s, 'bigint') THEN s END)::bigint;
END $$;

CREATE FUNCTION hogql_natural(s text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN (CASE WHEN s ~ '^[+]?0*[0-9]{1,20}$' AND (CASE WHEN s ~ '^[+]?0*[0-9]{1,20}$' THEN s END)::numeric
             < 18446744073709551616 THEN s END)::bigint;
END $$;

CREATE FUNCTION hogql_float(s text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN (CASE WHEN s ~* '^[+-]?(([0-9]+([.][0-9]*)?|[.][0-9]+)(e[+-]?[0-9]+)?|inf|infinity|nan)$' THEN
            CASE WHEN s ~* 'nan$' THEN 'NaN'
                 WHEN pg_input_is_valid(s, 'double precision') THEN s
                 WHEN s ~* 'e-' THEN '0'
                 ELSE CASE WHEN s ~ '^-' THEN '-Infinity' ELSE 'Infinity' END END
        END)::double precision;
END $$;

CREATE FUNCTION hogql_single(x double precision) RETURNS real
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN abs(x) < 3.4028235677973366e38 AND abs(x) > 1e-37 OR x = 0 THEN x::real
            WHEN abs(x) <= 7.006492321624085e-46 THEN 0::real
            WHEN abs(x) <= 1e-37 OR x = 'NaN' THEN x::real
            ELSE (sign(x) * 'Infinity'::double precision)::real END;
END $$;

CREATE FUNCTION hogql_number_text(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN t !~ '[eIN]' THEN t
            WHEN t = 'NaN' THEN 'nan'
            WHEN t ~ 'I' THEN replace(t, 'Infinity', 'inf')
            WHEN t ~ 'e[+](1[0-9]|20|0[0-9])$' OR t ~ 'e-0[0-6]$'
                THEN (CASE WHEN t ~ 'e' THEN t END)::numeric::text
            ELSE regexp_replace(t, 'e([+]|(-))0*', 'e\2') END;
END $$;

CREATE FUNCTION hogql_bool(s text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN lower(s) IN ('true', 't', 'yes', 'y', 'on', 'enable', 'enabled', '1') THEN true
            WHEN lower(s) IN ('false', 'f', 'no', 'n', 'off', 'disable', 'disabled', '0') THEN false END;
END $$;

CREATE FUNCTION hogql_uuid(s text) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN (CASE WHEN s ~* '^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})$'
             THEN s END)::uuid;
END $$;

CREATE FUNCTION hogql_two_digits(x double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN x = 'NaN' THEN 'nan'
            WHEN abs(x) = 'Infinity' THEN replace(x::text, 'Infinity', 'inf')
            WHEN abs(x) < 1e13 AND x * 8 = trunc(x * 8) AND x * 4 <> trunc(x * 4)
                THEN (CASE WHEN abs(x) < 1e13 AND abs(x) >= 0 THEN round(x::numeric, 2) END)::text
            WHEN abs(x) < 1e13 THEN to_char(x, 'FM9999999999990.00')
            ELSE (CASE WHEN abs(x) < 'Infinity' THEN x END)::numeric::text || '.00' END;
END $$;

CREATE FUNCTION hogql_readable(x double precision, edges double precision[], units text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN hogql_two_digits(CASE WHEN abs(x) < edges[1] OR abs(x) >= 'Infinity' THEN x
                             ELSE x / edges[width_bucket(abs(x), edges)] END)
       || units[1 + CASE WHEN x = 'NaN' THEN 0 ELSE width_bucket(abs(x), edges) END];
END $$;

-- Whole letters, and one of so many eighths.
CREATE FUNCTION hogql_bar(
    x double precision, low double precision, high double precision, width double precision
) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT repeat('█', (eighths / 8)::integer) || (ARRAY['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'])[
                   1 + eighths % 8]
        FROM (SELECT floor(8 * CASE WHEN x = 'NaN' OR x <= low THEN 0 WHEN x >= high THEN width
                                    ELSE (x - low) * width / (high - low) END)::bigint) AS s(eighths));

-- Years of 365 days, months of 30.5; `most` is the greatest unit, from 0 (years) to 5 (seconds).
CREATE FUNCTION hogql_time_delta(x double precision, most integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN x = 'NaN' THEN 'nan' WHEN abs(x) = 'Infinity' THEN replace(x::text, 'Infinity', 'inf')
ELSE (
    SELECT CASE WHEN x < 0 THEN '-' ELSE '' END || coalesce(
        nullif(array_to_string(words[:cardinality(words) - 1], ', '), '')
        || ' and ' || words[cardinality(words)], words[1], '0 seconds')
    FROM (
        SELECT array_agg(n || ' ' || unit || CASE WHEN n = 1 THEN '' ELSE 's' END ORDER BY place)
                   FILTER (WHERE n > 0) AS words
        FROM (SELECT trunc(abs(x))::numeric AS r0) AS a,
             LATERAL (SELECT CASE WHEN most <= 0 THEN mod(r0, 31536000) ELSE r0 END AS r1) AS b,
             LATERAL (SELECT CASE WHEN most <= 1 THEN mod(r1, 2635200) ELSE r1 END AS r2) AS c,
             LATERAL (SELECT CASE WHEN most <= 2 THEN mod(r2, 86400) ELSE r2 END AS r3) AS d,
             LATERAL (SELECT CASE WHEN most <= 3 THEN mod(r3, 3600) ELSE r3 END AS r4) AS e,
             LATERAL (SELECT CASE WHEN most <= 4 THEN mod(r4, 60) ELSE r4 END AS r5) AS f,
             LATERAL (VALUES (0, div(r0, 31536000), 'year'), (1, div(r1, 2635200), 'month'),
                             (2, div(r2, 86400), 'day'), (3, div(r3, 3600), 'hour'),
                             (4, div(r4, 60), 'minute'), (5, r5, 'second')) AS g(place, n, unit)
        WHERE place >= most) AS h) END;

CREATE FUNCTION hogql_json(s text) RETURNS json
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN (CASE WHEN pg_input_is_valid(s, 'json') THEN s END)::json;
END $$;

CREATE FUNCTION hogql_json_array(j json) RETURNS json
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN json_typeof(j) = 'array' THEN j END;
END $$;

CREATE FUNCTION hogql_json_object(j json) RETURNS json
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN json_typeof(j) = 'object' THEN j END;
END $$;

CREATE FUNCTION hogql_json_length(j json) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE json_typeof(j) WHEN 'array' THEN json_array_length(j)
            WHEN 'object' THEN (SELECT count(*) FROM json_object_keys(j)) ELSE 0 END;

CREATE FUNCTION hogql_json_at(j json, place bigint) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN place = 0 OR abs(place) > 1000000000 THEN NULL
            WHEN json_typeof(j) = 'array' THEN j -> (place - (place > 0)::integer)::integer
            WHEN json_typeof(j) = 'object' THEN
                (SELECT value FROM ROWS FROM (json_each(j)) WITH ORDINALITY AS pair(key, value, n)
                 WHERE n = CASE WHEN place > 0 THEN place ELSE hogql_json_length(j) + 1 + place END) END;

CREATE FUNCTION hogql_json_number(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN t ~ '^-?[0-9]+$' THEN t ELSE hogql_number_text(hogql_float(t)::text) END;
END $$;

-- A whole number beyond 64 bits: ClickHouse takes it for text.
CREATE FUNCTION hogql_json_is_huge(j json) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN json_typeof(j) = 'number' AND j::text ~ '^(-[0-9]{19,}|[0-9]{20,})$'
       AND (j::text ~ '^(-[0-9]{20,}|[0-9]{21,})$' OR hogql_float(j::text) < -9223372036854775808
            OR hogql_float(j::text) >= 18446744073709551616);
END $$;

CREATE FUNCTION hogql_json_raw(j json) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE json_typeof(j)
            WHEN 'number' THEN CASE WHEN hogql_json_is_huge(j) THEN '"' || j::text || '"'
                                    ELSE hogql_json_number(j::text) END
            WHEN 'string' THEN to_json(j #>> '{}')::text
            ELSE regexp_replace(j::text, '("([^"\\]|\\.)*")|\s+', '\1', 'g') END;
END $$;

CREATE FUNCTION hogql_json_string(j json) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE json_typeof(j) WHEN 'string' THEN j #>> '{}' WHEN 'null' THEN NULL
            ELSE trim(BOTH CASE WHEN hogql_json_is_huge(j) THEN '"' ELSE '' END FROM hogql_json_raw(j)) END;
END $$;

CREATE FUNCTION hogql_json_integer(j json, low numeric, high numeric, loose boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN json_typeof(j) = 'boolean' AND loose THEN (j::text)::boolean::integer::bigint
            WHEN json_typeof(j) NOT IN ('number', 'string') THEN NULL
            WHEN j #>> '{}' ~ '^-?[0-9]{1,18}$' THEN hogql_between((j #>> '{}')::numeric, low, high)
            WHEN hogql_float(j #>> '{}') IS NULL THEN NULL
            WHEN abs(hogql_float(j #>> '{}')) < 1e20 THEN hogql_between(trunc(
                (CASE WHEN abs(hogql_float(j #>> '{}')) < 1e20 THEN j #>> '{}' END)::numeric), low, high) END;
END $$;

CREATE FUNCTION hogql_json_float(j json, loose boolean) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN json_typeof(j) IN ('number', 'string') THEN hogql_float(j #>> '{}')
            WHEN json_typeof(j) = 'boolean' AND loose THEN (j::text)::boolean::integer END;
END $$;

CREATE FUNCTION hogql_json_bool(j json) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN json_typeof(j) = 'boolean' THEN (j::text)::boolean
            WHEN json_typeof(j) <> 'number' OR hogql_json_is_huge(j) THEN NULL
            WHEN j::text ~ '^-?[0-9]+$' THEN j::text !~ '^-?0+$' END;
END $$;

CREATE FUNCTION hogql_json_type(j json) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE json_typeof(j) WHEN 'string' THEN 'String' WHEN 'array' THEN 'Array' WHEN 'object' THEN 'Object'
            WHEN 'boolean' THEN 'Bool'
            WHEN 'number' THEN CASE WHEN pg_input_is_valid(j::text, 'bigint') THEN 'Int64'
                                    WHEN hogql_json_is_huge(j) THEN 'String'
                                    WHEN j::text ~ '^[0-9]+$' THEN 'UInt64' ELSE 'Double' END
            ELSE 'Null' END;
END $$;

CREATE FUNCTION hogql_json_keys(j json) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(key ORDER BY n), '{}')
        FROM ROWS FROM (json_object_keys(hogql_json_object(j))) WITH ORDINALITY AS one(key, n));

CREATE FUNCTION hogql_json_items(j json) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(hogql_json_raw(value) ORDER BY n), '{}')
        FROM ROWS FROM (json_array_elements(hogql_json_array(j))) WITH ORDINALITY AS item(value, n));

CREATE FUNCTION hogql_json_value(j json) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN CASE WHEN json_typeof(j) IN ('array', 'object') OR j IS NULL THEN ''
            WHEN json_typeof(j) = 'null' THEN 'null' ELSE hogql_json_string(j) END;
END $$;

CREATE FUNCTION hogql_json_query(j json) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
RETURN coalesce('[' || hogql_json_raw(j) || ']', '');
END $$;
"""

DROP = """
DROP FUNCTION hogql_json_query; DROP FUNCTION hogql_json_value; DROP FUNCTION hogql_json_items;
DROP FUNCTION hogql_json_keys; DROP FUNCTION hogql_json_type; DROP FUNCTION hogql_json_bool;
DROP FUNCTION hogql_json_float; DROP FUNCTION hogql_json_integer; DROP FUNCTION hogql_json_string;
DROP FUNCTION hogql_json_raw; DROP FUNCTION hogql_json_is_huge;
DROP FUNCTION hogql_json_number; DROP FUNCTION hogql_json_at;
DROP FUNCTION hogql_json_length; DROP FUNCTION hogql_json_object; DROP FUNCTION hogql_json_array;
DROP FUNCTION hogql_json; DROP FUNCTION hogql_time_delta;
DROP FUNCTION hogql_bar; DROP FUNCTION hogql_readable; DROP FUNCTION hogql_two_digits;
DROP FUNCTION hogql_between; DROP FUNCTION hogql_integer; DROP FUNCTION hogql_natural;
DROP FUNCTION hogql_float; DROP FUNCTION hogql_single; DROP FUNCTION hogql_number_text;
DROP FUNCTION hogql_bool; DROP FUNCTION hogql_uuid; DROP FUNCTION hogql_unsigned;
DROP FUNCTION hogql_add; DROP FUNCTION hogql_multiply;
DROP FUNCTION hogql_divide_any; DROP FUNCTION hogql_modulo;
DROP FUNCTION hogql_positive(double precision, double precision);
DROP FUNCTION hogql_positive(bigint, bigint); DROP FUNCTION hogql_positive(numeric, numeric);
DROP FUNCTION hogql_exp; DROP FUNCTION hogql_power; DROP FUNCTION hogql_log2; DROP FUNCTION hogql_log1p;
DROP FUNCTION hogql_log; DROP FUNCTION hogql_log10; DROP FUNCTION hogql_hypot; DROP FUNCTION hogql_erfc;
DROP FUNCTION hogql_exp2_below; DROP FUNCTION hogql_exponent;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0007_hogql_time")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
