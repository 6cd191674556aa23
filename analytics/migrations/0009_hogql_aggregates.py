"""Aggregates of ClickHouse's that PostgreSQL has not, or not over windows, as functions of gathered values.

Each takes what array_agg gave: NULL over no rows, which gives NULL.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION hogql_last(items anyarray) RETURNS anyelement
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT items[array_upper(items, 1)] $$;

-- As ClickHouse keeps them: in a ring, so a value stands at its place modulo the ring's size.
CREATE FUNCTION hogql_ring(items anyarray, size bigint) RETURNS anyarray
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce((SELECT array_agg(i.value ORDER BY (i.place - 1) % size)
                       FROM unnest(items) WITH ORDINALITY AS i(value, place)
                       WHERE i.place > cardinality(items) - size), items) $$;

CREATE FUNCTION hogql_ring(items jsonb, size bigint) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT jsonb_agg(i.value ORDER BY (i.place - 1) % size)
                 FROM jsonb_array_elements(items) WITH ORDINALITY AS i(value, place)
                 WHERE i.place > jsonb_array_length(items) - size), items);

CREATE FUNCTION hogql_arg_max(items anyarray, keys anycompatiblearray) RETURNS anyelement
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT items[(SELECT k.place FROM unnest(keys) WITH ORDINALITY AS k(value, place)
              ORDER BY k.value::text = 'NaN', k.value DESC, k.place LIMIT 1)] $$;

CREATE FUNCTION hogql_arg_min(items anyarray, keys anycompatiblearray) RETURNS anyelement
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT items[(SELECT k.place FROM unnest(keys) WITH ORDINALITY AS k(value, place)
              ORDER BY k.value, k.place LIMIT 1)] $$;

CREATE FUNCTION hogql_uniq(items anyarray) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (SELECT count(DISTINCT i.value) FROM unnest(items) AS i(value)) $$;

-- Each value where it stands first.
CREATE FUNCTION hogql_distinct(items anyarray) RETURNS anyarray
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce((SELECT array_agg(d.value ORDER BY d.n) FROM (
    SELECT i.value, min(i.n) AS n FROM unnest(items) WITH ORDINALITY AS i(value, n) GROUP BY i.value
) AS d), items) $$;

CREATE FUNCTION hogql_distinct(items jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT jsonb_agg(d.value ORDER BY d.n) FROM (
    SELECT i.value, min(i.n) AS n FROM jsonb_array_elements(items) WITH ORDINALITY AS i(value, n)
    GROUP BY i.value
) AS d), items);

CREATE FUNCTION hogql_quantile(items double precision[], share double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT percentile_cont(share) WITHIN GROUP (ORDER BY i.value) FROM unnest(items) AS i(value));

CREATE FUNCTION hogql_quantile_weighted(items anyarray, weights numeric[], share double precision)
RETURNS anyelement LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT s.value FROM (
    SELECT i.value, sum(i.weight) OVER (ORDER BY i.value ROWS UNBOUNDED PRECEDING) AS so_far,
           sum(i.weight) OVER () AS total
    FROM unnest(items, weights) AS i(value, weight)
) AS s WHERE s.so_far >= ceil(s.total::float8 * share) ORDER BY s.value LIMIT 1 $$;

CREATE FUNCTION hogql_quantile_exclusive(items double precision[], share double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT CASE WHEN s.h < 1 THEN s.v[1] WHEN s.h >= s.n THEN s.v[s.n]
                    ELSE s.v[floor(s.h)::integer]
                       + (s.h - floor(s.h)) * (s.v[floor(s.h)::integer + 1] - s.v[floor(s.h)::integer]) END
        FROM (SELECT array_agg(i.value ORDER BY i.value) AS v, count(*)::integer AS n,
                     share * (count(*) + 1) AS h FROM unnest(items) AS i(value)) AS s);

CREATE FUNCTION hogql_skew(n bigint, a double precision, b double precision, c double precision,
                           less integer) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT CASE WHEN n IS NULL OR n = 0 THEN NULL
                    WHEN s.variance > 0 AND s.variance < 'Infinity'
                    THEN (c - (3 * b - 2 * a * a / n) * a / n) / n / power(s.variance, 1.5)
                    ELSE 'NaN' END
        FROM (SELECT (b - a * a / n) / nullif(n - less, 0) AS variance) AS s);

CREATE FUNCTION hogql_kurt(n bigint, a double precision, b double precision, c double precision,
                           d double precision, less integer) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT CASE WHEN n IS NULL OR n = 0 THEN NULL
                    WHEN s.variance > 0 AND s.variance < 'Infinity'
                    THEN (d - (4 * c - (6 * b - 3 * a * a / n) * a / n) * a / n) / n / power(s.variance, 2)
                    ELSE 'NaN' END
        FROM (SELECT (b - a * a / nullif(n, 0)) / nullif(n - less, 0) AS variance) AS s);

CREATE FUNCTION hogql_entropy(items anyarray) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (SELECT -sum(s.share * log(2, s.share))::double precision
        FROM (SELECT count(*)::numeric / cardinality(items) AS share
              FROM unnest(items) AS i(value) GROUP BY i.value) AS s) $$;

CREATE FUNCTION hogql_top(most bigint, items anyarray) RETURNS anyarray
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (SELECT array_agg(s.value ORDER BY s.number DESC, s.first)
        FROM (SELECT i.value, count(*) AS number, min(i.place) AS first
              FROM unnest(items) WITH ORDINALITY AS i(value, place)
              GROUP BY i.value ORDER BY 2 DESC, 3 LIMIT most) AS s) $$;

CREATE FUNCTION hogql_top(most bigint, items anyarray, weights bigint[]) RETURNS anyarray
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (SELECT array_agg(s.value ORDER BY s.number DESC, s.first)
        FROM (SELECT i.value, sum(w.value) AS number, min(i.place) AS first
              FROM unnest(items) WITH ORDINALITY AS i(value, place)
              JOIN unnest(weights) WITH ORDINALITY AS w(value, place) USING (place)
              GROUP BY i.value ORDER BY 2 DESC, 3 LIMIT most) AS s) $$;

CREATE FUNCTION hogql_moving(items numeric[], size bigint, mean boolean) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT array_agg(CASE WHEN mean THEN s.total / coalesce(size, cardinality(items)) ELSE s.total END
                         ORDER BY s.place)
        FROM (SELECT i.place, sum(i.value) OVER (ORDER BY i.place
                     ROWS BETWEEN coalesce(size, cardinality(items), 1) - 1 PRECEDING
                     AND CURRENT ROW) AS total
              FROM unnest(items) WITH ORDINALITY AS i(value, place)) AS s);

CREATE FUNCTION hogql_moving(items double precision[], size bigint, mean boolean) RETURNS double precision[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT array_agg(CASE WHEN mean THEN s.total / coalesce(size, cardinality(items)) ELSE s.total END
                         ORDER BY s.place)
        FROM (SELECT i.place, sum(i.value) OVER (ORDER BY i.place
                     ROWS BETWEEN coalesce(size, cardinality(items), 1) - 1 PRECEDING
                     AND CURRENT ROW) AS total
              FROM unnest(items) WITH ORDINALITY AS i(value, place)) AS s);

CREATE FUNCTION hogql_by(items anyarray, keys anycompatiblearray) RETURNS anyarray
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (SELECT array_agg(items[k.place] ORDER BY k.value, k.place)
        FROM unnest(keys) WITH ORDINALITY AS k(value, place)) $$;

CREATE FUNCTION hogql_delta(items numeric[]) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT sum(s.value - s.before) FILTER (WHERE s.value > s.before)
        FROM (SELECT i.value, lag(i.value) OVER (ORDER BY i.place) AS before
              FROM unnest(items) WITH ORDINALITY AS i(value, place)) AS s);

CREATE FUNCTION hogql_delta(items double precision[]) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT sum(s.value - s.before) FILTER (WHERE s.value > s.before)
        FROM (SELECT i.value, lag(i.value) OVER (ORDER BY i.place) AS before
              FROM unnest(items) WITH ORDINALITY AS i(value, place)) AS s);
-- ClickHouse's windowFunnel: the last of the steps (bits of `met`) that were reached one after another, each
-- within `span` of the first.
CREATE FUNCTION hogql_funnel(span bigint, steps integer, modes text[], times bigint[], met integer[])
RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    firsts bigint[] := array_fill(NULL::bigint, ARRAY[steps]);
    lasts bigint[] := firsts;
    in_order boolean := 'strict_order' = ANY (modes);
    rising boolean := 'strict_increase' = ANY (modes);
    e record;
BEGIN
    IF steps = 1 AND NOT in_order THEN
        RETURN CASE WHEN cardinality(times) > 0 THEN 1 END;
    END IF;
    FOR e IN SELECT t.time, s.step
             FROM unnest(times, met) AS t(time, bits), generate_series(0, steps) AS s(step)
             WHERE CASE WHEN s.step = 0 THEN t.bits = 0 ELSE (t.bits >> (s.step - 1)) & 1 = 1 END
             ORDER BY t.time, s.step LOOP
        IF e.step = 0 THEN
            EXIT WHEN firsts[1] IS NOT NULL;
        ELSIF e.step = 1 THEN
            firsts[1] := e.time;
            lasts[1] := e.time;
        ELSIF in_order AND firsts[1] IS NOT NULL AND firsts[e.step - 1] IS NULL THEN
            RETURN (SELECT min(i) - 1 FROM generate_series(1, steps) AS i WHERE firsts[i] IS NULL);
        ELSIF e.time <= firsts[e.step - 1] + span AND (NOT rising OR lasts[e.step - 1] < e.time) THEN
            firsts[e.step] := firsts[e.step - 1];
            lasts[e.step] := e.time;
            EXIT WHEN e.step = steps;
        END IF;
    END LOOP;
    RETURN (SELECT coalesce(max(i), 0) FROM generate_series(1, steps) AS i WHERE firsts[i] IS NOT NULL);
END $$;
"""

DROP = """
DROP FUNCTION hogql_funnel;
DROP FUNCTION hogql_last; DROP FUNCTION hogql_ring(anyarray, bigint);
DROP FUNCTION hogql_ring(jsonb, bigint); DROP FUNCTION hogql_arg_max; DROP FUNCTION hogql_arg_min;
DROP FUNCTION hogql_uniq; DROP FUNCTION hogql_distinct(anyarray); DROP FUNCTION hogql_distinct(jsonb);
DROP FUNCTION hogql_quantile; DROP FUNCTION hogql_quantile_weighted;
DROP FUNCTION hogql_quantile_exclusive; DROP FUNCTION hogql_skew;
DROP FUNCTION hogql_kurt; DROP FUNCTION hogql_entropy; DROP FUNCTION hogql_top(bigint, anyarray);
DROP FUNCTION hogql_top(bigint, anyarray, bigint[]); DROP FUNCTION hogql_moving(numeric[], bigint, boolean);
DROP FUNCTION hogql_moving(double precision[], bigint, boolean); DROP FUNCTION hogql_by;
DROP FUNCTION hogql_delta(numeric[]); DROP FUNCTION hogql_delta(double precision[]);
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0008_hogql_convert")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
