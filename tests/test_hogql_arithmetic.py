"""Arithmetic, rounding, mathematics and bits: ClickHouse's types and values, also where PostgreSQL raises."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from tests.clickhouse import differences, texts

pytestmark = pytest.mark.django_db(transaction=True)

# ClickHouse throws, loses digits or wraps around where a bigint ends: an error here, never another number.
REFUSED = {
    "7 % 0": "division_by_zero",
    "intDiv(7, 0)": "division_by_zero",
    "5 % toUInt8(0)": "division_by_zero",
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
    assert differences(project, texts("arithmetic")) == ""


@pytest.mark.parametrize("text", REFUSED)
def test_refused(project: Project, text: str) -> None:
    with pytest.raises(AgentryError) as refused:
        query.run(project, f"select {text}")
    assert refused.value.code == REFUSED[text]


def test_a_place_outside_a_number_has_no_bit(project: Project) -> None:
    """ClickHouse throws: NULL here."""
    result = query.run(project, "select bitTest(5, 9) as a, bitShiftLeft(1, -1) as b, gcd(0, 5) as c")
    assert result.rows == [(None, None, None)]
