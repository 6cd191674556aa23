"""Charts: what is drawn is what was given, in words too, and nothing that is given can break out of it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from analytics.charts.bars import Item, bars
from analytics.charts.diverging import Span
from analytics.charts.heat import heat
from analytics.charts.scale import figure, scale, tick_text
from analytics.charts.timeline import HEIGHT, MOST, lines, timeline

NASTY = '</title><script>alert("1")</script>&'
VALUES = st.lists(
    st.one_of(st.none(), st.integers(-(10**15), 10**15), st.floats(-1e15, 1e15), st.just(float("nan"))),
    max_size=60,
)


def drawn(template: str, **context: object) -> ElementTree.Element:
    """The template's markup; it must be XML, and without any style or script."""
    text = render_to_string(f"charts/{template}.html", context)
    assert "style=" not in text
    assert "<script" not in text
    return ElementTree.fromstring(f"<div>{text}</div>")


def test_bars_stand_on_zero_and_the_last_is_hollow() -> None:
    chart = timeline(["1 May", "2 May", "3 May"], [100, 0, 50], "Calls a day", part=True)
    assert chart.bars == f"M0.14 {HEIGHT}V0h0.72V{HEIGHT}z"  # none for a day without calls
    assert chart.part == f"M2.14 {HEIGHT}V{HEIGHT // 2}h0.72V{HEIGHT}z"
    assert [(tick.y, tick.text) for tick in chart.ticks] == [(168, "0"), (84, "50"), (0, "100")]
    assert chart.values == "3 May so far: 50\n2 May: 0\n1 May: 100"
    assert chart.label == "Calls a day, 1 May to 3 May: from 0 (2 May) to 100 (1 May); 50 in 3 May so far"


def test_a_comparison_has_its_line_its_legend_and_its_values() -> None:
    chart = timeline(["Mon", "Tue"], [2, 4], "Calls", before=[4, 2], before_name="the week before")
    assert [line.kind for line in chart.over] == ["before"]
    assert [line.name for line in chart.legend] == ["Calls", "the week before"]
    assert chart.values == "Tue: 4, the week before 2\nMon: 2, the week before 4"


def test_a_line_breaks_where_nothing_is_known_and_ends_dashed() -> None:
    chart = timeline(list("abcde"), [1, None, 1, 2, 1], "x", shape="line", part=True)
    assert chart.over[0].path == "M0.5 84h.01M2.5 84L3.5 0"
    assert chart.part == "M3.5 0L4.5 84"
    assert "b: –" in chart.values


def test_several_lines_share_one_axis() -> None:
    chart = lines(["a", "b"], {"one": [1, 2], NASTY: [4, 4]}, "Calls")
    assert [line.kind for line in chart.over] == ["line0", "line1"]
    assert chart.over[0].path == "M0.5 126L1.5 84"
    with pytest.raises(ValueError, match="more than"):
        lines(["a"], {str(n): [1] for n in range(7)}, "too many")
    figure_ = drawn("timeline", chart=chart)
    assert [key.findtext("bdi") for key in figure_.iter("span")] == ["one", NASTY]


def test_several_lines_lead_dashed_into_what_is_not_over() -> None:
    chart = lines(["a", "b", "c"], {"one": [1, 2, 1], "two": [4, 4, 1]}, "Calls", part=True)
    assert [(line.kind, line.path) for line in chart.over] == [
        ("line0", "M0.5 126L1.5 84"),
        ("line1", "M0.5 0L1.5 0"),
        ("line0 going", "M1.5 84L2.5 126"),
        ("line1 going", "M1.5 0L2.5 126"),
    ]
    assert chart.values.splitlines()[0] == "c so far: one 1, two 1"
    assert "two, a to c: always 4; 1 in c so far" in chart.label
    assert [line.kind for line in chart.legend] == ["line0", "line1"]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, ["1"]),
        (7, ["1", "3", "5", "7"]),
        (30, ["2", "9", "16", "23", "30"]),
        (90, ["6", "27", "48", "69", "90"]),
        (336, ["48", "120", "192", "264", "336"]),
    ],
)
def test_dates_beneath_are_even_and_end_at_the_last(count: int, said: list[str]) -> None:
    chart = timeline([str(n) for n in range(1, count + 1)], [1] * count, "x")
    assert [mark.text for mark in chart.marks] == said


@pytest.mark.parametrize(
    ("most", "top"),
    [(1003, 1250), (1000, 1000), (37, 40), (3, 3), (1, 1), (0, 1), (0.3, 0.3), (6, 6), (7, 8)],
)
def test_an_axis_leaves_little_empty(most: float, top: float) -> None:
    assert scale([most], 100).high == pytest.approx(top)


def test_too_many_buckets_are_refused() -> None:
    with pytest.raises(ValueError, match="more than"):
        timeline([""] * (MOST + 1), [0] * (MOST + 1), "x")


@given(VALUES, VALUES)
def test_any_values_give_a_picture_within_its_height(values: list[float], before: list[float]) -> None:
    shapes: tuple[Literal["bars", "line"], ...] = ("bars", "line")
    for shape in shapes:
        chart = timeline(["day"] * len(values), values, NASTY, shape=shape, before=before, part=True)
        figure_ = drawn("timeline", chart=chart)
        svg = next(figure_.iter("svg"))
        assert svg.get("role") == "img"
        assert svg.get("aria-label") == chart.label
        assert len(svg.findtext("title", "").splitlines()) == len(values)
        heights = re.findall(r"V(-?\d+)|[ML][\d.]+ (-?\d+)", chart.bars + "".join(x.path for x in chart.over))
        assert all(0 <= int(a or b) <= HEIGHT for a, b in heights)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=30))
def test_a_scale_holds_every_value_and_zero(values: list[float]) -> None:
    made = scale(values, 100)
    assert made.low <= min([0, *values]) + 1e-6 * abs(min(values))
    assert made.high >= max([0, *values]) - 1e-6 * abs(max(values))
    assert 2 <= len(made.ticks) <= 6
    for value in values:
        assert -1 <= made.y(value) <= 101
        assert value == 0 or made.y(value) != made.zero


def test_the_largest_bar_is_the_longest_and_shares_are_of_the_total() -> None:
    chart = bars(
        [Item("/v1/a", 60), Item(None, 30), Item("", Decimal(9)), Item("2 others", 0, faint=True)],
        "Endpoint",
        total=100,
    )
    assert [row.width for row in chart.rows] == ["100%", "50%", "15%", "0"]
    assert [row.share for row in chart.rows] == ["60.0%", "30.0%", "9.0%", "0.0%"]
    assert [row.name for row in chart.rows] == ["/v1/a", "(none)", "(empty)", "2 others"]
    assert [row.faint for row in chart.rows] == [False, True, True, True]
    table = drawn("bars", chart=bars([Item(NASTY, 1, link="?x=%22&y=1")], "Endpoint"))
    assert next(table.iter("bdi")).text == NASTY


@given(st.lists(st.integers(-(10**12), 10**12), max_size=20))
def test_diverging_bars_share_one_zero_line_and_stay_inside(changes: list[int]) -> None:
    span = Span.of(changes)
    drawn_bars = [span.bar(change) for change in changes]
    assert len({bar.zero for bar in drawn_bars}) <= 1
    for change, bar in zip(changes, drawn_bars, strict=True):
        left, width, zero = (float(each.rstrip("%")) for each in (bar.left, bar.width, bar.zero))
        assert 0 <= left <= left + width <= 100
        assert bar.kind == ("more" if change > 0 else "fewer" if change < 0 else "same")
        edge = left if change > 0 else left + width
        assert change == 0 or edge == pytest.approx(zero, abs=0.4)
        drawn("diverging", bar=bar)


def test_a_heat_map_is_darkest_where_there_is_most() -> None:
    chart = heat(["Mon", "Tue"], ["00", "01"], [[0, 9], [1, None]], "Calls an hour")
    assert [(cell.x, cell.y, cell.shade) for cell in chart.cells] == [(0, 0, 0), (1, 0, 9), (0, 1, 1)]
    assert chart.label == "Calls an hour: at most 9, Mon 01; none in 1 of 3"
    figure_ = drawn("heat", chart=heat([NASTY], [NASTY], [[1]], NASTY))
    assert figure_.findtext(".//rect/title") == f"{NASTY} {NASTY}: 1"
    assert heat([], [], [], "x").label == "x: nothing to show"
    with pytest.raises(ValueError, match="more than"):
        heat([""] * 100, [""] * 100, [], "x")


def test_columns_with_names_have_a_label_each_and_those_of_times_every_few() -> None:
    names = [f"/v1/{n}" for n in range(12)] + ["/v1/payments/:id/refunds"]
    chart = heat(["acme"], names, [[1] * 13], "Calls", names=True)
    assert [mark.text for mark in chart.columns] == [*names[:-1], "/v1/payments/:id/…"]
    assert chart.cells[-1].title == "acme /v1/payments/:id/refunds: 1"
    figure_ = drawn("heat", chart=chart)
    assert len([each for each in figure_.iter("text") if "rotate" in each.get("transform", "")]) == 13
    assert chart.beside >= 0.7 * 18 * 6  # so far the first label may reach to the left
    times = heat(["acme"], [f"{n:02}:00" for n in range(24)], [[1] * 24], "Calls")
    assert [mark.text for mark in times.columns][:3] == ["00:00", "03:00", "06:00"]


def test_a_small_row_is_as_plain_to_read_as_a_large_one_where_shades_are_of_a_row() -> None:
    values = [[1000, 500, 0], [4, 2, 0]]
    by_row = heat(["large", "small"], list("abc"), values, "Calls", by_row=True)
    assert [cell.shade for cell in by_row.cells] == [9, 4, 0, 9, 4, 0]
    of_all = heat(["large", "small"], list("abc"), values, "Calls")
    assert [cell.shade for cell in of_all.cells] == [9, 4, 0, 1, 1, 0]


def test_numbers_are_read_as_people_read_them() -> None:
    assert [figure(each) for each in (12345, 0.12345, -3, 99.5, 1234.5, None, Decimal("2.50"))] == [
        "12,345", "0.123", "−3", "99.5", "1,234.5", "–", "2.5",
    ]  # fmt: skip
    assert [tick_text(each) for each in (0, 2000, 25_000, 1.5e6, -2e9, 0.25)] == [
        "0", "2,000", "25 k", "1.5 M", "−2 G", "0.25",
    ]  # fmt: skip
