"""A cap's runway: weekday-aware, within its span, honest about what it does not know."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.customers.one.runway import runway

TODAY = date(2026, 5, 13)  # a Wednesday; the month ends on a Sunday


def weekdays_only(calls: int, today: date = TODAY, days: int = 60) -> dict[date, int]:
    dates = [today - timedelta(days=ago) for ago in range(1, days)]
    return {each: calls for each in dates if each.weekday() < 5}


def test_it_knows_weekends() -> None:
    """100 a weekday: 800 by the 12th; 1,000 are reached on Thursday the 14th, 1,300 after the weekend."""
    assert runway(weekdays_only(100), 1_000, TODAY).likely == date(2026, 5, 14)
    assert runway(weekdays_only(100), 1_150, TODAY).likely == date(2026, 5, 18)
    found = runway(weekdays_only(100), 2_100, TODAY)
    assert found.likely == date(2026, 5, 29)
    assert (found.low, found.high) == (found.likely, found.likely)  # no week is like another: no span
    assert found.sentence == "reached in 16 days, on 29 May (between 29 May and 29 May)"
    assert found.brief == "16 days left"
    assert found.state == "near"


def test_a_month_that_holds_says_how_full_it_gets() -> None:
    found = runway(weekdays_only(100), 4_200, TODAY)
    assert found.likely is None
    assert found.end is not None
    assert round(found.end[1], 3) == 0.5
    assert found.sentence == "not this month: 50.0% by 31 May (50.0% to 50.0%)"
    assert (found.brief, found.state) == ("lasts this month", "fine")


def test_low_and_high_are_of_the_emptiest_and_fullest_week() -> None:
    days = {TODAY - timedelta(days=ago): 100 for ago in range(1, 40)}
    days |= {TODAY - timedelta(days=ago): 50 for ago in range(1, 8)}  # the last week is half
    found = runway(days, 2_600, TODAY)
    assert found.end is not None
    low, likely, high = found.end
    assert low < likely < high
    assert found.likely is None
    assert found.high is not None
    assert "at its fullest week's pace in" in found.sentence


def test_over_unknown_and_new() -> None:
    assert runway(weekdays_only(100), 500, TODAY).state == "over"
    assert runway(weekdays_only(100), 500, TODAY).sentence == "over the cap with 18 days of the month to go"
    young = {TODAY - timedelta(days=ago): 10 for ago in range(3)}
    assert runway(young, 1_000, TODAY).sentence == "too little history for a pace: it takes 7 complete days"
    assert runway({}, 1_000, TODAY).share == 0
    assert runway({TODAY: 5}, 1_000, TODAY).end is None


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=80),
    st.integers(1, 10**9),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_low_likely_and_high_stand_in_order(calls: list[int], cap: int, today: date) -> None:
    days = {today - timedelta(days=ago): each for ago, each in enumerate(calls)}
    found = runway(days, cap, today)
    assert found.ends.day == monthrange(today.year, today.month)[1]
    assert found.sentence and found.brief and found.state
    if found.end is None:
        return
    assert found.end[0] <= found.end[1] * (1 + 1e-9) <= found.end[2] * (1 + 2e-9) + 1e-9
    assert found.end[0] >= found.share - 1e-9
    known = [each for each in (found.high, found.likely, found.low) if each]
    assert known == sorted(known)
    assert all(today <= each <= found.ends for each in known)
    if found.low:
        assert found.likely
    if found.likely:
        assert found.high
