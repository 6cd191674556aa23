"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analytics.customers import wording

NOW = datetime(2026, 5, 16, 13, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0.031, "+3.1%"),
        (-0.5, "−50.0%"),
        (0.0001, "0.0%"),
        (-0.0001, "0.0%"),
        (12.5, "+1,250.0%"),
        (None, ""),
    ],
)
def test_changes_carry_their_sign(ratio: float | None, said: str) -> None:
    assert wording.signed_percent(ratio) == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(0.4186, "41.9%"), (0.0, "0.0%"), (0.0001, "<0.1%"), (1.0, "100.0%"), (3516.5, "351,650.0%")],
)
def test_shares(ratio: float, said: str) -> None:
    assert wording.percent(ratio) == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(0.4186, "42%"), (0.0, "0%"), (0.001, "<1%"), (0.999, "99%"), (1.0, "100%"), (3516.5, "351,650%")],
)
def test_whole_shares(ratio: float, said: str) -> None:
    assert wording.whole_percent(ratio) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(999_949, "999,949"), (44_000_000, "44.0 M"), (1_240_000_000, "1.2 G"), (0, "0"), (3 * 10**12, "3.0 T")],
)
def test_figures_are_short(value: int, said: str) -> None:
    assert wording.short(value) == said


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(hours=24), "1 day ago"),
        (timedelta(hours=39), "2 days ago"),
        (timedelta(days=12), "12 days ago"),
    ],
)
def test_ages(before: timedelta, said: str) -> None:
    assert wording.ago(NOW - before, NOW) == said
