"""Names of time zones that a query may use."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: object) -> bool:
    """Whether this is a zone of the tz database; never raises."""
    return isinstance(name, str) and name in _known()
