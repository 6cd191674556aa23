"""An hour that a window cuts, taken as the whole hour less what lies outside the cut, where that reads fewer
raw events. Counts allow it, and nothing else: what is least, last or different does not come off again, and
of sums of floats a large number leaves nothing behind.

A question that compares two weeks has a cut in the middle, and reads both sides of it. At 44 million events
an hour has 59,000 raw events and 930 rows of rollups: with a cut ten minutes before its end, such a question
took 26 ms of CPU, not 39.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from analytics.hogql.ranges import HOUR, Range, floor_hour
from analytics.hogql.tree import Aggregate, Call, Column, Compare, Literal, Select
from analytics.hogql.types import UINT8, UINT64
from analytics.hogql.walk import aggregates_of

# The rest is read twice, for its own side and to be taken away: less is not worth it.
LONG = timedelta(minutes=40)
MOST = 4  # such hours in one SELECT: each makes the statement longer


@dataclass(frozen=True)
class Less:
    """The long stretch `taken` of an hour: the hour without `others`."""

    taken: Range
    others: tuple[Range, ...]

    @property
    def hour(self) -> Range:
        start = floor_hour(self.taken[0])
        return start, start + HOUR


def ragged(whole: Range, cuts: set[datetime], gaps: set[datetime]) -> list[Less]:
    """Of the hours that are cut, those with a long stretch inside the window."""
    cuts = {cut for cut in (*cuts, *whole) if whole[0] <= cut <= whole[1]}
    found = []
    for hour in sorted({floor_hour(cut) for cut in cuts if floor_hour(cut) != cut} - gaps):
        edges = sorted({hour, hour + HOUR, *(cut for cut in cuts if hour < cut < hour + HOUR)})
        stretches = list(pairwise(edges))
        taken = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
        if taken[1] - taken[0] >= LONG and whole[0] <= taken[0] and taken[1] <= whole[1]:
            found.append(Less(taken, tuple(stretch for stretch in stretches if stretch != taken)))
    return found[:MOST]


def only_counted(select: Select, alias: str) -> Select | None:
    """The SELECT over rollup rows, without groups of which nothing is left; None if it more than counts."""
    calls = Aggregate("sum", (Column(alias, "calls", UINT64),), UINT64)
    counted = all(replace(found, condition=None, type=UINT64) == calls for found in aggregates_of(select))
    if not (select.aggregated and counted) or select.sets:
        return None
    if not select.group_by:
        return select
    some = Compare(">", calls, Literal(0, UINT8), UINT8)
    return replace(
        select, having=some if select.having is None else Call("and", (select.having, some), UINT8)
    )
