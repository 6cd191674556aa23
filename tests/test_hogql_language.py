"""Clauses, names, joins, unions, subqueries: ClickHouse's answers (chdb is the judge)."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from tests.clickhouse import differences, texts

pytestmark = pytest.mark.django_db(transaction=True)


def test_language(project: Project) -> None:
    found = differences(project, texts("language"))
    assert not found, found
