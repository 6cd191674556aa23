"""What the top-customers page shows, as its address says; nonsense falls back to the defaults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

EVENT = "api_request"
WINDOWS = (7, 30, 90)  # days
SIZES = (25, 50)  # rows a page
SORTS = ("customer", "calls", "change", "active", "last", "trend")
SEARCH_LENGTH = 200


@dataclass(frozen=True)
class State:
    """`window` in days; `sort` is one of SORTS, falling if `descending`; `page` counts from 1."""

    window: int = 30
    sort: str = "calls"
    descending: bool = True
    search: str = ""
    page: int = 1
    size: int = SIZES[0]

    @classmethod
    def read(cls, query: QueryDict) -> State:
        """The state of an address. `sort=-calls` is falling, `sort=calls` rising."""
        asked = query.get("sort", "-calls")
        sort = asked.removeprefix("-")
        known = sort in SORTS
        return cls(
            window=_choice(query.get("window"), WINDOWS, cls.window),
            sort=sort if known else cls.sort,
            descending=asked.startswith("-") if known else cls.descending,
            search=query.get("search", "").replace("\0", "").strip()[:SEARCH_LENGTH],
            page=_page(query.get("page", "")),
            size=_choice(query.get("size"), SIZES, cls.size),
        )

    @property
    def twice(self) -> int:
        """Days that the page looks at: the window and the one before it."""
        return 2 * self.window

    def query(self, *, form: bool = False) -> dict[str, str]:
        """The parts that are not default, as parameters; without search and page for the search `form`."""
        sort = f"{'-' if self.descending else ''}{self.sort}"
        parts = {
            "window": str(self.window) if self.window != State.window else "",
            "sort": sort if sort != "-calls" else "",
            "size": str(self.size) if self.size != State.size else "",
            "search": "" if form else self.search,
            "page": "" if form or self.page == 1 else str(self.page),
        }
        return {name: value for name, value in parts.items() if value}

    def link(self, **changes: object) -> str:
        """The address of this state with `changes`, after the page's path; a change leads to page 1."""
        changed = replace(self, **({"page": 1} | changes if changes else {}))  # type: ignore[arg-type]
        return "?" + urlencode(changed.query())

    def sorted_by(self, sort: str) -> str:
        """The link of a column's header: again on the same column turns the order round."""
        first = sort != "customer"
        return self.link(sort=sort, descending=not self.descending if sort == self.sort else first)


def _choice(asked: str | None, choices: tuple[int, ...], default: int) -> int:
    return next((choice for choice in choices if asked == str(choice)), default)


def _page(asked: str) -> int:
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
