"""Quiet by hours and near the cap: each rule's edge, and precision and recall on a labelled set of hours."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from analytics.customers.trend import THRESHOLDS, Trend, trend

NOW = datetime(2026, 5, 13, 13, 42, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)
Shape = Callable[[random.Random, datetime], bool]  # whether it calls in that hour


def hours_of(shape: Shape, noise: random.Random, now: datetime, silent: int = 0) -> list[datetime]:
    """The hours with calls of 62 days, without the `silent` last complete ones."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    past = [hour - ago * HOUR for ago in range(62 * 24)]
    return [each for ago, each in enumerate(past) if ago > silent - (silent == 0) and shape(noise, each)]


def judge(hours: list[datetime], now: datetime = NOW) -> Trend:
    """As the page does: 50 calls an hour, the hours of the last 28 days."""
    days = Counter({day: 50 * count for day, count in Counter(each.date() for each in hours).items()})
    last = max(hours) + timedelta(minutes=30)
    since = now - timedelta(days=28)
    return trend(days.items(), min(last, now), now, hours=[each for each in hours if each > since])


def every_hour(noise: random.Random, hour: datetime) -> bool:
    return noise.random() < 0.995


def office(noise: random.Random, hour: datetime) -> bool:
    return hour.weekday() < 5 and 8 <= hour.hour < 18 and noise.random() < 0.99


def waking(noise: random.Random, hour: datetime) -> bool:
    return 6 <= hour.hour < 23 and noise.random() < 0.99


def nightly(noise: random.Random, hour: datetime) -> bool:
    return hour.hour == 2


def sporadic(noise: random.Random, hour: datetime) -> bool:
    return noise.random() < 0.25


def evenings(noise: random.Random, hour: datetime) -> bool:
    return hour.hour > 15 and noise.random() < 0.6


def always(noise: random.Random, hour: datetime) -> bool:
    return True


class TestSentences:
    def test_every_hour(self) -> None:
        found = judge(hours_of(always, random.Random(1), NOW, silent=6))
        assert found == Trend("quiet", "calls every hour; silent for 6 hours, the first time in 28 days")

    def test_office_hours(self) -> None:
        def work(noise: random.Random, hour: datetime) -> bool:
            return hour.weekday() < 5 and 8 <= hour.hour < 18

        found = judge(hours_of(work, random.Random(1), NOW, silent=5))
        assert found.reason == (
            "calls every hour from 08:00 to 18:00 UTC on weekdays; silent for 5 hours of these, "
            "the first time in 28 days"
        )

    @pytest.mark.parametrize("hours", range(0, 64, 7))
    def test_a_weekend_and_a_night_are_no_silence(self, hours: int) -> None:
        now = datetime(2026, 5, 15, 18, 5, tzinfo=UTC) + hours * HOUR  # Friday evening to Monday morning
        assert judge(hours_of(office, random.Random(3), now), now).flag == "steady"

    def test_fewer_hours_than_it_takes(self) -> None:
        assert (
            judge(hours_of(always, random.Random(1), NOW, silent=THRESHOLDS.quiet_hours - 1)).flag == "steady"
        )
        assert judge(hours_of(always, random.Random(1), NOW, silent=THRESHOLDS.quiet_hours)).flag == "quiet"

    def test_who_was_silent_for_longer_before(self) -> None:
        hours = hours_of(always, random.Random(1), NOW, silent=6)
        pause = {NOW.replace(minute=0) - (200 + ago) * HOUR for ago in range(12)}
        assert judge([each for each in hours if each not in pause]).flag == "steady"

    def test_a_week_of_hours_proves_nothing(self) -> None:
        hours = [each for each in hours_of(always, random.Random(1), NOW, 6) if NOW - each < 13 * 24 * HOUR]
        assert judge(hours).flag == "new"


# (whether a person would call it quiet, its hours, how many of the last hours are silent)
LABELLED: list[tuple[bool, Shape, int]] = [
    (False, every_hour, 0),
    (False, every_hour, 1),
    (True, every_hour, 6),
    (True, every_hour, 12),
    (False, office, 0),
    (False, waking, 0),
    (False, nightly, 0),
    (False, sporadic, 0),
    (False, sporadic, 6),
    (False, evenings, 0),
]


@pytest.mark.parametrize("seed", [1, 20260513])
def test_precision_and_recall_on_the_labelled_set(seed: int) -> None:
    """At every fifth hour of two weeks."""
    noise, found = random.Random(seed), Counter[tuple[bool, bool]]()
    for hours in range(0, 14 * 24, 5):
        now = NOW + hours * HOUR
        for quiet, shape, silent in LABELLED:
            found[quiet, judge(hours_of(shape, noise, now, silent), now).flag == "quiet"] += 1
    precision = found[True, True] / (found[True, True] + found[False, True])
    recall = found[True, True] / (found[True, True] + found[True, False])
    print(f"precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= 0.97
    assert recall >= 0.99


class TestCap:
    @staticmethod
    def days(each: int, last: int = 0) -> dict[date, int]:
        return {NOW.date() - timedelta(days=ago): each for ago in range(last, 61)}

    def flag(self, cap: int, days: dict[date, int]) -> Trend:
        last = max(days)
        moment = min(NOW, datetime(last.year, last.month, last.day, 22, tzinfo=UTC))
        return trend(days.items(), moment, NOW, cap=cap)

    def test_the_share_and_the_day_it_is_reached(self) -> None:
        found = self.flag(1_500, self.days(100))
        assert found.flag == "near cap"
        assert found.reason == (
            "1,300 of 1,500 calls this month, 87% of its cap: "
            "at its pace it reaches the cap in 2 days, on 15 May"
        )

    def test_one_that_lasts_is_none(self) -> None:
        assert self.flag(4_000, self.days(100)).flag == "steady"  # 3,100 by the month's end

    def test_over_it(self) -> None:
        assert self.flag(1_000, self.days(100)).reason.startswith("1,300 of 1,000 calls this month, 130%")

    def test_a_silence_says_more(self) -> None:
        assert self.flag(900, self.days(100, last=4)).flag == "quiet"

    def test_a_new_customer_can_be_near_it(self) -> None:
        young = {NOW.date() - timedelta(days=ago): 100 for ago in range(9)}
        assert self.flag(1_000, young).flag == "near cap"

    def test_what_else_there_is_to_say(self) -> None:
        days = {NOW.date() - timedelta(days=ago): 100 if ago <= 30 else 50 for ago in range(61)}
        found = self.flag(1_500, days)
        assert found.flag == "near cap"
        assert found.reason.endswith("; also growing: up 100% on the 30 days before")

    @pytest.mark.parametrize("seed", [1, 20260513])
    def test_precision_and_recall_on_a_labelled_set(self, seed: int) -> None:
        """Of noisy customers, those are near it whose month, known to its end, comes to 110% of it or stands
        at 80% already; those are not that end under 90%. Between, either will do."""
        noise, found = random.Random(seed), Counter[tuple[bool, bool]]()
        for _ in range(400):
            level, now = noise.uniform(50, 5_000), NOW + timedelta(days=noise.randint(-5, 17))
            days = {
                now.date() - timedelta(days=ago): round(level * max(0.1, noise.gauss(1, 0.25)))
                for ago in range(-20, 61)
            }
            month = {day: calls for day, calls in days.items() if (day.year, day.month) == (2026, 5)}
            cap = round(sum(month.values()) * noise.choice([0.5, 0.8, 0.9, 1.15, 1.3, 2, 5]))
            used = sum(calls for day, calls in month.items() if day <= now.date())
            ends = sum(month.values()) / cap
            if 0.9 <= ends < 1.1 or 0.75 <= used / cap < 0.8:
                continue
            known = [(day, calls) for day, calls in days.items() if day <= now.date()]
            said = trend(known, now - HOUR, now, cap=cap).flag == "near cap"
            found[ends >= 1.1 or used >= 0.8 * cap, said] += 1
        precision = found[True, True] / (found[True, True] + found[False, True])
        recall = found[True, True] / (found[True, True] + found[True, False])
        print(f"precision {precision:.3f}, recall {recall:.3f}")
        assert precision >= 0.95
        assert recall >= 0.97
