"""Arithmetic, rounding, mathematics and bits: ClickHouse's types and values, also where PostgreSQL raises."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from tests.clickhouse import differences

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = r"""
5.5 % 2
-5.5 % 2
5.3 % 0.1
5 % -3
-5 % 3
5.5 % 0
5 % 2.5
-7.5 % 0.3
toInt8(-5) % toUInt8(3)
toInt64(5) % toInt16(3)
toUInt64(5) % toInt64(-3)
toUInt8(200) % toInt64(-3)
positiveModulo(-5, 3)
positiveModulo(-5.5, 3)
positiveModulo(5, -3)
positive_modulo(-5, 3)
pmod(-5, 3)
intDiv(5.5, 2)
intDiv(-7, 2)
intDiv(7, -2)
intDiv(7.9, 2.1)
intDiv(7, 0.5)
intDiv(toUInt8(200), toInt8(-3))
intDiv(toInt64(200), 3)
intDivOrZero(5, 0)
intDivOrZero(5.5, 0)
intDivOrZero(-7, 2)
intDivOrNull(5, 0)
intDivOrNull(5, 2)
moduloOrZero(5, 0)
moduloOrNull(5, 0)
moduloOrNull(5, 3)
divideOrNull(5, 0)
divideOrNull(5, 2)
divideOrNull(5., 0.)
positiveModuloOrNull(-5, 0)
1 / -0.0
-1 / 0
0 / 0
5.5 / 0
1e300 / 1e-300
1e-300 / 1e300
5e-324 / 1e-320
1e300 * 1e300
-1e300 * 1e300
1e308 + 1e308
-1e308 - 1e308
1e308 - 1e308
1e-300 * 1e-300
inf - inf
inf * 0
toUInt64(5) - toUInt64(7)
toUInt8(255) + toUInt8(1)
toUInt64(1) + toInt64(-1)
toUInt64(1) + toInt8(-2)
toUInt64(5) * toInt64(-2)
true + true
true + 1
-true
-toUInt64(5)
-(-128)
-toInt8(-128)
+5
- -5
abs(-5)
abs(toInt8(-128))
abs(true)
abs(-5.5)
abs(toFloat32(-5.5))
sign(-5)
sign(5.5)
sign(0)
sign(true)
sign(nan)
floor(5)
floor(-1.5)
floor(123.456, 2)
floor(123.456, -1)
floor(125, -1)
floor(-125, -1)
ceil(125, -1)
ceil(-125, -1)
ceil(toUInt8(255), -1)
round(125, -1)
round(135, -1)
round(-125, -1)
round(-12345, -2)
round(-12355, -1)
round(115, -1)
round(15, -1)
round(150, -2)
round(250, -2)
round(toUInt8(255), -1)
round(5, -1)
round(2.5)
round(0.125, 2)
round(2.675, 2)
round(1.005, 2)
round(123456.789, -2)
round(150.0, -2)
round(250.0, -2)
round(1234.5678, 15)
round(nan)
round(inf, 2)
round(5, 2)
round(toFloat32(1.25), 1)
trunc(-1.9)
trunc(123.456, 2)
trunc(-123.456, -1)
trunc(129, -1)
trunc(-129, -1)
truncate(1.9)
roundBankers(2.5)
roundBankers(25, -1)
roundBankers(35, -1)
roundBankers(0.125, 2)
roundBankers(15)
roundToExp2(100)
roundToExp2(5.5)
roundToExp2(-5.5)
roundToExp2(-5)
roundToExp2(0)
roundToExp2(0.3)
roundToExp2(1e300)
roundToExp2(1023.9999999999999)
roundDuration(100)
roundDuration(0)
roundDuration(0.5)
roundDuration(1e6)
roundDuration(59)
roundAge(15)
roundAge(0)
roundAge(17)
roundAge(18)
roundAge(24)
roundAge(25)
roundAge(35)
roundAge(45)
roundAge(54.5)
roundAge(55)
roundAge(99)
roundAge(17.5)
sqrt(-1)
sqrt(2)
log(0)
log(-1)
log(10)
ln(10)
log2(8)
log2(10)
log2(0)
log2(1e300)
log2(inf)
log10(1000)
log10(-1)
log1p(1e-10)
log1p(0.3)
log1p(-0.7)
log1p(100)
log1p(-1)
log1p(-2)
exp(1)
exp(1000)
exp(-1000)
exp(nan)
exp2(10)
exp2(2000)
exp2(-2000)
exp10(3)
exp10(400)
exp10(-3)
pow(0,-1)
pow(-8, 1/3)
pow(10, 400)
pow(-10, 401)
pow(-10, 400)
pow(10, -400)
pow(0, 0)
pow(2, 0.5)
pow(-2, 3)
pow(1, inf)
pow(2, inf)
pow(2, nan)
pow(nan, 0)
pow(1, nan)
pow(inf, -1)
pow(-inf, 3)
pow(0.5, inf)
pow(0.5, -2000)
power(2, 10)
cbrt(-27)
hypot(3, 4)
hypot(1e300, 1e300)
hypot(inf, nan)
hypot(0, 0)
asin(2)
asin(0.5)
acos(-2)
acos(0.5)
atan(inf)
atan2(1, -1)
sin(inf)
sin(1)
cos(nan)
tan(1)
sinh(1000)
sinh(1)
cosh(-1000)
tanh(0.5)
asinh(1)
acosh(0.5)
acosh(2)
atanh(1)
atanh(2)
atanh(-1)
atanh(0.3)
degrees(pi())
radians(180)
erf(0.5)
erfc(0.5)
erfc(30)
erfc(-5)
erfc(5)
sigmoid(0)
sigmoid(-1000)
factorial(5)
factorial(0)
factorial(-1)
factorial(20)
gcd(12, 18)
gcd(-12, 18)
lcm(4, 6)
lcm(-4, 6)
gcd(toInt64(4), toUInt8(2))
min2(1, 2)
max2(1, 2.5)
max2(1, 2)
greatest(1, 2.5)
greatest(1, NULL)
greatest('a', 'b')
greatest('a', 'B')
greatest(1, -1)
least(1, 2, -3)
least(NULL, 2)
greatest(toDate('2024-01-01'), toDateTime('2024-01-01 05:00:00'))
greatest(true, false)
bitAnd(5, 3)
bitAnd(-1, 3)
bitAnd(toUInt8(200), toInt8(-1))
bitAnd(toUInt64(5), toInt8(3))
bitOr(5, 256)
bitXor(5, 3)
bitXor(200, -1)
bitNot(5)
bitNot(toInt64(5))
bitNot(toInt8(5))
bitShiftLeft(1, 3)
bitShiftLeft(1, 8)
bitShiftLeft(toUInt8(255), 1)
bitShiftLeft(toInt8(100), 1)
bitShiftLeft(toInt64(1), 40)
bitShiftRight(16, 2)
bitShiftRight(-16, 2)
bitShiftLeft(1, 100)
bitShiftRight(-16, 100)
bitTest(5, 0)
bitTest(5, 1)
bitTestAll(5, 0, 2)
bitTestAny(5, 1, 2)
bitTestAny(5, 1, 3)
bitCount(5)
bitCount(-1)
bitCount(toInt16(-1))
bitCount(toInt64(-1))
bitHammingDistance(5, 3)
bitHammingDistance(5, -3)
width_bucket(5, 0, 10, 5)
widthBucket(5.5, 0, 10, 5)
width_bucket(-1, 0, 10, 5)
width_bucket(10, 0, 10, 5)
widthBucket(5.5, 0, 10, 1000)
isNaN(nan)
isNaN(1)
isFinite(inf)
isFinite(1)
isInfinite(-inf)
ifNotFinite(1/0, 5)
ifNotFinite(1.5, 5)
ifNotFinite(1, 5)
1e3
0x1F
0xff
0b101
1_000
1_0.5
5.
1e-400
inf
nan
NaN
Infinity
-inf
-INF
18446744073709551616
-9223372036854775808
-9223372036854775809
9223372036854775808
01
select sum(number % 3.5), sum(pow(number, 0.5)), sum(round(number / 7, 2)) from numbers(100)
select number, round(number * 12.345, 1), floor(number / -3) from numbers(20)
select intDiv(number, 3), number % 4, exp(number) from numbers(20)
"""

# ClickHouse throws, loses digits or wraps around where a bigint ends: an error here, never another number.
REFUSED = {
    "7 % 0": "data_does_not_fit",
    "intDiv(7, 0)": "data_does_not_fit",
    "1e300 % 7": "data_does_not_fit",
    "toInt64(9223372036854775807) + 1": "data_does_not_fit",
    "toUInt64(-1)": "data_does_not_fit",
    "factorial(21)": "data_does_not_fit",
    "round(1.5, number) from numbers(1)": "type_mismatch",
    "round(1.5, 30)": "type_mismatch",
    "bitAnd(1.5, 1)": "type_mismatch",
    "factorial(5.5)": "type_mismatch",
    "abs('a')": "type_mismatch",
    "lgamma(5)": "unknown_function",
    "0x1FFFFFFFFFFFFFFFFF": "bad_number",
}


def test_values_and_types_are_clickhouses(project: Project) -> None:
    assert differences(project, TEXTS.strip().splitlines()) == ""


@pytest.mark.parametrize("text", REFUSED)
def test_refused(project: Project, text: str) -> None:
    with pytest.raises(AgentryError) as refused:
        query.run(project, f"select {text}")
    assert refused.value.code == REFUSED[text]


def test_a_place_outside_a_number_has_no_bit(project: Project) -> None:
    """ClickHouse throws: NULL here."""
    result = query.run(project, "select bitTest(5, 9) as a, bitShiftLeft(1, -1) as b, gcd(0, 5) as c")
    assert result.rows == [(None, None, None)]
