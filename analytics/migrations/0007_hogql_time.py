"""Functions for HogQL's times: wall clocks of time zones, weeks by MySQL's modes, text read as a time.

hogql_at: where a clock shows a time twice, ClickHouse takes the first; where it never does (spring), it takes
the shift off. PostgreSQL takes the second, and adds the shift.
"""

from django.db import migrations

ZONES = """
CREATE FUNCTION hogql_at(wall timestamp, zone text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    late timestamptz := wall AT TIME ZONE zone;
    shown timestamp := late AT TIME ZONE zone;
    shift interval := ((late - interval '3 hours') AT TIME ZONE zone) - shown + interval '3 hours';
BEGIN
    IF shown = wall AND shift > interval '0' AND ((late - shift) AT TIME ZONE zone) = wall THEN
        RETURN late - shift;
    END IF;
    RETURN late - (shown - wall);
END $$;

CREATE FUNCTION hogql_day_start(wall timestamp, zone text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    midnight timestamp := date_trunc('day', wall);
    late timestamptz := midnight AT TIME ZONE zone;
BEGIN
    IF (late AT TIME ZONE zone) <> midnight THEN
        RETURN late;  -- midnight is skipped: the day begins with the first moment there is
    END IF;
    RETURN hogql_at(midnight, zone);
END $$;

CREATE OR REPLACE FUNCTION hogql_age(unit text, a timestamptz, b timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE unit
    WHEN 'microsecond' THEN trunc(extract(epoch FROM b - a) * 1000000)
    WHEN 'millisecond' THEN trunc(extract(epoch FROM b - a) * 1000)
    WHEN 'second' THEN trunc(extract(epoch FROM b - a))
    WHEN 'minute' THEN trunc(extract(epoch FROM b - a) / 60)
    WHEN 'hour' THEN trunc(extract(epoch FROM b - a) / 3600)
    WHEN 'day' THEN trunc(extract(epoch FROM b - a) / 86400)
    WHEN 'month' THEN extract(year FROM age(b, a)) * 12 + extract(month FROM age(b, a))
    WHEN 'quarter' THEN trunc((extract(year FROM age(b, a)) * 12 + extract(month FROM age(b, a))) / 3)
    WHEN 'year' THEN extract(year FROM age(b, a))
END::bigint;
"""

# ClickHouse takes the weeks between two Mondays, and one off where the second's day of the week is earlier,
# or the time of day is (which it looks at on other days too, if the hours are the same).
AGES = """
CREATE FUNCTION hogql_age_weeks(a timestamptz, b timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (date_trunc('week', b)::date - date_trunc('week', a)::date) / 7
     + CASE WHEN extract(isodow FROM a) > extract(isodow FROM b)
                 OR extract(isodow FROM a) = extract(isodow FROM b)
                    AND extract(hour FROM least(a, b)) > extract(hour FROM greatest(a, b))
                 OR extract(hour FROM a) = extract(hour FROM b) AND least(a, b)::time > greatest(a, b)::time
            THEN CASE WHEN a <= b THEN -1 ELSE 1 END ELSE 0 END;
"""

# MySQL's calc_week: bit 1 of the mode says Monday first, 2 a year of weeks, 4 which week is the first.
WEEKS = """
CREATE FUNCTION hogql_week_number(day date, mode bigint, with_year boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    monday boolean := mode & 1 = 1;
    by_year boolean := with_year OR mode & 2 = 2;
    whole boolean := (mode & 4 = 4) = monday;  -- the first week is the first whole one
    year integer := extract(year FROM day);
    first date := make_date(year, 1, 1);
    weekday integer := CASE WHEN monday THEN extract(isodow FROM first) - 1 ELSE extract(dow FROM first) END;
    days integer;
    week integer;
BEGIN
    IF mode & 8 = 8 THEN
        RETURN hogql_new_year_week(day, monday, with_year);
    END IF;
    IF extract(month FROM day) = 1 AND extract(day FROM day) <= 7 - weekday THEN
        IF NOT by_year AND (CASE WHEN whole THEN weekday <> 0 ELSE weekday >= 4 END) THEN
            RETURN 0;
        END IF;
        by_year := true;
        year := year - 1;
        days := first - make_date(year, 1, 1);
        first := make_date(year, 1, 1);
        weekday := (weekday + 53 * 7 - days) % 7;
    END IF;
    days := day - first + weekday;
    IF (CASE WHEN whole THEN weekday <> 0 ELSE weekday >= 4 END) THEN
        days := days - 7;
    END IF;
    week := days / 7 + 1;
    IF by_year AND days >= 52 * 7 THEN
        weekday := (weekday + (make_date(year + 1, 1, 1) - first)) % 7;
        IF (CASE WHEN whole THEN weekday = 0 ELSE weekday < 4 END) THEN
            year := year + 1;
            week := 1;
        END IF;
    END IF;
    RETURN CASE WHEN with_year THEN year * 100 + week ELSE week END;
END $$;

CREATE FUNCTION hogql_new_year_week(day date, monday boolean, with_year boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    mode integer := CASE WHEN monday THEN 1 ELSE 0 END;
    year integer := extract(year FROM hogql_week(day, mode) + 6);
    week bigint := (hogql_week(day, mode) - hogql_week(make_date(year, 1, 1), mode)) / 7 + 1;
BEGIN
    RETURN CASE WHEN with_year THEN year * 100 + week ELSE week END;
END $$;
"""

# What ClickHouse's parseDateTimeBestEffort reads (hogql_read_time), its plain forms (hogql_read_plain, whose
# days over the month's end go on into the next) and Dates. None raises; NULL is what is no time.
TEXTS = r"""
CREATE FUNCTION hogql_datetime(x timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN date_trunc('second', least(greatest(x, '1970-01-01 00:00:00+00'::timestamptz),
                                  '2106-02-07 06:28:15+00'::timestamptz), 'UTC');

CREATE FUNCTION hogql_clock(clock text[], day date) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day + make_interval(
    hours => coalesce(clock[1], '0')::integer,
    mins => coalesce(clock[2], '0')::integer,
    secs => (coalesce(clock[3], '0') || '.' || coalesce(left(clock[4], 6), '0'))::double precision);

CREATE FUNCTION hogql_month(name text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (position(left(name, 3) IN 'janfebmaraprmayjunjulaugsepoctnovdec') + 2) / 3;

CREATE FUNCTION hogql_read_day(value text, us boolean) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    name constant text := '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*';
    m text[];
BEGIN
    m := regexp_match(value, '^([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?'
                             '(?![0-9]| [a-z]+ [0-9])(.*)$');
    IF m IS NOT NULL THEN
        RETURN ARRAY[m[1], coalesce(m[2], '1'), coalesce(m[3], '1'), m[4]];
    END IF;
    m := regexp_match(value, '^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{2})(?![0-9])(.*)$');
    IF m IS NOT NULL THEN
        IF length(m[3]) = 2 THEN
            m[3] := CASE WHEN m[3]::integer >= 70 THEN '19' ELSE '20' END || m[3];
        END IF;
        IF m[2]::integer > 12 OR (us AND m[1]::integer <= 12) THEN
            RETURN ARRAY[m[3], m[1], m[2], m[4]];
        END IF;
        RETURN ARRAY[m[3], m[2], m[1], m[4]];
    END IF;
    m := regexp_match(value, '^([0-9]{1,2})[ -]+' || name || '[ -]+([0-9]{4})(?![0-9])(.*)$');
    IF m IS NOT NULL THEN
        RETURN ARRAY[m[3], hogql_month(m[2])::text, m[1], m[4]];
    END IF;
    m := regexp_match(value, '^' || name || ' +([0-9]{1,2}),? +([0-9]{4})(?![0-9])(.*)$');
    IF m IS NOT NULL THEN
        RETURN ARRAY[m[3], hogql_month(m[1])::text, m[2], m[4]];
    END IF;
    m := regexp_match(value, '^([0-9]{4}) ' || name || ' ([0-9]{1,2})(?![0-9])(.*)$');
    IF m IS NOT NULL THEN
        RETURN ARRAY[m[1], hogql_month(m[2])::text, m[3], m[4]];
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION hogql_read_time(value text, zone text, us boolean, digits boolean) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    offsets constant text := '(?: *(?:z|utc|gmt))?(?: *([+-][0-9]{1,2}):?([0-9]{2})?)?';
    s text := lower(btrim(value));
    m text[];
    days integer;
    wall timestamp;
BEGIN
    IF s ~ '^([0-9]{9,10}|[0-9]{13}|[0-9]{16})$' THEN
        RETURN to_timestamp(s::numeric / CASE length(s) WHEN 13 THEN 1000 WHEN 16 THEN 1000000 ELSE 1 END);
    END IF;
    IF s ~ '^[0-9]{9,10}[.][0-9]+$' THEN
        RETURN CASE WHEN digits THEN to_timestamp(s::numeric) END;
    END IF;
    s := regexp_replace(s, '^([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9])', '\1-\2-\3');
    s := regexp_replace(s, '^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{6})(?![0-9])', '\1-\2-\3 \4');
    s := regexp_replace(s, '^([0-9-]{10})[t ]([0-9]{2})([0-9]{2})([0-9]{2})(?![0-9])', '\1 \2:\3:\4');
    s := regexp_replace(s, '^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +', '');
    m := hogql_read_day(s, us);
    IF m IS NULL OR m[1]::integer = 0 THEN
        RETURN NULL;
    END IF;
    m[2] := greatest(m[2]::integer, 1);
    m[3] := greatest(m[3]::integer, 1);
    IF m[2]::integer > 12 THEN
        RETURN NULL;
    END IF;
    days := extract(day FROM make_date(m[1]::integer, m[2]::integer, 1) + interval '1 month - 1 day');
    IF m[3]::integer > days THEN
        RETURN NULL;
    END IF;
    wall := make_date(m[1]::integer, m[2]::integer, m[3]::integer);
    m := regexp_match(m[4], '^(?:(?:t|[ ,]+)'
                            '(?:([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2})(?:[.]([0-9]*))?)?)?'
                            || ' *(am|pm)?)?)?' || offsets || '$');
    IF m IS NULL OR (m[1] IS NOT NULL AND m[2] IS NULL AND m[5] IS NULL AND length(m[1]) < 2) THEN
        RETURN NULL;
    END IF;
    IF m[5] IS NOT NULL THEN
        m[1] := m[1]::integer % 12 + CASE m[5] WHEN 'pm' THEN 12 ELSE 0 END;
    END IF;
    wall := hogql_clock(ARRAY[m[1], m[2], m[3], nullif(m[4], '')], wall::date);
    IF m[6] IS NOT NULL THEN
        RETURN (wall - make_interval(hours => m[6]::integer,
                mins => (left(m[6], 1) || coalesce(m[7], '0'))::integer)) AT TIME ZONE 'UTC';
    END IF;
    IF m[4] IS NULL AND s ~ '(z|utc|gmt)$' OR s ~ '[0-9 ](z|utc|gmt)$' THEN
        RETURN wall AT TIME ZONE 'UTC';
    END IF;
    RETURN hogql_at(wall, zone);
END $$;

CREATE FUNCTION hogql_day_of(year integer, month integer, day integer) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN year = 0 OR month NOT BETWEEN 1 AND 12 OR day NOT BETWEEN 1 AND 31 THEN '1970-01-01'::date
            ELSE least(greatest(make_date(year, month, 1) + (day - 1), '1970-01-01'), '2149-06-06') END;

CREATE FUNCTION hogql_read_plain(value text, zone text, digits boolean) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    m text[];
    wall timestamp;
BEGIN
    IF digits AND value = '' THEN
        RETURN to_timestamp(0);  -- as ClickHouse has it
    END IF;
    IF value ~ '^[0-9]{5,18}$' OR (digits AND value ~ '^[0-9]{5,18}[.][0-9]*$') THEN
        RETURN to_timestamp(CASE WHEN NOT digits THEN least(value::numeric, 4294967295)
                                 WHEN value ~ '^[0-9]{13}$' THEN value::numeric / 1000
                                 ELSE least(value::numeric, 253402300799) END);
    END IF;
    m := regexp_match(value, '^([0-9]{4})[-/.]([0-9]{2})[-/.]([0-9]{2})'
                             '(?:[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.]([0-9]+))?)?$');
    IF m IS NULL OR (m[7] IS NOT NULL AND NOT digits) THEN
        RETURN NULL;
    END IF;
    IF m[1]::integer = 0 OR m[2]::integer NOT BETWEEN 1 AND 12 OR m[3]::integer NOT BETWEEN 1 AND 31 THEN
        RETURN CASE WHEN digits THEN '1900-01-01 00:00:00+00'::timestamptz ELSE to_timestamp(0) END;
    END IF;
    wall := hogql_clock(m[4:7], make_date(m[1]::integer, m[2]::integer, 1) + (m[3]::integer - 1));
    RETURN hogql_at(wall, zone);
END $$;

CREATE FUNCTION hogql_read_date(value text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    m text[];
BEGIN
    m := regexp_match(value, '^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})$');
    m := coalesce(m, regexp_match(value, '^([0-9]{4})[-/.]([0-9]{2})[-/.]([0-9]{2})'
                                         '[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+)?$'));
    m := coalesce(m, regexp_match(value, '^([0-9]{4})([0-9]{2})([0-9]{2})$'));
    RETURN hogql_day_of(m[1]::integer, m[2]::integer, m[3]::integer);
END $$;
"""

# What is no time is 1970-01-01, and a day over the month's end goes on into the next, as in ClickHouse.
MADE = """
CREATE FUNCTION hogql_make_date(year bigint, month bigint, day bigint) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN year BETWEEN 1970 AND 2149 AND month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31
            THEN hogql_day_of(year::integer, month::integer, day::integer) ELSE '1970-01-01'::date END;

CREATE FUNCTION hogql_make_date(year bigint, day bigint) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN year BETWEEN 1970 AND 2149 AND day BETWEEN 1 AND 366
                 AND day <= make_date(year::integer + 1, 1, 1) - make_date(year::integer, 1, 1)
            THEN make_date(year::integer, 1, 1) + (day - 1)::integer ELSE '1970-01-01'::date END;

CREATE FUNCTION hogql_make_time(
    year bigint, month bigint, day bigint, hour bigint, minute bigint, second bigint, fraction bigint,
    digits integer, zone text
) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN year BETWEEN 1900 AND 2299 AND month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31
                 AND hour BETWEEN 0 AND 99 AND minute BETWEEN 0 AND 99 AND second BETWEEN 0 AND 99
            THEN hogql_at(make_date(year::integer, month::integer, 1) + (day - 1)::integer
                          + make_interval(hours => hour::integer, mins => minute::integer,
                                          secs => second + least(greatest(fraction, 0), 10 ^ digits - 1)
                                                           / 10 ^ digits),
                          zone)
            ELSE to_timestamp(0) END;

CREATE FUNCTION hogql_parse_time(value text, pattern text, fields text[], zone text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    found text[] := regexp_match(value, pattern);
    parts jsonb;
    year integer;
    month integer;
    day integer;
    hour integer;
    minute integer;
    second integer;
BEGIN
    IF found IS NULL THEN
        RETURN NULL;
    END IF;
    parts := jsonb_object(fields, found);
    year := coalesce((parts ->> 'year')::integer, 2000 + (parts ->> 'recent')::integer,
                     1970 + ((parts ->> 'short')::integer + 30) % 100, 1970);
    month := coalesce((parts ->> 'month')::integer, nullif(hogql_month(lower(parts ->> 'name')), 0), 1);
    day := coalesce((parts ->> 'day')::integer, 1);
    hour := coalesce((parts ->> 'hour')::integer, (parts ->> 'half')::integer, 0);
    IF parts ? 'half' AND hour NOT BETWEEN 1 AND 12 THEN
        RETURN NULL;
    END IF;
    IF parts ? 'half' AND parts ? 'noon' THEN
        hour := hour % 12 + CASE WHEN lower(parts ->> 'noon') = 'pm' THEN 12 ELSE 0 END;
    END IF;
    minute := coalesce((parts ->> 'minute')::integer, 0);
    second := coalesce((parts ->> 'second')::integer, 0);
    IF year NOT BETWEEN 1970 AND 2105 OR month NOT BETWEEN 1 AND 12 OR day < 1 OR hour > 23
        OR minute > 59 OR second > 59
        OR day > extract(day FROM make_date(year, month, 1) + interval '1 month - 1 day') THEN
        RETURN NULL;
    END IF;
    RETURN hogql_at(make_date(year, month, day) + make_time(hour, minute, second), zone);
END $$;
"""

DROP = """
DROP FUNCTION hogql_parse_time; DROP FUNCTION hogql_make_time;
DROP FUNCTION hogql_make_date(bigint, bigint); DROP FUNCTION hogql_make_date(bigint, bigint, bigint);
DROP FUNCTION hogql_read_date; DROP FUNCTION hogql_read_plain; DROP FUNCTION hogql_day_of;
DROP FUNCTION hogql_read_time; DROP FUNCTION hogql_read_day; DROP FUNCTION hogql_month;
DROP FUNCTION hogql_clock; DROP FUNCTION hogql_datetime;
DROP FUNCTION hogql_week_number; DROP FUNCTION hogql_new_year_week;
DROP FUNCTION hogql_age_weeks; DROP FUNCTION hogql_day_start; DROP FUNCTION hogql_at;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0006_hogql_text_more")]
    operations = [migrations.RunSQL(ZONES + AGES + WEEKS + TEXTS + MADE, DROP)]
