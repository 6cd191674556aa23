"""Whole numbers above a bigint (hashes), and more hashes, for printed HogQL.

A UInt64 lies in a bigint, or in a numeric where it may be 2^63 or more: which, PostgreSQL knows by its type
when it chooses between functions of one name. For a bigint they do nothing, and PostgreSQL inlines them.
"""

from __future__ import annotations

from django.db import migrations

CREATE = """
-- A sum, product or difference cut to 64 bits. What overflows a bigint is PostgreSQL's error.
CREATE FUNCTION hogql_wrapped(n bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN n;

CREATE FUNCTION hogql_wrapped(n numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN mod(mod(n, 18446744073709551616) + 18446744073709551616, 18446744073709551616);

-- The same as a signed number: also the bits of a UInt64 in a bigint.
CREATE FUNCTION hogql_wrapped_signed(n bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN n;

CREATE FUNCTION hogql_wrapped_signed(n numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_low_bits(hogql_wrapped(n));

-- Bits as a UInt64 of the type that `model` has. A bigint cannot hold the highest one.
CREATE FUNCTION hogql_unsigned_like(model bigint, n bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_unsigned(n);

CREATE FUNCTION hogql_unsigned_like(model numeric, n bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_uint64(n);

CREATE FUNCTION hogql_shift_left(n bigint, places bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_unsigned(n << places::integer);

CREATE FUNCTION hogql_shift_left(n numeric, places bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_uint64(hogql_low_bits(n) << places::integer);

CREATE FUNCTION hogql_shift_right(n bigint, places bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN n >> places::integer;

CREATE FUNCTION hogql_shift_right(n numeric, places bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN places = 0 THEN n ELSE hogql_right64(hogql_low_bits(n), places::integer)::numeric END;

-- Of two floats as C++ compares them: where one is no number, the second.
CREATE FUNCTION hogql_greatest(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN a = 'NaN' THEN b ELSE greatest(a, b) END;

CREATE FUNCTION hogql_least(a double precision, b double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN b = 'NaN' THEN b ELSE least(a, b) END;

-- FIPS 180-4.
CREATE FUNCTION hogql_sha1(s bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    bits bytea := s || '\\x80' || decode(repeat('00', (119 - length(s) % 64) % 64), 'hex')
        || decode(lpad(to_hex(length(s)::bigint * 8), 16, '0'), 'hex');
    h bigint[] := ARRAY[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
    w bigint[];
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; x bigint;
    m bigint := 4294967295;
BEGIN
    FOR place IN 0 .. length(bits) / 64 - 1 LOOP
        FOR i IN 0 .. 15 LOOP
            x := place * 64 + i * 4;
            w[i] := (get_byte(bits, x::integer)::bigint << 24) | (get_byte(bits, x::integer + 1) << 16)
                | (get_byte(bits, x::integer + 2) << 8) | get_byte(bits, x::integer + 3);
        END LOOP;
        FOR i IN 16 .. 79 LOOP
            x := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
            w[i] := ((x << 1) & m) | (x >> 31);
        END LOOP;
        a := h[1]; b := h[2]; c := h[3]; d := h[4]; e := h[5];
        FOR i IN 0 .. 79 LOOP
            IF i < 20 THEN f := d # (b & (c # d)); k := 1518500249;
            ELSIF i < 40 THEN f := b # c # d; k := 1859775393;
            ELSIF i < 60 THEN f := (b & c) | (b & d) | (c & d); k := 2400959708;
            ELSE f := b # c # d; k := 3395469782;
            END IF;
            x := ((((a << 5) & m) | (a >> 27)) + f + e + k + w[i]) & m;
            e := d; d := c; c := ((b << 30) & m) | (b >> 2); b := a; a := x;
        END LOOP;
        h := ARRAY[(h[1] + a) & m, (h[2] + b) & m, (h[3] + c) & m, (h[4] + d) & m, (h[5] + e) & m];
    END LOOP;
    RETURN decode((SELECT string_agg(lpad(to_hex(x.n), 8, '0'), '' ORDER BY x.i)
        FROM unnest(h) WITH ORDINALITY AS x(n, i)), 'hex');
END $$;

-- ClickHouse's intHash64: MurmurHash3's last steps (Appleby, public domain) with a seed.
CREATE FUNCTION hogql_int_hash(n bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    h bigint := n # 5544725790478674055;
BEGIN
    h := hogql_times64(h # hogql_right64(h, 33), -49064778989728563);
    h := hogql_times64(h # hogql_right64(h, 33), -4265267296055464877);
    RETURN h # hogql_right64(h, 33);
END $$;

-- A whole number's bytes, the lowest first.
CREATE FUNCTION hogql_little(n bigint, size integer) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN decode((SELECT string_agg(lpad(to_hex((n >> 8 * i) & 255), 2, '0'), '' ORDER BY i)
    FROM generate_series(0, size - 1) AS i), 'hex');

-- SipHash-2-4 with a key of zeros (Aumasson, Bernstein).
CREATE FUNCTION hogql_sip_round(v bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    a bigint := v[1]; b bigint := v[2]; c bigint := v[3]; d bigint := v[4];
BEGIN
    a := hogql_plus64(a, b); b := hogql_turn64(b, 51) # a; a := hogql_turn64(a, 32);
    c := hogql_plus64(c, d); d := hogql_turn64(d, 48) # c;
    a := hogql_plus64(a, d); d := hogql_turn64(d, 43) # a;
    c := hogql_plus64(c, b); b := hogql_turn64(b, 47) # c; c := hogql_turn64(c, 32);
    RETURN ARRAY[a, b, c, d];
END $$;

CREATE FUNCTION hogql_sip(s bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v bigint[] := ARRAY[8317987319222330741, 7237128888997146477, 7816392313619706465, 8387220255154660723];
    whole integer := length(s) / 8 * 8;
    word bigint;
BEGIN
    FOR place IN 0 .. length(s) / 8 LOOP
        IF place * 8 < whole THEN
            word := hogql_fetch(s, place * 8, 8);
        ELSE
            word := coalesce(hogql_fetch(s, whole, length(s) - whole), 0) | ((length(s) % 256)::bigint << 56);
        END IF;
        v[4] := v[4] # word;
        v := hogql_sip_round(hogql_sip_round(v));
        v[1] := v[1] # word;
    END LOOP;
    v[3] := v[3] # 255;
    v := hogql_sip_round(hogql_sip_round(hogql_sip_round(hogql_sip_round(v))));
    RETURN v[1] # v[2] # v[3] # v[4];
END $$;

-- XXH64 with the seed 0 (xxHash's specification). The primes are those of 64 bits, as bigints.
CREATE FUNCTION hogql_xx_lane(lane bigint, word bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hogql_times64(hogql_turn64(hogql_plus64(lane, hogql_times64(word, -4417276706812531889)), 33),
    -7046029288634856825);

CREATE FUNCTION hogql_xx(s bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    p1 bigint := -7046029288634856825; p2 bigint := -4417276706812531889; p3 bigint := 1609587929392839161;
    p4 bigint := -8796714831421723037; p5 bigint := 2870177450012600261;
    v bigint[] := ARRAY[hogql_plus64(p1, p2), p2, 0, 7046029288634856825];
    place integer := 0;
    h bigint;
BEGIN
    WHILE place + 32 <= length(s) LOOP
        FOR i IN 1 .. 4 LOOP
            v[i] := hogql_xx_lane(v[i], hogql_fetch(s, place, 8));
            place := place + 8;
        END LOOP;
    END LOOP;
    IF length(s) >= 32 THEN
        h := hogql_plus64(hogql_plus64(hogql_turn64(v[1], 63), hogql_turn64(v[2], 57)),
            hogql_plus64(hogql_turn64(v[3], 52), hogql_turn64(v[4], 46)));
        FOR i IN 1 .. 4 LOOP
            h := hogql_plus64(hogql_times64(h # hogql_xx_lane(0, v[i]), p1), p4);
        END LOOP;
    ELSE
        h := p5;
    END IF;
    h := hogql_plus64(h, length(s));
    WHILE place + 8 <= length(s) LOOP
        h := h # hogql_xx_lane(0, hogql_fetch(s, place, 8));
        h := hogql_plus64(hogql_times64(hogql_turn64(h, 37), p1), p4);
        place := place + 8;
    END LOOP;
    IF place + 4 <= length(s) THEN
        h := h # hogql_times64(hogql_fetch(s, place, 4), p1);
        h := hogql_plus64(hogql_times64(hogql_turn64(h, 41), p2), p3);
        place := place + 4;
    END IF;
    WHILE place < length(s) LOOP
        h := hogql_times64(hogql_turn64(h # hogql_times64(get_byte(s, place), p5), 53), p1);
        place := place + 1;
    END LOOP;
    h := hogql_times64(h # hogql_right64(h, 33), p2);
    h := hogql_times64(h # hogql_right64(h, 29), p3);
    RETURN h # hogql_right64(h, 32);
END $$;
"""
DROP = """
DROP FUNCTION hogql_int_hash; DROP FUNCTION hogql_little;
DROP FUNCTION hogql_xx; DROP FUNCTION hogql_xx_lane; DROP FUNCTION hogql_sip; DROP FUNCTION hogql_sip_round;
DROP FUNCTION hogql_sha1; DROP FUNCTION hogql_least; DROP FUNCTION hogql_greatest;
DROP FUNCTION hogql_shift_right(numeric, bigint); DROP FUNCTION hogql_shift_right(bigint, bigint);
DROP FUNCTION hogql_shift_left(numeric, bigint); DROP FUNCTION hogql_shift_left(bigint, bigint);
DROP FUNCTION hogql_unsigned_like(numeric, bigint); DROP FUNCTION hogql_unsigned_like(bigint, bigint);
DROP FUNCTION hogql_wrapped_signed(numeric); DROP FUNCTION hogql_wrapped_signed(bigint);
DROP FUNCTION hogql_wrapped(numeric); DROP FUNCTION hogql_wrapped(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0010_property_types_since")]
    operations = [migrations.RunSQL(CREATE, DROP)]
