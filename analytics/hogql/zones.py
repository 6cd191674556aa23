"""Names of time zones that a query may use, and what ClickHouse derives from a zone's history."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_SAMPLES = [datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=5 * step) for step in range(68 * 73)]


@cache
def known() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: object) -> bool:
    """Whether this is a zone of the tz database; never raises."""
    return isinstance(name, str) and name in known()


@cache
def has_whole_hours(zone: str) -> bool:
    """Whether the zone's offset has been a whole number of hours since 1970: then its hours are UTC's."""
    return all(_offset(zone, moment) % 3600 == 0 for moment in _SAMPLES)


@cache
def epoch_offset(zone: str) -> int:
    """Seconds east of UTC in 1970: ClickHouse counts a zone's hours and minutes from there."""
    return _offset(zone, datetime(1970, 1, 1, tzinfo=UTC))


def _offset(zone: str, moment: datetime) -> int:
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def wall(moment: datetime, zone: str) -> datetime:
    """What the zone's clock shows then, without a zone; "" is UTC."""
    return moment.astimezone(ZoneInfo(zone) if zone else UTC).replace(tzinfo=None)


def at(clock: datetime, zone: str) -> datetime:
    """The moment (UTC) when the zone's clock shows it, as ClickHouse chooses: the first of two; where the
    clock skips it, the shift is taken off."""
    if not zone:
        return clock.replace(tzinfo=UTC)
    moment = clock.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return moment if wall(moment, zone) == clock else moment - (wall(moment, zone) - clock)


def day_start(day: date, zone: str) -> datetime:
    """The first moment (UTC) of a zone's day; where midnight is skipped, the first there is."""
    midnight = datetime.combine(day, time())
    if not zone:
        return midnight.replace(tzinfo=UTC)
    return midnight.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
