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
    assert found.sentence == "at its pace it reaches the cap in 16 days, on 29 May"
    assert found.brief == "16 days left"
    assert found.state == "near"


def test_a_month_that_holds_says_how_full_it_gets() -> None:
    found = runway(weekdays_only(100), 4_200, TODAY)
    assert found.likely is None
    assert found.end is not None
    assert round(found.end[1], 3) == 0.5
    assert found.sentence == "at its pace 50% by 31 May, so it lasts this month"
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
    assert found.sentence == (
        "at its pace 97% by 31 May (69% to 106%), so it lasts this month; "
        "at its fullest week's pace it reaches the cap in 17 days, on 30 May"
    )
    sooner = runway(days, 2_000, TODAY)
    assert sooner.sentence == (
        "at its pace it reaches the cap in 13 days, on 26 May (24 May at the earliest)"
    )
    tomorrow = runway(weekdays_only(100), 1_000, TODAY)
    assert (tomorrow.sentence, tomorrow.brief) == (
        "at its pace it reaches the cap tomorrow, on 14 May",
        "1 day left",
    )
    full = runway(days, 1_500, TODAY)
    assert full.sentence.endswith("(between 19 May and 25 May)")
    today = runway(weekdays_only(100), 900, TODAY)
    assert (today.sentence, today.brief) == ("at its pace it reaches the cap today", "reached today")


def test_over_unknown_and_new() -> None:
    assert runway(weekdays_only(100), 500, TODAY).state == "over"
    over = runway(weekdays_only(100), 450, TODAY)  # 100 on 1 May, a Friday, and on the 4th to the 7th
    assert (over.sentence, over.brief) == ("over the cap since 7 May", "over since 7 May")
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
    assert (found.passed is not None) == (found.used >= cap)
    if found.passed:
        month = {
            each: calls
            for each, calls in days.items()
            if (each.year, each.month) == (today.year, today.month)
        }
        assert sum(calls for each, calls in month.items() if each <= found.passed) >= cap
        assert sum(calls for each, calls in month.items() if each < found.passed) < cap
