"""Values at the edges: numbers beyond a bigint, NaN, NULL in tuples, and every promise of hogql.md."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from tests.clickhouse import differences, texts

pytestmark = pytest.mark.django_db(transaction=True)


def test_values(project: Project) -> None:
    found = differences(project, texts("values"))
    assert not found, found


# Where PostgreSQL could only give another number.
@pytest.mark.parametrize(
    "text",
    [
        "argMax(1, [1, 2])",
        "min((1, [1, 2]))",
        "max((number, 1)) over () from numbers(3)",
        "arraySort(NULL)",
        "arraySort(groupUniqArray(NULL)) from numbers(3)",
        "argMax(number, (number, 1)) over () from numbers(3)",
    ],
)
def test_refused(project: Project, text: str) -> None:
    with pytest.raises(AgentryError) as refused:
        query.run(project, f"select {text}")
    assert refused.value.code == "type_mismatch"
    assert refused.value.hint
