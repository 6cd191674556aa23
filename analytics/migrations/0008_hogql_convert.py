"""Functions that HogQL's printed SQL calls: arithmetic and conversions as ClickHouse has them.

PostgreSQL raises an error where a float becomes infinite, vanishes or leaves a function's domain; ClickHouse
gives inf, 0 or nan. None touches a table.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION hogql_unsigned(x bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN x < 0 THEN (x::numeric + 18446744073709551616)::bigint ELSE x END;

CREATE FUNCTION hogql_add(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN abs(a) < 8e307 AND abs(b) < 8e307 THEN a + b
            WHEN abs(a) >= 'Infinity' OR abs(b) >= 'Infinity' THEN a + b
            WHEN abs(a / 2 + b / 2) < 8.98846567431157e307 THEN a + b
            ELSE sign(a) * 'Infinity'::double precision END;

CREATE FUNCTION hogql_multiply(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN abs(a) BETWEEN 1e-150 AND 1e150 AND abs(b) BETWEEN 1e-150 AND 1e150 THEN a * b
            WHEN a = 0 OR b = 0 OR abs(a) >= 'Infinity' OR abs(b) >= 'Infinity' THEN a * b
            WHEN ln(abs(a)) + ln(abs(b)) > 709.7827 THEN sign(a) * sign(b) * 'Infinity'::double precision
            WHEN ln(abs(a)) + ln(abs(b)) < -745.1 THEN 0
            ELSE a * b END;

CREATE OR REPLACE FUNCTION hogql_divide(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN b <> 0 THEN a / b
            WHEN a IS NULL OR b IS NULL THEN NULL
            WHEN a = 'NaN' OR a = 0 THEN 'NaN'::double precision
            WHEN (a > 0) = (b::text = '0') THEN 'Infinity'::double precision
            ELSE '-Infinity'::double precision END;

CREATE FUNCTION hogql_divide_any(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN b = 0 OR a = 0 OR abs(a) >= 'Infinity' OR abs(b) >= 'Infinity' THEN hogql_divide(a, b)
            WHEN abs(b) < 1e-300 AND abs(a) < 1 THEN hogql_divide(a * 1e16, b * 1e16)
            WHEN ln(abs(a)) - ln(abs(b)) > 709.7827 THEN sign(a) * sign(b) * 'Infinity'::double precision
            WHEN ln(abs(a)) - ln(abs(b)) < -745.1 THEN 0
            ELSE a / b END;

CREATE FUNCTION hogql_mantissa(x double precision) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT ((bits & 4503599627370495) | CASE WHEN (bits >> 52) & 2047 = 0 THEN 0 ELSE 4503599627370496 END)
        FROM (SELECT ('x' || encode(float8send(x), 'hex'))::bit(64)::bigint AS bits) AS f);

CREATE FUNCTION hogql_exponent(x double precision) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest((('x' || encode(float8send(x), 'hex'))::bit(64)::bigint >> 52 & 2047)::integer, 1) - 1075;

CREATE FUNCTION hogql_rest(a double precision, b double precision, least_exponent integer)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (mod(hogql_mantissa(a) * power(2::numeric, hogql_exponent(a) - least_exponent),
            hogql_mantissa(b) * power(2::numeric, hogql_exponent(b) - least_exponent)))::double precision
       * power(2::double precision, greatest(least_exponent, -1022))
       * power(2::double precision, least(least_exponent + 1022, 0));

CREATE FUNCTION hogql_modulo(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN a IS NULL OR b IS NULL THEN NULL
            WHEN b = 0 OR abs(a) >= 'Infinity' OR b = 'NaN' THEN 'NaN'::double precision
            WHEN abs(b) = 'Infinity' THEN a
            WHEN a = trunc(a) AND b = trunc(b) AND abs(a) < 9e15 AND abs(b) < 9e15
                THEN mod(a::bigint, b::bigint)::double precision
            ELSE sign(a) * hogql_rest(abs(a), abs(b), least(hogql_exponent(a), hogql_exponent(b))) END;

CREATE FUNCTION hogql_positive(rest double precision, divisor double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN rest < 0 THEN rest + abs(divisor) ELSE rest END;

CREATE FUNCTION hogql_positive(rest bigint, divisor bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN rest < 0 THEN rest + abs(divisor) ELSE rest END;

CREATE FUNCTION hogql_exp(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN abs(x) < 700 OR x = 'NaN' THEN exp(x)
            WHEN x > 709.782712893384 THEN 'Infinity'::double precision
            WHEN x < -745.1332191019411 THEN 0
            ELSE exp(x) END;

CREATE FUNCTION hogql_log(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN x > 0 THEN ln(x) WHEN x = 0 THEN '-Infinity'::double precision
            WHEN x < 0 THEN 'NaN'::double precision END;

CREATE FUNCTION hogql_log10(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN x > 0 THEN log(x) WHEN x = 0 THEN '-Infinity'::double precision
            WHEN x < 0 THEN 'NaN'::double precision END;

CREATE FUNCTION hogql_log2(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN x > 0 AND x < 'Infinity' THEN
                CASE WHEN abs(ln(x)) < 700 AND power(2::double precision, round(ln(x) / ln(2::double precision))) = x
                     THEN round(ln(x) / ln(2::double precision)) ELSE ln(x) / ln(2::double precision) END
            ELSE hogql_log(x) END;

CREATE FUNCTION hogql_log1p(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN 1 + x = 1 THEN x
            WHEN abs(x) < 0.5 THEN ln(1 + x) * x / ((1 + x) - 1)
            ELSE hogql_log(1 + x) END;

CREATE FUNCTION hogql_power(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN a = 0 AND b < 0 THEN 'Infinity'::double precision
            WHEN a < 0 AND a > '-Infinity' AND abs(b) < 'Infinity' AND b <> trunc(b) THEN 'NaN'::double precision
            WHEN a = 0 OR abs(a) = 1 OR abs(a) >= 'Infinity' OR abs(b) >= 'Infinity' THEN power(a, b)
            WHEN abs(b) > 746 / abs(ln(abs(a))) OR ln(abs(a)) * b > 709.782712893384
              OR ln(abs(a)) * b < -745.1332191019411 THEN
                CASE WHEN (ln(abs(a)) > 0) <> (b > 0) THEN 0
                     WHEN a < 0 AND mod(abs(b)::numeric, 2) = 1 THEN '-Infinity'::double precision
                     ELSE 'Infinity'::double precision END
            ELSE power(a, b) END;

CREATE FUNCTION hogql_hypot(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN abs(a) = 'Infinity' OR abs(b) = 'Infinity' THEN 'Infinity'::double precision
            WHEN greatest(abs(a), abs(b)) = 0 THEN 0
            WHEN a IS NULL OR b IS NULL THEN NULL
            WHEN least(abs(a), abs(b)) / greatest(abs(a), abs(b)) < 1e-100 THEN greatest(abs(a), abs(b))
            ELSE greatest(abs(a), abs(b)) * sqrt(1 + power(least(abs(a), abs(b)) / greatest(abs(a), abs(b)), 2)) END;

CREATE FUNCTION hogql_erfc(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN x > 26.5 AND x <> 'NaN' THEN 0 ELSE erfc(x) END;

CREATE FUNCTION hogql_exp2_below(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN x = 0 OR abs(x) >= 'Infinity' THEN x
            ELSE sign(x) * power(2::double precision, hogql_exponent(x) + 52) END;
"""

DROP = """
DROP FUNCTION hogql_unsigned; DROP FUNCTION hogql_add; DROP FUNCTION hogql_multiply;
DROP FUNCTION hogql_divide_any; DROP FUNCTION hogql_rest; DROP FUNCTION hogql_mantissa;
DROP FUNCTION hogql_exp2_below; DROP FUNCTION hogql_modulo; DROP FUNCTION hogql_exponent;
DROP FUNCTION hogql_positive(double precision, double precision); DROP FUNCTION hogql_positive(bigint, bigint);
DROP FUNCTION hogql_exp; DROP FUNCTION hogql_power; DROP FUNCTION hogql_log2; DROP FUNCTION hogql_log1p;
DROP FUNCTION hogql_log; DROP FUNCTION hogql_log10; DROP FUNCTION hogql_hypot; DROP FUNCTION hogql_erfc;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0006_hogql_text_more")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
