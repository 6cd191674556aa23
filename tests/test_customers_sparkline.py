"""The small chart: what is drawn, and what is said for those who do not see it."""

from __future__ import annotations

from datetime import date, timedelta

from analytics.customers.sparkline import DAYS, HEIGHT, sparkline

TODAY = date(2026, 5, 16)


def days(*counts: int) -> dict[date, int]:
    """Counts of the latest days, today last."""
    return {TODAY - timedelta(days=len(counts) - 1 - index): count for index, count in enumerate(counts)}


def test_complete_days_are_bars_and_today_is_hollow() -> None:
    chart = sparkline(days(*[100] * DAYS), TODAY)
    assert chart.past.count("M") == DAYS - 8
    assert chart.week.count("M") == 7
    assert chart.part.count("M") == 1
    assert "h2" in chart.part


def test_a_day_without_calls_has_no_bar_and_one_call_has_one() -> None:
    chart = sparkline(days(1_000_000, 0, 1, 0), TODAY)
    assert chart.week.split("M")[1:] == [f"106 {HEIGHT}v-26", f"114 {HEIGHT}v-1"]
    assert chart.part == ""


def test_no_calls_at_all() -> None:
    chart = sparkline({}, TODAY)
    assert chart.past == chart.week == chart.part == ""
    assert chart.label == (
        "Calls a day: 0 of the 29 complete days to 15 May have calls; 0 calls today so far"
    )


def test_the_picture_in_words() -> None:
    chart = sparkline(days(1_200, 580, 1), TODAY)
    assert chart.label == (
        "Calls a day: 2 of the 29 complete days to 15 May have calls, at most 1,200 on 14 May;"
        " 1 call today so far"
    )
    assert chart.values.split("\n")[:4] == ["16 May so far: 1", "15 May: 580", "14 May: 1,200", "13 May: 0"]
    assert len(chart.values.split("\n")) == DAYS


def test_days_outside_the_thirty_are_not_drawn() -> None:
    old = {TODAY - timedelta(days=45): 10**9, TODAY + timedelta(days=1): 10**9}
    assert sparkline(days(5, 5) | old, TODAY) == sparkline(days(5, 5), TODAY)
