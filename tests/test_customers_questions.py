"""The questions of the customers page: what a person types is a value in them, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.customers import questions
from analytics.customers.published import published
from analytics.customers.state import SORTS, State
from analytics.customers.window import Window
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
    state = State(
        window=Window.up_to_now(window, NOW.date()), sort=sort, descending=False, search="a", page=3, size=50
    )
    for question in (
        questions.ranked(state),
        published(state),
        questions.totals(state),
        questions.ranked_with_totals(state),
        questions.series(state, ["a", None], largest=True),
    ):
        assert levels(question) == {"usage_day"}, question


def test_questions_roll_with_the_clock() -> None:
    """They are published as they are: no date of today may be frozen in them."""
    for window in (Window.up_to_now(30), Window.between(*_dates(9, 0)), Window.between(*_dates(9, 1))):
        state = State(window=window, endpoint="/a", status="5xx")
        asked = (questions.ranked(state), published(state), questions.totals(state))
        assert str(datetime.now(UTC).year) not in "".join([*asked, questions.filtered_series(state, ["a"])])


def test_a_window_that_has_ended_keeps_its_dates() -> None:
    window = Window.between("2026-05-01", "2026-05-14", NOW.date())
    asked = questions.ranked(State(window=window))
    assert "today()" not in asked
    assert "day >= toDate('2026-05-01')" in asked
    assert compiled(asked).parts[0].levels == ("usage_day",)


def levels(question: str) -> set[str]:
    return {each for part in compiled(question).parts for each in part.levels}


@pytest.mark.parametrize(
    ("filters", "level"),
    [
        ({"status": "5xx"}, "usage_status_day"),
        ({"endpoint": "/v1/a'"}, "usage_detail_day"),
        ({"plan": "pro", "method": "GET", "status": "2xx", "search": "a"}, "usage_detail_day"),
    ],
)
def test_filters_are_answered_by_the_levels_with_details(filters: dict[str, str], level: str) -> None:
    state = State(window=Window.up_to_now(30, NOW.date()), **filters)  # type: ignore[arg-type]
    for question in (
        questions.ranked(state, ["a", None]),
        questions.totals(state, ["b"]),
        questions.ranked_with_totals(state, ["b"]),
        questions.filtered_series(state, ["a"]),
    ):
        assert levels(question) == {level}
    assert levels(published(state)) == {level, "usage_day"}  # when the project began, filters aside


def test_offered_values_need_no_customers() -> None:
    found = compiled(questions.values("api_request", "endpoint", 50))
    assert [part.levels for part in found.parts] == [("usage_endpoint_hour",)]


def _dates(days: int, ago: int) -> tuple[str, str, date]:
    """A window of so many days that ended so many days ago, and today."""
    today = datetime.now(UTC).date()
    last = today - timedelta(days=ago)
    return (last - timedelta(days=days - 1)).isoformat(), last.isoformat(), today
