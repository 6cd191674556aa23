"""Made-up queries by the thousand: rows of ours or a refusal, and never a bug, a 500 or the others' canary.

AGENTRY_FUZZ_QUERIES says how many, AGENTRY_HUNT=1 asks others; `make test` asks a slice of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from analytics.answer import to_csv, to_json
from analytics.engines import postgres
from tests.canary import CANARY, CANARY_NUMBER, FOREIGN_WORDS, plant
from tests.query_fuzz import Writer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]

QUERIES = int(os.environ.get("AGENTRY_FUZZ_QUERIES", "1000"))


@pytest.fixture
def bugs(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What only a bug of the compiler makes PostgreSQL say. Questions end after half a second."""
    plant(project)
    found: list[Any] = []
    monkeypatch.setattr(postgres.log, "error", lambda event, **what: found.append(what), raising=False)
    monkeypatch.setitem(postgres.SESSION, "statement_timeout", "500")
    postgres.close()
    yield found
    postgres.close()


def outcome(project: Project, hogql: str) -> str:
    """`rows` or the code of a refusal; anything else escapes."""
    try:
        result = query.run(project, hogql, limit=100)
        said = repr(to_json(result, explain=True)) + to_csv(result)
        code = "rows"
    except AgentryError as error:
        assert error.status in {400, 413, 422, 429, 504}, error.code
        assert error.hint, error.message
        said = f"{error.message} {error.hint}"
        words = FOREIGN_WORDS.search(said)
        assert words is None or words[0] in hogql, said
        code = error.code
    assert CANARY not in said
    assert str(CANARY_NUMBER) not in said
    return code


@settings(
    max_examples=QUERIES,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(random=st.randoms(use_true_random=False))
def test_made_up_queries(project: Project, bugs: list[Any], random: Random) -> None:
    hogql = Writer(random).any()
    bugs.clear()
    try:
        code = outcome(project, hogql)
    except Exception as error:
        error.add_note(hogql)
        raise
    assert bugs == [], f"{code}: {hogql}"
