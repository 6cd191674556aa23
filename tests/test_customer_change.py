"""Why did it change? The parts of every split sum to the change, whatever the calls."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.customers.one.change import PARTS, Why, ranked, split

COUNTS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from("abcdefghij"), st.text(max_size=3)),
        st.integers(0, 10**9),
        st.integers(0, 10**9),
    ),
    max_size=40,
)


@given(COUNTS, st.integers(0, 1000), st.integers(0, 1000))
def test_parts_sum_exactly_to_the_change(
    counts: list[tuple[str | None, int, int]], unseen_before: int, unseen_now: int
) -> None:
    """Also where the counts are not all of the calls."""
    before = sum(earlier for _, earlier, _ in counts) + unseen_before
    now = sum(later for _, _, later in counts) + unseen_now
    dimension = split("endpoint", counts, before, now)
    assert sum(part.change for part in dimension.parts) == now - before
    assert sum(part.before for part in dimension.parts) == before
    assert sum(part.now for part in dimension.parts) == now
    assert len(dimension.parts) <= PARTS + 2
    named = [part.name for part in dimension.parts if not part.others]
    assert len(named) == len(set(named))
    assert all(part.before >= 0 and part.now >= 0 for part in dimension.parts)
    why = Why(before, now, 30, [dimension])
    assert why.sentence
    bars = [bar for _, parts in why.drawn() for _, _, bar in parts]
    assert len({bar.zero for bar in bars}) <= 1


def why(days: int = 30, **dimensions: dict[str | None, tuple[int, int]]) -> Why:
    """`dimensions`: value → (before, now)."""
    first = next(iter(dimensions.values()))
    before, now = (sum(pair[index] for pair in first.values()) for index in (0, 1))
    splits = [
        split(name, [(value, *pair) for value, pair in values.items()], before, now)
        for name, values in dimensions.items()
    ]
    return Why(before, now, days, ranked(splits))


def test_the_dimension_that_explains_most_comes_first_and_into_the_sentence() -> None:
    found = why(
        plan={"pro": (100, 46)},  # all of the change, and no explanation
        method={"GET": (50, 23), "POST": (50, 23)},  # in proportion
        endpoint={"/v1/quotes": (50, 2), "/v1/orders": (50, 44)},
    )
    assert [each.name for each in found.dimensions] == ["endpoint", "plan", "method"]
    assert found.sentence == (
        "54% fewer calls than in the 30 days before: 48 of the 54 fewer have endpoint /v1/quotes"
    )


def test_a_change_that_is_the_same_everywhere_is_said_to_be() -> None:
    even = why(method={"GET": (60, 120), "POST": (40, 80)}, plan={"pro": (100, 200)})
    assert even.sentence == "100% more calls than in the 30 days before, spread evenly: nothing stands out"


def test_a_switch_from_one_value_to_another_is_told_with_both() -> None:
    assert why(7, plan={"starter": (100, 0), "scale": (0, 130)}).sentence == (
        "30% more calls than in the 7 days before: plan scale has 130 more and plan starter 100 fewer"
    )
    still = why(1, plan={"starter": (100, 0), "scale": (0, 100)})
    assert still.sentence == (
        "About as many calls as in the day before, but plan scale has 100 more and plan starter 100 fewer"
    )


def test_one_call_and_calls_that_do_not_say_are_told_in_words() -> None:
    one = why(endpoint={"/a": (10, 11), "/b": (10, 10)})
    assert one.sentence.endswith("1 of the 1 more has endpoint /a")
    none = why(country={None: (100, 200), "DE": (100, 90)})
    assert none.sentence.endswith(": no country has 100 more and country DE 10 fewer")
    many: dict[str | None, tuple[int, int]] = {f"/{n}": (10, 20) for n in range(20)}
    assert "others" not in why(endpoint=many | {"/big": (100, 190), "/even": (100, 100)}).sentence


def test_little_noise_is_drawn_small() -> None:
    """A change of a hundredth fills a tenth of the width, one of a half all of it."""
    noise = why(method={"GET": (1000, 1010)}).drawn()[0][1][0][2]
    much = why(method={"GET": (1000, 1500)}).drawn()[0][1][0][2]
    assert 5 < float(noise.width.rstrip("%")) < 10
    assert float(much.width.rstrip("%")) > 90


def test_the_heading_of_the_bars_stands_at_their_zero_line() -> None:
    both = why(method={"GET": (100, 150), "POST": (100, 60)})
    assert [(side.text, side.anchor) for side in both.span.head] == [
        ("fewer calls", "end"),
        ("more calls", "start"),
    ]
    assert {side.x for side in both.span.head} == {both.drawn()[0][1][0][2].zero}
    assert [side.text for side in why(method={"GET": (100, 150)}).span.head] == ["more calls"]


def test_nothing_before_and_nothing_at_all_have_their_sentences() -> None:
    assert why(status={"200": (0, 1200)}).sentence == "1,200 calls, and none in the 30 days before"
    assert why(status={}).sentence == "No calls, and none in the 30 days before"
    assert why(status={"200": (7, 0)}).sentence.startswith("100% fewer calls")


def test_what_no_call_says_is_a_part_and_others_are_counted() -> None:
    values: dict[str | None, tuple[int, int]] = {f"/{n}": (100 - n, 0) for n in range(10)}
    found = why(endpoint=values | {None: (500, 0)})
    parts = found.dimensions[0].parts
    assert [part.name for part in parts][:2] == [None, "/0"]
    assert (parts[-1].others, parts[-1].before) == (5, sum(100 - n for n in range(5, 10)))


@pytest.mark.parametrize("shown", ["<script>", '"', "\u202e", ""])
def test_names_are_only_text(shown: str) -> None:
    assert unescape(why(endpoint={shown: (100, 1), "/b": (100, 100)}).sentence)
