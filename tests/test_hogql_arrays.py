"""Arrays, lambdas, tuples, ARRAY JOIN: ClickHouse's answers (chdb is the judge)."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from tests.clickhouse import differences, texts

pytestmark = pytest.mark.django_db(transaction=True)


def test_arrays(project: Project) -> None:
    found = differences(project, texts("arrays"))
    assert not found, found
