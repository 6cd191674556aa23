"""Conversions, casts, conditions: ClickHouse's types and values; what it throws at is NULL or refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from analytics.hogql.type_names import parse_type
from tests.clickhouse import differences
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

CONVERSIONS = r"""
toInt8(300)
toUInt8(-1)
toInt8(300.7)
toInt8(1000.5)
toUInt8(1000.5)
toInt64(2.9)
toInt64(-2.9)
toInt64('12')
toInt64('+12')
toInt64('-0')
toInt8OrZero('300')
toInt8OrNull('300')
toInt8OrZero('127')
toInt8OrZero('128')
toInt8OrNull('-128')
toInt8OrNull('-129')
toUInt8OrZero('-1')
toUInt8OrNull('-1')
toUInt8OrNull('+1')
toInt64OrZero('1e3')
toInt64OrNull('12.0')
toInt64OrNull('99999999999999999999')
toInt64OrNull('9223372036854775807')
toInt64OrNull('-9223372036854775808')
toInt64OrZero('9223372036854775808')
toInt64OrDefault('abc')
toInt64OrDefault('abc', toInt64(5))
toInt64OrDefault('12', toInt64(5))
toInt64OrDefault(300.5)
toInt64OrDefault(300.0)
toInt8OrDefault(300)
toUInt8OrDefault(300, toUInt8(7))
toInt32OrDefault(toNullable('x'))
toFloat64OrDefault(toNullable('x'), 1.5)
toInt64OrZero(toNullable('a'))
toInt64OrNull(toNullable('a'))
toFloat64('1.5')
toFloat64('.5')
toFloat64('5.')
toFloat64('1e3')
toFloat64('1e400')
toFloat64OrNull('1e400')
toFloat64OrNull('-1e400')
toFloat64OrNull('1e-400')
toFloat64OrNull('inf')
toFloat64OrNull('Inf')
toFloat64OrNull('INFINITY')
toFloat64OrNull('infinity')
toFloat64OrNull('nan')
toFloat64OrNull('NaN')
toFloat64OrNull('-nan')
toFloat64OrNull('+inf')
toFloat64OrNull('-inf')
toFloat64OrNull('0x1F')
toFloat64OrNull('1_000')
toFloat64OrNull('1,5')
toFloat64OrNull('')
toFloat64OrNull('+')
toFloat64OrNull('-')
toFloat64OrNull('+1.5')
toFloat64OrNull('--1')
toFloat64OrNull('1e')
toFloat64OrNull('1e+')
toFloat64OrNull('1E5')
toFloat64OrNull('e5')
toFloat64OrNull('.')
toFloat64OrNull('1e5.5')
toFloat64OrNull(' 1')
toFloat64OrNull('1 ')
toFloat64OrNull('1\n')
toFloat64OrZero('abc')
toFloat64OrZero('1.5')
toFloat64OrDefault('abc')
toFloat64OrDefault('abc', 1.5)
toFloat32(0.1)
toFloat32(16777217)
toFloat32(1e40)
toFloat32(-1e40)
toFloat32(1e-50)
toFloat32(nan)
toFloat32OrZero('1e40')
toFloat32OrNull('0.1')
toFloat64(toFloat32(0.1))
toFloat32(0.1) + 1
toFloat32(0.1) * 2
toFloat32(0.5) + toFloat32(0.25)
toString(toFloat32(0.1))
toFloat32(1)/3
toInt64(true)
toInt64(toDate('2024-01-02'))
toInt64(toDateTime('2024-01-02 03:04:05'))
toUInt8(toDateTime('2024-01-02 03:04:05'))
toInt16(toDate('2024-01-02'))
toFloat64(toDate('2024-01-02'))
toInt64OrNull('true')
toInt64OrNull('-')
toInt64OrNull('+')
toInt64OrNull('')
toInt64OrNull('0012')
toInt64OrNull('--1')
toInt64OrNull('+-1')
toInt64OrNull('0x10')
toInt64OrNull('1_000')
toInt64OrNull('12 ')
toInt64OrNull('12\n')
toUInt8OrNull('-0')
toUInt8OrNull('')
toUInt64OrNull('18446744073709551616')
toUInt64OrNull('-0')
toString(12)
toString(1.5)
toString(1e20)
toString(1e21)
toString(1e22)
toString(1e-4)
toString(1e-5)
toString(1e-6)
toString(1e-7)
toString(9.99e-7)
toString(0.1+0.2)
toString(-0.0)
toString(0.0)
toString(inf)
toString(-inf)
toString(nan)
toString(123456789012345680000.0)
toString(1234567890123456789012.0)
toString(1.5e300)
toString(1.5e-300)
toString(0.00001234)
toString(0.000001234)
toString(0.0000001234)
toString(100000.0)
toString(1e15)
toString(1e16)
toString(1.0)
toString(-1.5e-10)
toString(2/3)
toString(1e100)
toString(true)
toString(1=1)
toString(toDate('2024-01-02'))
toString(toDateTime('2024-01-02 03:04:05'))
toString(toNullable(5))
toString(toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'))
toString(toFloat32(1e20))
toString(toFloat32(1e21))
toString(toFloat32(16777216))
toString(toFloat32(3.4e38))
toString(toFloat32(1e-5))
toString(-5)
toString('x')
toBool('true')
toBool('1')
toBool('TRUE')
toBool('0')
toBool('false')
toBool(2)
toBool(0)
toBool(0.5)
toBool(-1)
toBool(nan)
toUUID('61F0C404-5cb3-11e7-907b-a6006ad3dba0')
toUUIDOrNull('abc')
toUUIDOrNull('61f0c4045cb311e7907ba6006ad3dba0')
toUUIDOrZero('abc')
toUUIDOrDefault('abc')
toUUIDOrDefault('abc', toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'))
toUUIDOrNull('{61f0c404-5cb3-11e7-907b-a6006ad3dba0}')
toUUIDOrNull('61f0c404-5cb3-11e7-907b-a6006ad3dba0 ')
toUUIDOrNull('61f0c404-5cb3-11e7-907b-a6006ad3dbag')
toUUIDOrNull('61f0c404_5cb3_11e7_907b_a6006ad3dba0')
toUUIDOrNull('61f0c404-5cb311e7-907b-a6006ad3dba0')
CAST('1' AS Int32)
CAST('1', 'Nullable(Int32)')
CAST('abc', 'Nullable(Int32)')
CAST(NULL, 'Nullable(Int32)')
CAST(1 AS String)
CAST(1.5 AS Int8)
CAST(300 AS UInt8)
CAST(300 AS Nullable(UInt8))
'5'::Int64
5::String
toNullable('5')::Nullable(Int64)
CAST(1, 'LowCardinality(String)')
CAST(1, 'Bool')
CAST('true', 'Bool')
CAST(5 AS Nullable(String))
CAST(1 AS INTEGER)
CAST(1 AS INT)
CAST(1 AS BIGINT)
CAST(1 AS SMALLINT)
CAST(1 AS TINYINT)
CAST(1 AS DOUBLE)
CAST(1 AS FLOAT)
CAST(1 AS REAL)
CAST(1 AS TEXT)
CAST(1 AS VARCHAR)
CAST(1 AS CHAR)
CAST(1 AS BOOLEAN)
CAST(1 AS bool)
CAST(1 AS int)
CAST(1 AS String(10))
CAST(1 AS BIGINT UNSIGNED)
CAST(1 AS DOUBLE PRECISION)
CAST('2024-01-02', 'Date')
CAST('2024-01-02' AS date)
CAST('2024-01-02 03:04:05', 'DateTime')
CAST('2024-01-02 03:04:05.678', 'DateTime64(3)')
CAST('2024-01-02 03:04:05.678', 'DateTime64(3, \'Europe/Berlin\')')
CAST('', 'Nullable(Int64)')
CAST('300', 'Nullable(UInt8)')
CAST('1.9', 'Nullable(Int64)')
CAST(1, ' Nullable( Int64 ) ')
CAST(toDate('2024-01-01'), 'String')
accurateCastOrNull(300, 'Int8')
accurateCastOrNull(127, 'Int8')
accurateCastOrNull(1.5, 'Int8')
accurateCastOrNull('abc', 'Int8')
accurateCastOrNull('5', 'Int8')
accurateCastOrNull(5, 'String')
accurateCastOrNull(2.9,'Int64')
accurateCastOrNull(3.0,'Int64')
accurateCastOrNull('2.9','Int64')
accurateCastOrNull(toDateTime('2024-01-02 03:04:05'),'Int64')
accurateCastOrNull(true,'Float64')
accurateCastOrNull('1.5','Float64')
accurateCastOrNull('1e400','Float64')
accurateCastOrNull(9007199254740993,'Float64')
accurateCastOrNull(inf,'Int64')
accurateCastOrNull(nan,'Int64')
accurateCastOrNull('abc','Bool')
accurateCastOrNull(2,'Bool')
accurateCastOrNull('true','Bool')
accurateCastOrNull('300', 'Int8')
accurateCastOrNull('-1', 'UInt8')
toTypeName(1)
toTypeName('a')
toTypeName(toNullable(1))
toTypeName([1,2])
toTypeName(NULL)
toNullable(5)
assumeNotNull(toNullable(5))
materialize(5)
identity(5)
toLowCardinality('a')
formatReadableSize(0)
formatReadableSize(1)
formatReadableSize(1023)
formatReadableSize(1024)
formatReadableSize(1500000)
formatReadableSize(-1500000)
formatReadableSize(1e20)
formatReadableSize(1e30)
formatReadableSize(1.5)
formatReadableSize(-0.5)
formatReadableSize(0.125)
formatReadableSize(0.375)
formatReadableSize(1.005)
formatReadableSize(123456789)
formatReadableDecimalSize(1500000)
formatReadableDecimalSize(1e30)
formatReadableQuantity(1500000)
formatReadableQuantity(1234)
formatReadableQuantity(-1234)
formatReadableQuantity(12)
formatReadableQuantity(1e18)
formatReadableQuantity(1e24)
formatReadableQuantity(nan)
formatReadableQuantity(inf)
formatReadableSize(nan)
formatReadableQuantity(999999)
formatReadableQuantity(999.999)
formatReadableQuantity(1e70)
select toString(number / 3), toInt8(number * 100), toUInt8(number - 5), toFloat32(number / 7) from numbers(20)
select toInt64OrNull(toString(number)), toFloat64OrZero(toString(number / 8)) from numbers(30)
select toString(exp(number * 3 - 40)) from numbers(30)
"""

CONDITIONS = r"""
if(1=1, NULL, 2)
if(1=1, 2, NULL)
if(NULL, 1, 2)
if(1=1, 'a', NULL)
multiIf(1=2, NULL, 1=1, 'x', NULL)
multiIf(NULL, 1, 2)
if(1, 2, -3)
if(1, 2, 3.5)
if(1, toDate('2024-01-01'), toDateTime('2024-01-01 00:00:00'))
if(1, true, false)
if(1, [1], [2,300])
case when 1=1 then NULL end
case when 1=2 then 1 end
case 1 when 1 then 'a' end
case NULL when NULL then 'n' else 'e' end
ifNull(NULL, 'x')
ifNull(5, 'x')
ifNull(5, 6)
ifNull(5, 600)
ifNull(toNullable(5), 600)
ifNull(toNullable(5), NULL)
ifNull(NULL, NULL)
ifNull(toNullable('a'), '')
coalesce(NULL, 2)
coalesce(NULL, NULL)
coalesce(NULL, toNullable(2), 3)
coalesce(toNullable(2), NULL)
coalesce(1, 2)
coalesce(1, 'a')
coalesce(toNullable(1), 2.5)
coalesce(5)
nullIf(1, 1)
nullIf(1, 2)
nullIf('a', 'b')
nullIf(NULL, 1)
nullIf(1, NULL)
nullIf(5, 5.0)
isNull(NULL)
isNull(1)
isNotNull(NULL)
isZeroOrNull(0)
isZeroOrNull(NULL)
isZeroOrNull(5)
isZeroOrNull(toNullable(0))
isNullable(toNullable(1))
isNullable(1)
1 and NULL
0 and NULL
1 or NULL
0 or NULL
not NULL
xor(1, NULL)
xor(1, 0)
xor(1, 1, 1)
xor(2, 1)
and(1, 1)
or(0, 0, 5)
not(5)
not 0.5
nan and 1
true and true
not true
equals(1, 1)
notEquals(1, 2)
less(1, 2)
greater(1, 2)
lessOrEquals(1, 2)
greaterOrEquals('a', 'b')
has([1,2], 1)
1 is distinct from 2
1 is not distinct from NULL
NULL is not distinct from NULL
NULL is distinct from 1
1 <=> 1
NULL <=> NULL
isDistinctFrom(1, NULL)
isNotDistinctFrom(1, NULL)
5 between 1 and 10
5 not between 1 and 10
'b' between 'a' and 'c'
toDate('2024-01-05') between '2024-01-01' and '2024-01-31'
toDate('2024-01-05') not between '2024-01-01' and '2024-01-31'
1 = '1'
'1' = 1
1 = true
true = 1
toDate('2024-01-01') = toDateTime('2024-01-01 00:00:00')
toDate('2024-01-01') < toDateTime('2024-01-01 05:00:00')
toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') = '61f0c404-5cb3-11e7-907b-a6006ad3dba0'
1.5 = '1.5'
toUInt64(1) = toInt64(-1)
1 = 1.0
nan < 1
'a' < 'B'
'é' > 'z'
1 in ('1')
1 in (NULL)
'a' in ('a', NULL)
1 not in (NULL)
'abc' like 'a%'
NULL like 'a'
"""

# Text that is no such thing: ClickHouse throws, here it is NULL of a nullable type.
NO_SUCH = {
    "toInt64(toString('abc'))": "Nullable(Int64)",
    "toInt64('abc')": "Nullable(Int64)",
    "toInt64(' 12')": "Nullable(Int64)",
    "toInt64('12.5')": "Nullable(Int64)",
    "toInt64('')": "Nullable(Int64)",
    "toUInt8('-1')": "Nullable(UInt8)",
    "toFloat64('1,5')": "Nullable(Float64)",
    "toInt('abc')": "Nullable(Int64)",
    "toInt('2.9')": "Nullable(Int64)",
    "toInt(2.9)": "Nullable(Int64)",
    "toInt(inf)": "Nullable(Int64)",
    "toFloat('abc')": "Nullable(Float64)",
    "toBool('maybe')": "Nullable(Bool)",
    "toUUID('abc')": "Nullable(UUID)",
    "CAST('abc' AS Int32)": "Nullable(Int32)",
    "'x'::Float64": "Nullable(Float64)",
}
REFUSED = {
    "CAST(NULL AS Int32)": "type_mismatch",
    "CAST(1 AS Decimal(10, 2))": "type_mismatch",
    "CAST(1 AS Frogs)": "syntax_error",
    "CAST(1, 'Array(')": "type_mismatch",
    "toInt64(inf)": "data_does_not_fit",
    "toInt64(nan)": "data_does_not_fit",
    "toInt64(1e20)": "data_does_not_fit",
    "toInt32(1e10)": "data_does_not_fit",
    "toInt64OrZero(5)": "type_mismatch",
    "toInt64OrDefault('abc', 5)": "type_mismatch",
    "toDecimal64(1.5, 2)": "type_mismatch",
    "toFixedString('abc', 5)": "type_mismatch",
    "toInt64(toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'))": "type_mismatch",
    "assumeNotNull(NULL)": "type_mismatch",
    "nullIf('a', 1)": "type_mismatch",
    "equals('a', 1)": "type_mismatch",
    "and(1)": "wrong_arguments",
    "1 is true": "clause_not_allowed",
}


def test_conversions_are_clickhouses(project: Project) -> None:
    assert differences(project, CONVERSIONS.strip().splitlines()) == ""


def test_conditions_are_clickhouses(project: Project) -> None:
    assert differences(project, CONDITIONS.strip().splitlines()) == ""


@pytest.mark.parametrize("text", NO_SUCH)
def test_text_that_is_none_is_null(project: Project, text: str) -> None:
    result = query.run(project, f"select {text} as value")
    assert (result.rows, result.columns[0].type) == ([(None,)], NO_SUCH[text])


@pytest.mark.parametrize("text", REFUSED)
def test_refused(project: Project, text: str) -> None:
    with pytest.raises(AgentryError) as refused:
        query.run(project, f"select {text} as value")
    assert refused.value.code == REFUSED[text]


def test_properties_are_converted_row_by_row(project: Project) -> None:
    """What ClickHouse gives for these texts, one by one; a missing property is NULL all along."""
    texts = ["12", " 12", "1e3", "-7.5", "nan", "", "300", "true", "ünï", "99999999999999999999", None]
    now = datetime.now(UTC) - timedelta(hours=1)
    store(
        project.id,
        [
            {"timestamp": now + timedelta(seconds=i), "rest": None if text is None else {"x": text}}
            for i, text in enumerate(texts)
        ],
    )
    rows = query.run(
        project,
        "select toInt64OrNull(properties.x), toUInt8OrZero(properties.x), toFloat(properties.x),"
        " properties.x::Nullable(Int16), toBool(properties.x), assumeNotNull(properties.x)"
        " from events order by timestamp",
    ).rows
    nan = "nan"
    assert [tuple(nan if value != value else value for value in row) for row in rows] == [
        (12, 12, 12.0, 12, None, "12"),
        (None, 0, None, None, None, " 12"),
        (None, 0, 1000.0, None, None, "1e3"),
        (None, 0, -7.5, None, None, "-7.5"),
        (None, 0, nan, None, None, "nan"),
        (None, 0, None, None, None, ""),
        (300, 0, 300.0, 300, None, "300"),
        (None, 0, None, None, True, "true"),
        (None, 0, None, None, None, "ünï"),
        (None, 0, 1e20, None, None, "99999999999999999999"),
        (None, None, None, None, None, ""),
    ]


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("Array(Tuple(String, Nullable(Float64)))", "Array(Tuple(String, Nullable(Float64)))"),
        ("Tuple(a String, b LowCardinality(Nullable(String)))", "Tuple(String, Nullable(String))"),
        ("DateTime64(6, 'Europe/Berlin')", "DateTime64(6, 'Europe/Berlin')"),
        ("  bigint   unsigned ", "UInt64"),
        ("varchar(10)", "String"),
        ("DateTime('UTC')", "DateTime"),
        ("Nullable(Array(String))", "None"),
        ("Array(" * 20 + "String" + ")" * 20, "None"),
        ("DateTime64(9)", "None"),
        ("DateTime64()", "None"),
        ("DateTime('Nowhere/City')", "None"),
        ("Map(String, String)", "None"),
        ("int64", "None"),
        ("", "None"),
    ],
)
def test_a_type_by_its_name(text: str, type_: str) -> None:
    assert str(parse_type(text)) == type_
