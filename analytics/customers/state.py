"""What the top-customers page shows, as its address says; for nonsense the usual, with a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, TypeVar, get_args
from urllib.parse import urlencode

from django.http import QueryDict

from analytics.customers.trend import NEED_A_LOOK, Flag
from analytics.customers.window import USUAL, WINDOWS, Window, WindowError, utc_today

EVENT = "api_request"
SIZES = (25, 50)  # rows a page
SORTS = ("customer", "calls", "change", "active", "last", "trend")
DETAILS = ("plan", "endpoint", "method")  # filters by a property's value
STATUSES = ("2xx", "3xx", "4xx", "5xx")
LOOK = "need a look"  # the flags that do, all at once
FLAGS: tuple[str, ...] = (LOOK, *get_args(Flag))
FILTERS = (*DETAILS, "status", "flag")
TEXT_LENGTH = 200

T = TypeVar("T")


class Wrong(NamedTuple):
    """A parameter of the address that cannot be shown: why, and what is shown instead."""

    parameter: str
    why: str
    instead: str = ""


@dataclass(frozen=True)
class State:
    """`sort` is one of SORTS, falling if `descending`; `page` counts from 1; a filter that is "" is none.

    `called` are the customers whose name has `search` in it. `wrong` is what was asked for and cannot be
    shown.
    """

    window: Window = field(default_factory=lambda: Window.up_to_now(USUAL))
    event: str = EVENT
    plan: str = ""
    endpoint: str = ""
    method: str = ""
    status: str = ""
    flag: str = ""
    sort: str = "calls"
    descending: bool = True
    search: str = ""
    called: tuple[str, ...] = field(default=(), compare=False)
    page: int = 1
    size: int = SIZES[0]
    wrong: tuple[Wrong, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, query: QueryDict, today: date | None = None) -> State:
        """The state of an address. `sort=-calls` is falling, `sort=calls` rising."""
        reader = _Reader(query)
        order = reader.choice("sort", [sign + sort for sort in SORTS for sign in ("-", "")], "-calls")
        return cls(
            window=reader.window(today or utc_today()),
            event=reader.text("event") or EVENT,
            plan=reader.text("plan"),
            endpoint=reader.text("endpoint"),
            method=reader.text("method"),
            status=reader.choice("status", STATUSES, ""),
            flag=reader.choice("flag", FLAGS, ""),
            sort=order.removeprefix("-"),
            descending=order.startswith("-"),
            search=reader.text("search").strip(),
            page=reader.page(),
            size=int(reader.choice("size", map(str, SIZES), str(SIZES[0]))),
            wrong=tuple(reader.wrong),
        )

    @property
    def days(self) -> int:
        return self.window.days

    @property
    def notes(self) -> list[str]:
        """What is wrong, in words for the page."""
        return [f"{each.why} {each.instead}".strip() for each in self.wrong]

    @property
    def flags(self) -> list[str]:
        """The flags that the filter leaves."""
        return sorted(NEED_A_LOOK) if self.flag == LOOK else [self.flag] if self.flag else []

    @property
    def flagged_now(self) -> str:
        """What the filter's customers are: "are quiet now", "need a look now"; "" without it."""
        return f"{'' if self.flag == LOOK else 'are '}{self.flag} now" if self.flag else ""

    @property
    def detailed(self) -> bool:
        """Whether a filter looks at single calls, not at customers: then their details are asked for."""
        return any(getattr(self, name) for name in (*DETAILS, "status"))

    @property
    def filtered(self) -> list[tuple[str, str]]:
        """The filters that are set, and their values."""
        return [(name, getattr(self, name)) for name in FILTERS if getattr(self, name)]

    def query(self, *without: str) -> dict[str, str]:
        """The parts that are not usual, as parameters, except those named ("window" is all three of it)."""
        sort = f"{'-' if self.descending else ''}{self.sort}"
        parts = {
            "event": self.event if self.event != EVENT else "",
            **({} if "window" in without else self.window.query()),
            **dict(self.filtered),
            "sort": sort if sort != "-calls" else "",
            "size": str(self.size) if self.size != SIZES[0] else "",
            "search": self.search,
            "page": str(self.page) if self.page > 1 else "",
        }
        return {name: value for name, value in parts.items() if value and name not in without}

    def link(self, **changes: object) -> str:
        """The address of this state with `changes`, after the page's path; a change leads to page 1."""
        changed = replace(self, **({"page": 1} | changes if changes else {}))  # type: ignore[arg-type]
        return "?" + urlencode(changed.query())

    def sorted_by(self, sort: str) -> str:
        """The link of a column's header: again on the same column turns the order round. Names begin with the
        first one, trends with what has fallen most: that is what needs a look."""
        first = sort not in ("customer", "trend")
        return self.link(sort=sort, descending=not self.descending if sort == self.sort else first)

    def flagged(self, flag: str) -> str:
        """The link to everybody with a flag: the table of 30 days has all whose flags are counted."""
        return State(event=self.event, flag=flag).link()

    @property
    def unfiltered(self) -> str:
        """The link to the same without filters and search."""
        return self.link(**dict.fromkeys(FILTERS, ""), search="")


class _Reader:
    """Reads an address's parameters and keeps a note of each that is none."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.wrong: list[Wrong] = []

    def choice(self, name: str, choices: Iterable[str], usual: str) -> str:
        asked = self.query.get(name, "")
        if not asked or asked in (known := [*choices]):
            return asked or usual
        listed = ", ".join(each for each in known if not each.startswith("-"))
        return self._instead(name, asked, f"There are {listed}.", usual)

    def text(self, name: str) -> str:
        asked = self.query.get(name, "").replace("\0", "")
        if len(asked) > TEXT_LENGTH:
            why = f"The {name} of the address has {len(asked):,} characters, over {TEXT_LENGTH}."
            self.wrong.append(Wrong(name, why, f"Its first {TEXT_LENGTH} are used."))
        return asked[:TEXT_LENGTH]

    def page(self) -> int:
        asked = self.query.get("page", "") or "1"
        if asked.isascii() and asked.isdigit() and len(asked) < 9 and int(asked):
            return int(asked)
        self.wrong.append(no_page(asked, "Pages are numbers from 1 on.", 1))
        return 1

    def window(self, today: date) -> Window:
        usual = Window.up_to_now(USUAL, today)
        first, last = self.query.get("from", ""), self.query.get("to", "")
        if first or last:
            try:
                return Window.between(first, last, today)
            except WindowError as error:
                parameter = "from" if first else "to"
                self.wrong.append(Wrong(parameter, str(error), f"Shown instead: the last {USUAL} days."))
                return usual
        return Window.up_to_now(int(self.choice("window", map(str, WINDOWS), str(USUAL))), today)

    def _instead(self, name: str, asked: str, hint: str, usual: T) -> T:
        self.wrong.append(Wrong(name, f"“{_cut(asked)}” is no {name} of this page. {hint}"))
        return usual


def no_page(asked: str, hint: str, instead: int) -> Wrong:
    return Wrong("page", f"There is no page “{_cut(asked)}”. {hint}", f"Shown instead: page {instead:,}.")


def _cut(asked: str) -> str:
    return asked.replace("\0", "")[:40]
