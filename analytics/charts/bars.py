"""Names with horizontal bars: each a share of the whole, the longest bar is the largest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.charts.scale import Value, figure, finite
from analytics.customers.wording import percent


@dataclass(frozen=True)
class Item:
    """`name` None is "(none)" and "" is "(empty)"; `note` stands small beside it; `faint` is no name of the
    data ("12 others"); `link` makes it one."""

    name: str | None
    value: Value
    note: str = ""
    faint: bool = False
    link: str = ""


@dataclass(frozen=True)
class Row:
    """`width` in percent of the column, `share` of the total in words, or ""."""

    name: str
    faint: bool
    note: str
    link: str
    text: str
    share: str
    width: str


@dataclass(frozen=True)
class Bars:
    what: str
    unit: str
    label: str
    rows: list[Row]

    @property
    def shares(self) -> bool:
        """Whether there is a total to have a share of."""
        return any(row.share for row in self.rows)


def bars(items: Sequence[Item], what: str, unit: str = "Calls", *, total: Value = None) -> Bars:
    """`what` heads the names ("Endpoint"), `unit` the values; shares are of `total`, if there is one."""
    sizes = [finite(item.value) for item in items]
    most = max((abs(size) for size in sizes if size), default=0.0) or 1.0
    whole = finite(total)
    rows = [
        Row(
            name={None: "(none)", "": "(empty)"}.get(item.name, item.name or ""),
            faint=item.faint or not item.name,
            note=item.note,
            link=item.link,
            text=figure(item.value),
            share=percent(size / whole) if size is not None and whole else "",
            width=f"{max(0.5, abs(size) * 100 / most):.4g}%" if size else "0",
        )
        for item, size in zip(items, sizes, strict=True)
    ]
    return Bars(what, unit, f"{unit} by {what}", rows)
