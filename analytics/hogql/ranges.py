"""Cut a stretch of time into whole days, whole hours and ragged rest. Half-open ranges, UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

Range = tuple[datetime, datetime]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def floor_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def floor_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def ceil(moment: datetime, width: timedelta) -> datetime:
    low = floor_day(moment) if width == DAY else floor_hour(moment)
    return low if low == moment else low + width


def merge(starts: set[datetime], width: timedelta) -> list[Range]:
    """Buckets by their starts → ranges that do not touch."""
    ranges: list[Range] = []
    for start in sorted(starts):
        if ranges and ranges[-1][1] == start:
            ranges[-1] = (ranges[-1][0], start + width)
        else:
            ranges.append((start, start + width))
    return ranges


def subtract(whole: Range, holes: list[Range]) -> list[Range]:
    """`whole` without `holes`, which are sorted and do not overlap."""
    ranges = []
    start, end = whole
    for low, high in holes:
        if low > start:
            ranges.append((start, min(low, end)))
        start = max(start, high)
    if start < end:
        ranges.append((start, end))
    return [item for item in ranges if item[0] < item[1]]


def clip(ranges: list[Range], whole: Range) -> list[Range]:
    clipped = [(max(low, whole[0]), min(high, whole[1])) for low, high in ranges]
    return [item for item in clipped if item[0] < item[1]]


def divide(
    whole: Range, cuts: set[datetime], raw_hours: set[datetime], *, hourly: bool
) -> tuple[list[Range], list[Range], list[Range]]:
    """Days, hours and raw ranges that together are exactly `whole`, each moment once.

    No day and no hour holds a cut inside it; the hours that start at `raw_hours` are raw. With `hourly`
    there are no days.
    """
    cuts = {cut for cut in (*cuts, *whole) if whole[0] <= cut <= whole[1]}
    raw = raw_hours | {floor_hour(cut) for cut in cuts if floor_hour(cut) != cut}
    raw_ranges = clip(merge(raw, HOUR), whole)
    if hourly:
        hours = (floor_hour(whole[0]), ceil(whole[1], HOUR))
        return [], subtract(hours, merge(raw, HOUR)), raw_ranges
    split = {floor_day(hour) for hour in raw} | {floor_day(cut) for cut in cuts if floor_day(cut) != cut}
    days = subtract((floor_day(whole[0]), ceil(whole[1], DAY)), merge(split, DAY))
    bounds = (floor_hour(whole[0]), ceil(whole[1], HOUR))
    hour_ranges = [
        part for day in clip(merge(split, DAY), bounds) for part in subtract(day, merge(raw, HOUR))
    ]
    return days, hour_ranges, raw_ranges
