"""Conversions, casts, conditions: ClickHouse's types and values; what it throws at is NULL or refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from analytics.hogql.type_names import parse_type
from tests.clickhouse import differences, texts
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

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
    assert differences(project, texts("convert")) == ""


def test_conditions_are_clickhouses(project: Project) -> None:
    assert differences(project, texts("conditions")) == ""


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
    sent = ["12", " 12", "1e3", "-7.5", "nan", "", "300", "true", "ünï", "99999999999999999999", None]
    now = datetime.now(UTC) - timedelta(hours=1)
    store(
        project.id,
        [
            {"timestamp": now + timedelta(seconds=i), "rest": None if text is None else {"x": text}}
            for i, text in enumerate(sent)
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
