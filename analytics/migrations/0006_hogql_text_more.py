"""Text as ClickHouse counts it: in bytes unless a name ends in UTF8, pieces, places, and codes.

Where ClickHouse would cut a character in two, and where it throws for a value, these raise a data exception
(a text that is no number, bytes that are no text), which the API answers with 422.
"""

import re

from django.db import migrations

FUNCTIONS = r"""
CREATE FUNCTION hogql_within(n bigint, most bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN n BETWEEN 0 AND most THEN n WHEN n IS NOT NULL THEN (n || ' is out of range')::bigint END;

-- Letters whose capital is more than one letter: ClickHouse writes it out, PostgreSQL keeps the letter.
CREATE FUNCTION hogql_upper(s text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(s) > char_length(s) AND s ~ (
    '[\u0149\u01F0\u0390\u03B0\u0587\u1E96-\u1E9A\u1F50\u1F52\u1F54\u1F56\u1F80-\u1FAF' ||
    '\u1FB2-\u1FB4\u1FB6-\u1FB7\u1FBC\u1FC2-\u1FC4\u1FC6-\u1FC7\u1FCC\u1FD2-\u1FD3' ||
    '\u1FD6-\u1FD7\u1FE2-\u1FE4\u1FE6-\u1FE7\u1FF2-\u1FF4\u1FF6-\u1FF7\u1FFC\uFB00-\uFB06' ||
    '\uFB13-\uFB17]')
    THEN (s || ' has a letter without one capital')::bigint::text
    ELSE upper(replace(s, U&'\00DF', 'SS')) END;

CREATE FUNCTION hogql_lower(s text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(s) > char_length(s) AND s ~ '[\u0130\u03A3]'
    THEN lower(replace(regexp_replace(s, '(?<=[[:alpha:]])\u03A3(?![[:alpha:]])', U&'\03C2', 'g'),
                       U&'\0130', U&'i\0307'))
    ELSE lower(s) END;

CREATE FUNCTION hogql_clamped(n bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(least(n, 2147483647), -2147483647)::integer;

CREATE FUNCTION hogql_ascii(s text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(s) = char_length(s) THEN s
            WHEN s IS NOT NULL THEN (s || ' is not ASCII')::bigint::text END;

CREATE OR REPLACE FUNCTION hogql_substring(s text, start bigint, length bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN start = 0 THEN left(s, 0)
    WHEN start > 0 THEN substr(s, least(start, 2147483647)::integer, greatest(0, least(2147483647,
        CASE WHEN length < 0 THEN char_length(s) + length - start + 1 ELSE length END))::integer)
    ELSE substr(s, greatest(char_length(s) + start + 1, 1)::integer, greatest(0, least(2147483647,
        CASE WHEN length < 0 THEN char_length(s) + length ELSE char_length(s) + start + length END
        - greatest(char_length(s) + start, 0)))::integer) END;

CREATE OR REPLACE FUNCTION hogql_substring_bytes(s text, start bigint, length bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN octet_length(s) = char_length(s) THEN hogql_substring(s, start, length)
    WHEN start = 0 THEN left(s, 0)
    WHEN start > 0 THEN convert_from(substring(convert_to(s, 'UTF8') FROM least(start, 2147483647)::integer
        FOR greatest(0, least(2147483647,
            CASE WHEN length < 0 THEN octet_length(s) + length - start + 1 ELSE length END))::integer),
        'UTF8')
    ELSE convert_from(substring(convert_to(s, 'UTF8') FROM greatest(octet_length(s) + start + 1, 1)::integer
        FOR greatest(0, least(2147483647,
            CASE WHEN length < 0 THEN octet_length(s) + length ELSE octet_length(s) + start + length END
            - greatest(octet_length(s) + start, 0)))::integer), 'UTF8') END;

CREATE OR REPLACE FUNCTION hogql_right(s text, n bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN n < 0 THEN hogql_substring_bytes(s, 1 - n, 2147483647)
            WHEN n = 0 THEN left(s, 0) ELSE hogql_substring_bytes(s, -least(n, octet_length(s)), n) END;

CREATE FUNCTION hogql_pad(s text, n bigint, fill text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_substring_bytes(
    repeat(fill, ((hogql_within(n, 1000000) - octet_length(s)) / octet_length(fill) + 1)::integer),
    1, greatest(n - octet_length(s), 0));

CREATE FUNCTION hogql_position(s text, part text, start bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN start > octet_length(s) + 1 THEN 0
    WHEN position(convert_to(part, 'UTF8')
                  IN substring(convert_to(s, 'UTF8') FROM greatest(start, 1)::integer)) = 0 THEN 0
    ELSE position(convert_to(part, 'UTF8')
                  IN substring(convert_to(s, 'UTF8') FROM greatest(start, 1)::integer))
         + greatest(start, 1) - 1 END;

CREATE FUNCTION hogql_position_utf8(s text, part text, start bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN start > char_length(s) + 1 OR position(part IN substr(s, greatest(start, 1)::integer)) = 0 THEN 0
    ELSE position(part IN substr(s, greatest(start, 1)::integer)) + greatest(start, 1) - 1 END;

-- A LIKE pattern of the data: a backslash before what needs none is one of the text's.
CREATE FUNCTION hogql_like(pattern text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN position('\' IN pattern) = 0 THEN pattern ELSE
    replace(regexp_replace(replace(pattern, '\\', E'\x01'), '\\(?![%_])', '\\\\', 'g'), E'\x01', '\\') END;

CREATE FUNCTION hogql_count(s text, part text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN part = '' THEN char_length(s) * 0
            ELSE (char_length(s) - char_length(replace(s, part, ''))) / char_length(part) END;

CREATE FUNCTION hogql_split(s text, separator text, most bigint) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN coalesce(s, '') = '' THEN CASE WHEN separator = '' THEN '{}'::text[] ELSE ARRAY[''] END
    WHEN most > 0 THEN
        (string_to_array(s, nullif(separator, '')))[1:least(most, 2147483647)::integer]
    ELSE string_to_array(s, nullif(separator, '')) END;

CREATE FUNCTION hogql_words(s text, separators text, most bigint) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (array_remove(regexp_split_to_array(coalesce(s, ''), separators), ''))
       [1:CASE WHEN most > 0 THEN least(most, 2147483647) ELSE 2147483647 END::integer];

CREATE FUNCTION hogql_ngrams(s text, n bigint) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT substr(s, i, n::integer) FROM generate_series(1, (char_length(s) - n + 1)::integer) AS i
             ORDER BY i);

CREATE FUNCTION hogql_substring_index(s text, separator text, n bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN n = 0 THEN left(s, 0)
    WHEN n > 0 THEN array_to_string(
        (string_to_array(s, separator))[1:least(n, 2147483647)::integer], separator, '')
    ELSE array_to_string((string_to_array(s, separator))
        [greatest(cardinality(string_to_array(s, separator)) + n + 1, 1)::integer:2147483647], separator)
    END;

CREATE FUNCTION hogql_low_bits(n numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (CASE WHEN n >= 9223372036854775808 THEN n - 18446744073709551616 ELSE n END)::bigint;

CREATE FUNCTION hogql_uint64(n bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN n < 0 THEN n + 18446744073709551616 ELSE n::numeric END;

-- A number of so many bits: a negative one shows them all.
CREATE FUNCTION hogql_hex(n numeric, bits integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN n < 0 THEN right(upper(to_hex(n::bigint)), bits / 4)
            ELSE left('0', length(to_hex(hogql_low_bits(n))) % 2) || upper(to_hex(hogql_low_bits(n))) END;

CREATE FUNCTION hogql_bin(n numeric, bits integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || hogql_hex(n, bits))::varbit::text;

CREATE FUNCTION hogql_unhex(s text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN convert_from(decode(left('0', length(s) % 2) || s, 'hex'), 'UTF8');

-- base64 without white space, if it is some; without `quiet` all that is not NULL, for decode() to refuse.
CREATE FUNCTION hogql_base64(s text, quiet boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN translate(s, E' \t\n\r\f', '')
                 ~ '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
            THEN translate(s, E' \t\n\r\f', '') WHEN quiet THEN NULL WHEN s IS NOT NULL THEN '!' END;

CREATE FUNCTION hogql_escape_url(s text, kept text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN s ~ '[^A-Za-z0-9_.~-]' THEN
    (SELECT string_agg(CASE WHEN c ~ '[A-Za-z0-9_.~-]' OR c = kept THEN c ELSE regexp_replace(
                           upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') END,
                       '' ORDER BY i)
     FROM string_to_table(s, NULL) WITH ORDINALITY AS letter(c, i)) ELSE s END;

-- Behind a % that escapes nothing ClickHouse passes over two bytes.
CREATE FUNCTION hogql_unescape_url(s text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN s ~ '%[0-9A-Fa-f]{2}' THEN
    (SELECT convert_from(string_agg(CASE WHEN part ~ '^%[0-9A-Fa-f]{2}$' THEN decode(substr(part, 2), 'hex')
                                         ELSE convert_to(part, 'UTF8') END, ''::bytea ORDER BY i), 'UTF8')
     FROM regexp_matches(s, '%(?:[^\u0001-\u007F]|[\u0001-\u007F].)|[^%]+|%', 'g')
          WITH ORDINALITY AS piece(parts, i), LATERAL (SELECT parts[1]) AS one(part)) ELSE s END;

CREATE FUNCTION hogql_unescape_xml(s text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN position('&' IN s) = 0 THEN s ELSE
    (SELECT string_agg(CASE parts[1] WHEN '&lt;' THEN '<' WHEN '&gt;' THEN '>' WHEN '&amp;' THEN '&'
                                     WHEN '&quot;' THEN '"' WHEN '&apos;' THEN chr(39) ELSE
                           CASE WHEN parts[1] ~ '^&#[0-9]+;' THEN chr(btrim(parts[1], '&#;')::integer)
                                WHEN parts[1] ~ '^&#[xX]' THEN
                                    chr(('x' || lpad(btrim(parts[1], '&#xX;'), 8, '0'))::bit(32)::integer)
                                ELSE parts[1] END END, '' ORDER BY i)
     FROM regexp_matches(s, '&(?:lt|gt|amp|quot|apos|#[0-9]{1,6}|#[xX][0-9A-Fa-f]{1,5});|[^&]+|&', 'g')
          WITH ORDINALITY AS piece(parts, i)) END;

-- The host: behind // or a scheme of up to 13 letters, before : / ? #, behind the last @; '' without a dot,
-- or with one at its end, or with a sign that no URL has.
CREATE FUNCTION hogql_behind_scheme(url text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN starts_with(url, '//') THEN substr(url, 3)
            WHEN url ~ '^[\u0001-\u007F][A-Za-z0-9.+-]{0,14}[] \u0009<>%{}|\u005C^~[;=&]' THEN ''
            ELSE regexp_replace(url, '^[\u0001-\u007F][A-Za-z0-9.+-]{0,12}://', '') END;

CREATE FUNCTION hogql_domain(url text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT CASE WHEN before ~ '[.].' AND before !~ '[.]$|[] \u0009<>%{}|\u005C^~[;=&]'
                    THEN regexp_replace(before, '^.*@', '') ELSE left(before, 0) END
        FROM (SELECT substring(hogql_behind_scheme(url) FROM '^[^:/?#]*')) AS host(before));

CREATE FUNCTION hogql_port(url text, absent bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT CASE WHEN digits <> '' AND digits::numeric <= 65535 AND hogql_domain(url) <> ''
                    THEN digits::bigint WHEN url IS NOT NULL THEN absent END
        FROM (SELECT substring(hogql_behind_scheme(url) FROM '^[^:/?#]*:([0-9]*)(?:/|$)')) AS port(digits));

CREATE FUNCTION hogql_path(url text, till text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN url ~ '^[^/]*//' THEN coalesce(substring(url FROM '^[^/]*//[^/]*(/' || till || ')'), '')
            WHEN url IS NOT NULL THEN coalesce(substring(url FROM '^[^/]*(/' || till || ')'), '') END;

CREATE FUNCTION hogql_is_ipv4(s text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN s ~ '^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.|$)){4}$' AND s ~ '[0-9]$';

CREATE FUNCTION hogql_ipv4(s text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN hogql_is_ipv4(s) THEN s WHEN s IS NOT NULL THEN '' END;

CREATE FUNCTION hogql_crc32(s bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    crc bigint := 4294967295;
BEGIN
    FOR i IN 0 .. length(s) - 1 LOOP
        crc := crc # get_byte(s, i);
        FOR bit IN 1 .. 8 LOOP
            crc := (crc >> 1) # (3988292384 * (crc & 1));
        END LOOP;
    END LOOP;
    RETURN crc # 4294967295;
END $$;

-- Arithmetic of 64 bits, in bigints that stand for UInt64.
CREATE FUNCTION hogql_plus64(a bigint, b bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_low_bits((hogql_uint64(a) + hogql_uint64(b)) % 18446744073709551616);

CREATE FUNCTION hogql_times64(a bigint, b bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_low_bits((hogql_uint64(a) * hogql_uint64(b)) % 18446744073709551616);

CREATE FUNCTION hogql_right64(a bigint, n integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (a >> n) & ((1::bigint << (64 - n)) - 1);

CREATE FUNCTION hogql_turn64(a bigint, n integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_right64(a, n) | (a << (64 - n));

CREATE FUNCTION hogql_mix64(a bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN a # hogql_right64(a, 47);

-- `size` bytes from `place` on, the lowest first.
CREATE FUNCTION hogql_fetch(s bytea, place integer, size integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT bit_or(get_byte(s, place + i)::bigint << (8 * i)) FROM generate_series(0, size - 1) AS i);

CREATE FUNCTION hogql_city_pair(u bigint, v bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    a bigint := hogql_mix64(hogql_times64(u # v, (-7070675565921424023)));
    b bigint := hogql_mix64(hogql_times64(v # a, (-7070675565921424023)));
BEGIN
    RETURN hogql_times64(b, (-7070675565921424023));
END $$;

CREATE FUNCTION hogql_city_part(s bytea, start integer, last integer, seed bigint, OUT f bigint, OUT g bigint)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    z bigint := hogql_fetch(s, last + 24, 8);
    a bigint := hogql_plus64(hogql_fetch(s, start, 8), seed);
    b bigint := hogql_turn64(hogql_plus64(a, z), 52);
    c bigint := hogql_turn64(a, 37);
BEGIN
    a := hogql_plus64(a, hogql_fetch(s, last + 8, 8));
    c := hogql_plus64(c, hogql_turn64(a, 7));
    a := hogql_plus64(a, hogql_fetch(s, last + 16, 8));
    f := hogql_plus64(a, z);
    g := hogql_plus64(hogql_plus64(b, hogql_turn64(a, 31)), c);
END $$;

CREATE FUNCTION hogql_city_weak(s bytea, place integer, a bigint, b bigint, OUT f bigint, OUT g bigint)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    c bigint := hogql_plus64(a, hogql_fetch(s, place, 8));
    z bigint := hogql_fetch(s, place + 24, 8);
    d bigint := hogql_turn64(hogql_plus64(hogql_plus64(b, c), z), 21);
    e bigint := hogql_plus64(hogql_plus64(c, hogql_fetch(s, place + 8, 8)), hogql_fetch(s, place + 16, 8));
BEGIN
    f := hogql_plus64(e, z);
    g := hogql_plus64(hogql_plus64(d, hogql_turn64(e, 44)), c);
END $$;

-- CityHash64 1.0.2 (Google, MIT licence), which ClickHouse keeps.
CREATE FUNCTION hogql_city(s bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    n integer := length(s);
    k0 bigint := -4348849565147123417;
    k1 bigint := -5435081209227447693;
    k2 bigint := -7286425919675154353;
    k3 bigint := -3942382747735136937;
    a bigint; b bigint; c bigint; d bigint;
    v record; w record;
    place integer := 0;
BEGIN
    IF n = 0 THEN
        RETURN k2;
    ELSIF n <= 3 THEN
        a := get_byte(s, 0) + (get_byte(s, n / 2) << 8);
        b := n + (get_byte(s, n - 1) << 2);
        RETURN hogql_times64(hogql_mix64(hogql_times64(a, k2) # hogql_times64(b, k3)), k2);
    ELSIF n <= 8 THEN
        RETURN hogql_city_pair(n + (hogql_fetch(s, 0, 4) << 3), hogql_fetch(s, n - 4, 4));
    ELSIF n <= 16 THEN
        b := hogql_fetch(s, n - 8, 8);
        RETURN hogql_city_pair(hogql_fetch(s, 0, 8), hogql_turn64(hogql_plus64(b, n), n)) # b;
    ELSIF n <= 32 THEN
        a := hogql_times64(hogql_fetch(s, 0, 8), k1);
        b := hogql_fetch(s, 8, 8);
        c := hogql_times64(hogql_fetch(s, n - 8, 8), k2);
        d := hogql_times64(hogql_fetch(s, n - 16, 8), k0);
        RETURN hogql_city_pair(
            hogql_plus64(hogql_plus64(hogql_turn64(hogql_plus64(a, hogql_plus64(~b, 1)), 43),
                                      hogql_turn64(c, 30)), d),
            hogql_plus64(hogql_plus64(hogql_plus64(a, hogql_turn64(b # k3, 20)), hogql_plus64(~c, 1)), n));
    ELSIF n <= 64 THEN
        a := hogql_times64(hogql_plus64(n, hogql_fetch(s, n - 16, 8)), k0);
        v := hogql_city_part(s, 0, 0, a);
        w := hogql_city_part(s, 16, n - 32, hogql_fetch(s, n - 32, 8));
        a := hogql_mix64(hogql_plus64(hogql_times64(hogql_plus64(v.f, w.g), k2),
                                      hogql_times64(hogql_plus64(w.f, v.g), k0)));
        RETURN hogql_times64(hogql_mix64(hogql_plus64(hogql_times64(a, k0), v.g)), k2);
    END IF;
    b := hogql_fetch(s, n - 16, 8) # k1;
    c := hogql_fetch(s, n - 56, 8) # k0;
    v := hogql_city_weak(s, n - 64, n, b);
    w := hogql_city_weak(s, n - 32, hogql_times64(n, k1), k0);
    c := hogql_plus64(c, hogql_times64(hogql_mix64(v.g), k1));
    a := hogql_times64(hogql_turn64(hogql_plus64(c, hogql_fetch(s, 0, 8)), 39), k1);
    b := hogql_times64(hogql_turn64(b, 33), k1);
    WHILE place < (n - 1) / 64 * 64 LOOP
        d := hogql_plus64(hogql_plus64(a, b), hogql_plus64(v.f, hogql_fetch(s, place + 16, 8)));
        a := hogql_times64(hogql_turn64(d, 37), k1) # w.g;
        d := hogql_plus64(hogql_plus64(b, v.g), hogql_fetch(s, place + 48, 8));
        b := hogql_times64(hogql_turn64(d, 42), k1) # v.f;
        c := hogql_turn64(c # w.f, 33);
        v := hogql_city_weak(s, place, hogql_times64(v.g, k1), hogql_plus64(a, w.f));
        w := hogql_city_weak(s, place + 32, hogql_plus64(c, w.g), b);
        d := a;
        a := c;
        c := d;
        place := place + 64;
    END LOOP;
    d := hogql_plus64(hogql_city_pair(v.f, w.f), hogql_times64(hogql_mix64(b), k1));
    RETURN hogql_city_pair(hogql_plus64(d, c), hogql_plus64(hogql_city_pair(v.g, w.g), a));
END $$;
"""

NEW = re.findall(r"CREATE FUNCTION (\w+)", FUNCTIONS)
DROP = "".join(f"DROP FUNCTION {name};" for name in reversed(NEW))


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_property_number")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
