"""What an address of the customers page means: windows, filters, and a note of all that it cannot mean."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict

from analytics.customers.state import State
from analytics.customers.window import Window

TODAY = date(2026, 5, 16)


def read(address: str) -> State:
    return State.read(QueryDict(address), TODAY)


class TestWindows:
    def test_the_usual_one(self) -> None:
        window = read("").window
        assert (window.first, window.last, window.days) == (date(2026, 4, 17), TODAY, 30)
        assert (window.complete_first, window.complete_last) == (date(2026, 4, 16), date(2026, 5, 15))
        assert (window.before_first, window.before_last) == (date(2026, 3, 17), date(2026, 4, 15))

    def test_one_that_has_ended_is_complete(self) -> None:
        window = read("from=2026-05-01&to=2026-05-14").window
        assert (window.days, window.name) == (14, "1 to 14 May 2026")
        assert (window.complete_first, window.complete_last) == (window.first, window.last)
        assert (window.before_first, window.before_last) == (date(2026, 4, 17), date(2026, 4, 30))

    @pytest.mark.parametrize("address", ["from=2026-05-10", "from=2026-05-10&to=2026-05-16"])
    def test_one_up_to_today_compares_complete_days(self, address: str) -> None:
        window = read(address).window
        assert (window.days, window.last) == (7, TODAY)
        assert (window.complete_first, window.complete_last) == (date(2026, 5, 9), date(2026, 5, 15))

    def test_a_single_day(self) -> None:
        window = read("from=2026-05-02&to=2026-05-02").window
        assert (window.days, window.name) == (1, "2 May 2026")
        assert (window.before_first, window.before_last) == (date(2026, 5, 1),) * 2

    def test_across_months_and_years(self) -> None:
        assert read("from=2025-12-30&to=2026-01-02").window.name == "30 Dec 2025 to 2 Jan 2026"

    @pytest.mark.parametrize(
        ("address", "note"),
        [
            ("from=2026-05-09&to=2026-05-01", "The window ends before it begins: 9 May 2026 to 1 May 2026."),
            ("from=2026-05-09&to=2026-05-17", "17 May 2026 has not come yet: today is 16 May 2026 in UTC."),
            ("from=2030-01-01", "The window ends before it begins: 1 Jan 2030 to 16 May 2026."),
            (
                "from=2024-05-09&to=2026-05-01",
                "9 May 2024 to 1 May 2026 is 723 days; a window has at most 366.",
            ),
            ("from=0001-01-01&to=9999-12-31", "31 Dec 9999 has not come yet: today is 16 May 2026 in UTC."),
            ("to=2026-05-01", "A window needs its first day."),
            ("from=yesterday", "“yesterday” is no date; write it as 2026-05-16."),
            ("from=2026-02-30", "“2026-02-30” is no date; write it as 2026-05-16."),
            ("from=20260501xx", "“20260501xx” is no date; write it as 2026-05-16."),
            ("from=2026-05-01T00", "“2026-05-01T00” is no date; write it as 2026-05-16."),
            ("from=%00%D9%A3&to=<script>", "“\u0663” is no date; write it as 2026-05-16."),
        ],
    )
    def test_what_is_none_is_said(self, address: str, note: str) -> None:
        state = read(address)
        assert state.notes == [f"{note} Shown instead: the last 30 days."]
        assert state.window == Window.up_to_now(30, TODAY)

    def test_what_a_publication_shows_tomorrow(self) -> None:
        for address, words in (
            ("", "the 30 days up to now, whenever it is opened"),
            ("from=2026-05-09&to=2026-05-15", "the 7 days up to yesterday, whenever it is opened"),
            ("from=2026-05-09&to=2026-05-14", "9 to 14 May 2026"),
        ):
            assert read(address).window.how_it_rolls == f"The link always shows {words}."


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "",
            "window=7&sort=calls",
            "event=sign+up&from=2026-05-01&to=2026-05-09&plan=pro&endpoint=%2Fv1%2Fa&method=GET&status=5xx"
            "&flag=quiet&sort=-last&size=50&search=a%26b&page=3",
            "plan=%3Cb%3E%22%27&search=%F0%9F%9A%80+%D8%B4",
        ],
    )
    def test_a_state_is_its_address(self, address: str) -> None:
        state = read(address)
        assert not state.notes
        assert state.link(page=state.page) == f"?{address}"
        assert State.read(QueryDict(state.link(page=state.page)[1:]), TODAY) == state

    def test_a_change_leads_to_the_first_page(self) -> None:
        assert read("plan=pro&page=4").link(plan="free") == "?plan=free"

    @pytest.mark.parametrize(
        ("address", "note"),
        [
            ("window=31", "“31” is no window of this page. There are 7, 30, 90."),
            ("sort=rank", "“rank” is no sort of this page. There are customer, calls, change, active, "),
            ("sort=--calls", "“--calls” is no sort of this page."),
            ("status=200", "“200” is no status of this page. There are 2xx, 3xx, 4xx, 5xx."),
            ("flag=evil<b>", "“evil<b>” is no flag of this page. There are need a look, new, growing, "),
            ("size=100000", "“100000” is no size of this page. There are 25, 50."),
            ("page=-1", "There is no page “-1”. Pages are numbers from 1 on. Shown instead: page 1."),
            ("page=0", "There is no page “0”."),
            ("page=" + "9" * 5000, f"There is no page “{'9' * 40}”."),
            (
                "search=" + "a" * 10_000,
                "The search of the address has 10,000 characters, over 200. Its first",
            ),
            (
                "endpoint=" + "a" * 201,
                "The endpoint of the address has 201 characters, over 200. Its first 200",
            ),
        ],
    )
    def test_what_is_forged_is_said(self, address: str, note: str) -> None:
        (said,) = read(address).notes
        assert said.startswith(note)

    def test_nul_is_in_no_text(self) -> None:
        state = read("search=a%00b&plan=%00")
        assert (state.search, state.plan) == ("ab", "")
