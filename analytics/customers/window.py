"""The window of the top-customers page: some days up to now, or from one date to another.

Whatever the window, changes compare as many complete days with as many before them. Days are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from analytics.customers.wording import day, long_day, plural

WINDOWS = (7, 30, 90)  # days up to now that have a button
USUAL = 30
LONGEST = 366  # days


class WindowError(Exception):
    """Two dates that are no window; its text is one sentence for the person who gave them."""


def in_time(begun: date, first: date, days: int) -> bool:
    """Whether a project whose calls begin on a day has all of the `days` from `first` on."""
    return begun <= latest_beginning(first, days)


def latest_beginning(first: date, days: int) -> date:
    """It may begin some days into them: the first days may just be a weekend."""
    return first + timedelta(days=min(max(2, days // 4), days - 1))


def utc_today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Window:
    """Days from `first` to `last`, both in it. `named` is its button's number of days, 0 for two dates."""

    first: date
    last: date
    today: date
    named: int = 0

    @classmethod
    def up_to_now(cls, days: int, today: date | None = None) -> Window:
        """`days` days of which today, so far, is the last."""
        today = today or utc_today()
        return cls(today - timedelta(days=days - 1), today, today, days)

    @classmethod
    def between(cls, first: str, last: str, today: date) -> Window:
        """From the texts of two dates; without a last one, up to now. Raises WindowError."""
        if not first:
            raise WindowError("A window needs its first day.")
        begin, end = _date(first), _date(last) if last else today
        if end < begin:
            raise WindowError(f"The window ends before it begins: {long_day(begin)} to {long_day(end)}.")
        if end > today:
            raise WindowError(f"{long_day(end)} has not come yet: today is {long_day(today)} in UTC.")
        window = cls(begin, end, today)
        if window.days > LONGEST:
            raise WindowError(
                f"{long_day(begin)} to {long_day(end)} is {plural(window.days, 'day')}; "
                f"a window has at most {LONGEST}."
            )
        return window

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def complete_last(self) -> date:
        """Today is a part of a day: the complete days of a window up to now end yesterday."""
        return min(self.last, self.today - timedelta(days=1))

    @property
    def complete_first(self) -> date:
        return self.complete_last - timedelta(days=self.days - 1)

    @property
    def before_last(self) -> date:
        return self.complete_first - timedelta(days=1)

    @property
    def before_first(self) -> date:
        """The first day of all that the page looks at."""
        return self.before_last - timedelta(days=self.days - 1)

    def compares(self, begun: date) -> bool:
        """Whether the period before is complete: a project whose calls begin on a day inside it has nothing
        to compare with."""
        return in_time(begun, self.before_first, self.days)

    def nothing_before(self, begun: date) -> str:
        """Why a change has nothing to be against; `begun` as for `compares`."""
        if self.compares(begun):
            return f"no calls in {self.before}"
        are = "is" if self.days == 1 else "are"
        return f"the project's first call is of {long_day(begun)}: {self.before} {are} not complete"

    @property
    def rolls(self) -> bool:
        """Whether it is asked for by the clock; one that ended before yesterday is asked for by its dates."""
        return (self.today - self.last).days <= 1

    @property
    def name(self) -> str:
        """ "30 days"; "1 to 14 May 2026"."""
        if self.named:
            return plural(self.named, "day")
        if self.first == self.last:
            return long_day(self.last)
        same = (self.first.year, self.first.month) == (self.last.year, self.last.month)
        return f"{self.first.day if same else long_day(self.first)} to {long_day(self.last)}"

    @property
    def span(self) -> str:
        """ "31 Oct to 29 Nov"; "29 Nov"."""
        return day(self.last) if self.days == 1 else f"{day(self.first)} to {day(self.last)}"

    @property
    def before(self) -> str:
        """ "the 30 days before"."""
        return "the day before" if self.days == 1 else f"the {plural(self.days, 'day')} before"

    @property
    def how_it_rolls(self) -> str:
        """What somebody who publishes it wants to know: whether tomorrow's readers see the same days."""
        if not self.rolls:
            return f"The link always shows {self.name}."
        until = "now" if self.last == self.today else "yesterday"
        return f"The link always shows the {plural(self.days, 'day')} up to {until}, whenever it is opened."

    def query(self) -> dict[str, str]:
        """Its parameters in an address; none for the usual one."""
        if self.named:
            return {"window": str(self.named)} if self.named != USUAL else {}
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    def day(self, value: date) -> str:
        """A day in HogQL: by the clock, or as a date."""
        if not self.rolls:
            return f"toDate('{value.isoformat()}')"
        ago = (self.today - value).days
        return f"today() - {ago}" if ago else "today()"

    def has(self, first: date, last: date) -> str:
        """A condition: `day` is one of these."""
        return f"day >= {self.day(first)} and day <= {self.day(last)}"


def _date(text: str) -> date:
    """From YYYY-MM-DD, as a browser sends it."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        shown = text.replace("\0", "")[:30]
        raise WindowError(f"“{shown}” is no date; write it as 2026-05-16.") from None
