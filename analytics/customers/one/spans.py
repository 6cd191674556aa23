"""Which days a customer's page looks at, as far as details of events go back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from analytics.customers.window import Window

Span = tuple[date, date]  # first and last day, both in it
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Spans:
    """`shown` is the window as far as there are details; `now` and `before` are equal, complete, and side by
    side. `cut` says why they are shorter than what was asked for, or ""; None: no details at all."""

    shown: Span
    now: Span
    before: Span
    cut: str = ""

    @property
    def whole(self) -> Span:
        return min(self.before[0], self.shown[0]), max(self.now[1], self.shown[1])

    @property
    def days(self) -> int:
        return (self.now[1] - self.now[0]).days + 1


def spans(window: Window, oldest: date) -> Spans | None:
    """`oldest` is the first day of which there are details."""
    if window.last < oldest or window.complete_last < oldest + DAY:
        return None
    room = (window.complete_last - oldest).days + 1
    days = min(window.days, room // 2)
    shown = (max(window.first, oldest), window.last)
    now = (window.complete_last - (days - 1) * DAY, window.complete_last)
    before = (now[0] - days * DAY, now[0] - DAY)
    cut = "" if days == window.days and shown[0] == window.first else "kept"
    return Spans(shown, now, before, cut)
