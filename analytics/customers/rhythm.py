"""A customer's own rhythm: on which weekdays it calls, and how unusual its present silence is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.customers.wording import plural

REGULAR = 0.5  # a weekday on which it called at least this often is one of its days
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY, WORK_DAYS = frozenset(range(7)), frozenset(range(5))


@dataclass(frozen=True)
class Silence:
    """How the present silence compares: all counts are of the customer's own days (`usual` weekdays) or
    hours (of the week).

    `attended` of `expected` own days up to the last call had calls; then `missed` followed, where the
    longest run missed before was `longest_before`. `chance` is that of missing so many by its attendance
    (rule of succession, so that a short perfect record proves little).
    """

    usual: frozenset[int]
    attended: int
    expected: int
    missed: int
    longest_before: int

    @property
    def chance(self) -> float:
        return float((1 - (self.attended + 1) / (self.expected + 2)) ** self.missed)


def silence(calls: Sequence[int], first: date) -> Silence:
    """The silence at the end of `calls`, one count a day from `first` on; some day must have calls."""
    return silence_of(calls, first.weekday(), 7)


def silence_of(calls: Sequence[int], first: int, cycle: int) -> Silence:
    """The same for any rhythm: `calls` are counts of slots, of which `cycle` make a round; the first one is
    slot `first` of it. Its own slots are those in which it calls in half of the rounds."""
    active = [index for index, count in enumerate(calls) if count]
    begin, last = active[0], active[-1]
    usual = _usual(calls[begin : last + 1], first + begin, cycle)
    own = [index for index in range(begin, len(calls)) if (first + index) % cycle in usual]
    present = [bool(calls[index]) for index in own if index <= last]
    return Silence(
        usual, sum(present), len(present), sum(index > last for index in own), _longest_run(present)
    )


def _usual(calls: Sequence[int], first: int, cycle: int) -> frozenset[int]:
    """The slots of its rhythm; every one where it has none."""
    seen, called = [0] * cycle, [0] * cycle
    for index, count in enumerate(calls):
        slot = (first + index) % cycle
        seen[slot] += 1
        called[slot] += bool(count)
    usual = frozenset(slot for slot in range(cycle) if seen[slot] and called[slot] >= REGULAR * seen[slot])
    return usual or frozenset(range(cycle))


def _longest_run(present: Sequence[bool]) -> int:
    longest = run = 0
    for here in present:
        run = 0 if here else run + 1
        longest = max(longest, run)
    return longest


def sentence(silence: Silence, days_ago: int, span: int) -> str:
    """ "calls every weekday; silent for 2 weekdays, the first time in 60 days"."""
    novelty = "its longest silence" if silence.longest_before else "the first time"
    return f"{_habit(silence)}; {_missing(silence, days_ago)}, {novelty} in {span} days"


def _habit(silence: Silence) -> str:
    days = _names(silence.usual)
    rate = silence.attended / silence.expected
    if rate == 1:
        return f"calls every {days}"
    if rate >= 0.9:
        return f"calls nearly every {days}"
    return f"calls on {silence.attended} of {silence.expected} days"


def _missing(silence: Silence, days_ago: int) -> str:
    if silence.usual == EVERY_DAY:
        return f"silent for {plural(days_ago, 'day')}"
    if silence.usual == WORK_DAYS:
        return f"silent for {plural(silence.missed, 'weekday')}"
    if len(silence.usual) == 1:
        return f"missed {plural(silence.missed, _names(silence.usual))}"
    return f"missed the last {plural(silence.missed, 'such day')}"


def _names(usual: frozenset[int]) -> str:
    if usual == EVERY_DAY:
        return "day"
    if usual == WORK_DAYS:
        return "weekday"
    *others, last = (WEEKDAYS[day] for day in sorted(usual))
    return f"{', '.join(others)} and {last}" if others else last
