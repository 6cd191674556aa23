"""What the top-customers page shows, as its address says; for nonsense the usual, with a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar, get_args
from urllib.parse import urlencode

from django.http import QueryDict

from analytics.customers.trend import Flag
from analytics.customers.window import USUAL, WINDOWS, Window, WindowError, utc_today

EVENT = "api_request"
SIZES = (25, 50)  # rows a page
SORTS = ("customer", "calls", "change", "active", "last", "trend")
DETAILS = ("plan", "endpoint", "method")  # filters by a property's value
STATUSES = ("2xx", "3xx", "4xx", "5xx")
FLAGS: tuple[str, ...] = get_args(Flag)
FILTERS = (*DETAILS, "status", "flag")
TEXT_LENGTH = 200

T = TypeVar("T")


@dataclass(frozen=True)
class State:
    """`sort` is one of SORTS, falling if `descending`; `page` counts from 1; a filter that is "" is none.

    `called` are the customers whose name has `search` in it. `notes` say what was asked for and cannot be
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
    notes: tuple[str, ...] = field(default=(), compare=False)

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
            notes=tuple(reader.notes),
        )

    @property
    def days(self) -> int:
        return self.window.days

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
        """The link of a column's header: again on the same column turns the order round."""
        first = sort != "customer"
        return self.link(sort=sort, descending=not self.descending if sort == self.sort else first)

    @property
    def unfiltered(self) -> str:
        """The link to the same without filters and search."""
        return self.link(**dict.fromkeys(FILTERS, ""), search="")


class _Reader:
    """Reads an address's parameters and keeps a note of each that is none."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.notes: list[str] = []

    def choice(self, name: str, choices: Iterable[str], usual: str) -> str:
        asked = self.query.get(name, "")
        if not asked or asked in (known := [*choices]):
            return asked or usual
        listed = ", ".join(each for each in known if not each.startswith("-"))
        return self._instead(name, asked, f"There are {listed}.", usual)

    def text(self, name: str) -> str:
        asked = self.query.get(name, "").replace("\0", "")
        if len(asked) > TEXT_LENGTH:
            self.notes.append(
                f"The {name} of the address has {len(asked):,} characters; "
                f"only its first {TEXT_LENGTH} are used."
            )
        return asked[:TEXT_LENGTH]

    def page(self) -> int:
        asked = self.query.get("page", "") or "1"
        if asked.isascii() and asked.isdigit() and len(asked) < 9 and int(asked):
            return int(asked)
        return self._instead("page", asked, "Pages are numbers from 1 on.", 1)

    def window(self, today: date) -> Window:
        usual = Window.up_to_now(USUAL, today)
        first, last = self.query.get("from", ""), self.query.get("to", "")
        if first or last:
            try:
                return Window.between(first, last, today)
            except WindowError as error:
                self.notes.append(f"{error} Shown instead: the last {USUAL} days.")
                return usual
        return Window.up_to_now(int(self.choice("window", map(str, WINDOWS), str(USUAL))), today)

    def _instead(self, name: str, asked: str, hint: str, usual: T) -> T:
        shown = asked.replace("\0", "")[:40]
        self.notes.append(f"“{shown}” is no {name} of this page. {hint}")
        return usual
