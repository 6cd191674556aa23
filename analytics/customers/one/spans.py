"""Which days a customer's page looks at: as far as details of events and the project's calls go back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from analytics.customers.window import Window, in_time

Span = tuple[date, date]  # first and last day, both in it
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Spans:
    """`shown` is the window as far as there are details; `now` and `before` are equal, complete, and side by
    side. `cut` says why they are shorter than what was asked for, or "": details are kept for a while only,
    or the project's calls begin inside them. Without `compares` they begin too late for any two days."""

    shown: Span
    now: Span
    before: Span
    cut: Literal["", "kept", "begun"] = ""
    compares: bool = True

    @property
    def whole(self) -> Span:
        return min(self.before[0], self.shown[0]), max(self.now[1], self.shown[1])

    @property
    def days(self) -> int:
        return (self.now[1] - self.now[0]).days + 1


def spans(window: Window, oldest: date, begun: date) -> Spans | None:
    """`oldest` is the first day of which there are details, `begun` the first with calls of the project.
    None: no details at all.

    Days of before the project began are no days without calls: where they would count, the spans begin after
    `begun`, which itself may be a part of a day."""
    if window.last < oldest or window.complete_last < oldest + DAY:
        return None
    shown = (max(window.first, oldest), window.last)
    now, before = _side_by_side(window, oldest)
    days = (now[1] - now[0]).days + 1
    kept = days < window.days or shown[0] > window.first
    if in_time(begun, before[0], days):
        return Spans(shown, now, before, "kept" if kept else "")
    if window.complete_last < begun + 2 * DAY:
        return Spans(shown, now, before, "begun", compares=False)
    return Spans(shown, *_side_by_side(window, max(oldest, begun + DAY)), "begun")


def _side_by_side(window: Window, oldest: date) -> tuple[Span, Span]:
    """As many complete days as the window has, and as many before; fewer where `oldest` leaves no room."""
    last = window.complete_last
    days = min(window.days, ((last - oldest).days + 1) // 2)
    first = last - (days - 1) * DAY
    return (first, last), (first - days * DAY, first - DAY)
