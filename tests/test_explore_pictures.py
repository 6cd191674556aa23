"""Which pictures an answer has, and what they show, by the types and places of its columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from analytics.explore.pictures import HEAT_COLUMNS, HEAT_ROWS, pictures
from analytics.query import Column, Result

NOW = datetime(2026, 5, 16, 12, tzinfo=UTC)
DAYS = [date(2026, 5, 1) + timedelta(days=number) for number in range(4)]


def result(columns: dict[str, str], *rows: tuple[Any, ...]) -> Result:
    named = [Column(name, type_) for name, type_ in columns.items()]
    return Result(named, list(rows), False, "rollup", NOW, NOW, NOW, 1.0)


def kinds(answer: Result, wanted: str = "") -> tuple[list[str], str]:
    found = pictures(answer, wanted)
    return [each.kind for each in found], next((each.kind for each in found if each.chosen), "")


def test_a_series_is_lines_or_bars() -> None:
    answer = result({"day": "Date", "calls": "UInt64"}, *((day, n) for n, day in enumerate(DAYS)))
    assert kinds(answer) == (["lines", "bars"], "lines")
    assert kinds(answer, "bars") == (["lines", "bars"], "bars")
    assert kinds(answer, "heat") == (["lines", "bars"], "lines")
    assert kinds(answer, "none") == (["lines", "bars"], "")
    assert [each.value for each in pictures(answer, "")] == ["", "bars"]


def test_a_day_without_rows_is_a_gap() -> None:
    answer = result({"day": "Date", "calls": "UInt64"}, (DAYS[0], 5), (DAYS[1], 6), (DAYS[3], 7))
    lines = pictures(answer, "")[0].chart
    assert lines.buckets == 4
    assert lines.values.splitlines() == ["4 May: 7", "3 May: –", "2 May: 6", "1 May: 5"]


@pytest.mark.parametrize(("now", "part"), [(NOW, False), (datetime(2026, 5, 4, 23, 59, tzinfo=UTC), True)])
def test_a_day_that_is_not_over_looks_so(now: datetime, part: bool) -> None:
    answer = result({"day": "Date", "calls": "UInt64"}, *((day, 5) for day in DAYS))
    for picture in pictures(replace(answer, as_of=now), ""):
        assert bool(picture.chart.part) == part
        assert ("so far" in picture.chart.label) == part


def test_several_customers_are_several_lines_the_largest_first() -> None:
    rows = [(day, f"c{n}", 10 * n) for day in DAYS for n in range(9)]
    answer = result({"day": "Date", "customer": "Nullable(String)", "calls": "UInt64"}, *rows)
    assert kinds(answer) == (["lines", "bars", "heat"], "lines")
    picture = pictures(answer, "")[0]
    assert [line.name for line in picture.chart.legend] == ["c8", "c7", "c6", "c5", "c4", "c3"]
    assert picture.note == "The 6 largest; 3 more in the table."
    assert not [line for line in picture.chart.over if "going" in line.kind]


def test_a_day_that_is_not_over_looks_so_on_each_of_several_lines() -> None:
    columns = {"day": "Date", "customer": "String", "calls": "UInt64"}
    by_name = result(columns, *((day, name, 5) for day in DAYS for name in "ab"))
    by_column = result({"day": "Date", "a": "UInt64", "b": "UInt64"}, *((day, 1, 2) for day in DAYS))
    for answer in (by_name, by_column):
        morning = replace(answer, as_of=datetime(2026, 5, 4, 9, tzinfo=UTC))
        kinds_of = [line.kind for line in pictures(morning, "")[0].chart.over]
        assert kinds_of == ["line0", "line1", "line0 going", "line1 going"]


def test_names_are_bars() -> None:
    answer = result({"endpoint": "String", "calls": "UInt64"}, ("/a", 3), ("", 2), ("/c", 1))
    assert kinds(answer) == (["bars"], "bars")
    assert [(row.name, row.text) for row in pictures(answer, "")[0].chart.rows] == [
        ("/a", "3"),
        ("''", "2"),
        ("/c", "1"),
    ]


def test_names_by_hours_are_a_heat_map() -> None:
    columns = {"customer": "String", "hour": "UInt8", "calls": "UInt64"}
    answer = result(columns, *((f"c{n}", hour, n + hour) for n in range(30) for hour in (3, 5)))
    assert kinds(answer) == (["bars", "heat"], "heat")
    heat = pictures(answer, "")[1]
    assert [label.text for label in heat.chart.columns] == ["3", "4", "5"]
    assert len(heat.chart.rows) == HEAT_ROWS
    assert heat.chart.rows[0].text == "c6"  # the six least are left out, the order is the rows' own
    assert heat.note == (
        "Shades compare within a row: the darkest is where it has most. The 24 largest; 6 more in the table."
    )
    assert not heat.chart.names
    assert "c29 5: 34" in {cell.title for cell in heat.chart.cells}


def test_each_name_beneath_a_heat_map_is_there() -> None:
    columns = {"customer": "String", "endpoint": "String", "calls": "UInt64"}
    answer = result(columns, *((f"c{n}", f"/v1/e{each}", n + each) for n in range(3) for each in range(12)))
    heat = pictures(answer, "heat")[1].chart
    assert heat.names
    assert [label.text for label in heat.columns] == [f"/v1/e{each}" for each in range(12)]


def test_too_many_columns_are_no_heat_map() -> None:
    rows = [(f"c{n % 2}", f"e{n}", n) for n in range(HEAT_COLUMNS + 1)]
    answer = result({"customer": "String", "endpoint": "String", "calls": "UInt64"}, *rows)
    assert kinds(answer) == (["bars"], "bars")


@pytest.mark.parametrize(
    "answer",
    [
        result({"calls": "UInt64"}, (1,)),
        result({"day": "Date", "calls": "UInt64"}),
        result({"day": "Date", "calls": "UInt64"}, (DAYS[0], 1)),
        result({"at": "DateTime64(3)", "event": "String"}, (NOW, "a"), (NOW, "b")),
        result({"list": "Array(String)", "calls": "UInt64"}, (["a"], 1), (["b"], 2)),
    ],
)
def test_what_cannot_be_drawn_has_no_picture(answer: Result) -> None:
    assert pictures(answer, "") == []


def test_the_last_call_says_something_of_a_customer_and_is_no_axis() -> None:
    columns = {"customer": "String", "calls": "UInt64", "last_call_at": "DateTime64(3)"}
    answer = result(columns, ("a", 3, NOW), ("b", 2, NOW))
    assert kinds(answer) == (["bars"], "bars")


def test_odd_values_break_nothing() -> None:
    day = {"day": "Nullable(Date)", "share": "Nullable(Float64)"}
    nan, endless = float("nan"), float("inf")
    answer = result(day, (None, 1.0), (DAYS[0], nan), (DAYS[1], endless), (DAYS[3], None), (DAYS[2], -1.5))
    assert kinds(answer) == (["lines", "bars"], "lines")
    twice = result(
        {"day": "Date", "who": "String", "n": "UInt64"}, *[(DAYS[0], "a", 1), (DAYS[1], "a", 1)] * 2
    )
    assert kinds(twice) == (["lines", "bars", "heat"], "lines")
    far = result({"at": "DateTime64(3)", "n": "UInt64"}, (NOW, 1), (NOW + timedelta(milliseconds=1), 2),
                 (NOW + timedelta(days=900), 3))  # fmt: skip
    assert pictures(far, "")[0].chart.buckets == 3


def test_years_stand_at_the_axis_where_there_are_several() -> None:
    answer = result({"day": "Date", "calls": "UInt64"}, (date(2025, 12, 31), 1), (date(2026, 1, 1), 2))
    assert [mark.text for mark in pictures(answer, "")[0].chart.marks] == ["31 Dec 2025", "1 Jan 2026"]
