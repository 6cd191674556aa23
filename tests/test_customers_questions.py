"""The questions of the customers page: what a person types is a value in them, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.customers import questions
from analytics.customers.state import SORTS, State
from analytics.hogql.compiler import Compiled, compile_query
from analytics.hogql.plan import Facts
from analytics.hogql.scope import Context

NOW = datetime(2026, 5, 16, 13, 42, tzinfo=UTC)


def compiled(hogql: str) -> Compiled:
    facts = Facts(NOW, NOW - timedelta(days=90), lambda low, high: [], True)
    return compile_query(hogql, 1, Context(NOW, {}), facts, 100)


def values(hogql: str) -> list[object]:
    return list(compiled(hogql).statement.parameters.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "'",
        "\\",
        "\\'",
        "'' or 1 = 1 --",
        "\\\\' union all select 1 --",
        "/*",
        "{x:String}",
        "a\nb",
        "%s",
        "🚀",
    ],
)
def test_a_literal_is_one_value(text: str) -> None:
    assert text in values(f"select event from usage where customer_id = {questions.literal(text)}")


@given(st.text(max_size=60))
def test_any_text_is_one_value(text: str) -> None:
    whole = compiled(f"select event from usage where customer_id = {questions.literal(text)}")
    plain = compiled("select event from usage where customer_id = 'x'")
    assert text.replace("\0", "") in whole.statement.parameters.values()
    assert whole.statement.sql == plain.statement.sql


@given(st.text(max_size=60))
def test_a_search_never_changes_the_statement(search: str) -> None:
    found = compiled(questions.ranked(State(search=search or "x")))
    assert found.statement.sql == compiled(questions.ranked(State(search="acme"))).statement.sql


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("window", [7, 30, 90])
def test_every_state_is_a_question_for_daily_rollups(sort: str, window: int) -> None:
    state = State(window=window, sort=sort, descending=False, search="a", page=3, size=50)
    for question in (
        questions.ranked(state),
        questions.published(state),
        questions.totals(state),
        questions.series(["a", None]),
    ):
        levels = [level for part in compiled(question).parts for level in part.levels]
        assert set(levels) == {"usage_day"}, question


def test_questions_roll_with_the_clock() -> None:
    """They are published as they are: no date of today may be frozen in them."""
    state = State()
    asked = (
        questions.ranked(state) + questions.published(state) + questions.totals(state) + questions.series([])
    )
    assert str(datetime.now(UTC).year) not in asked
