"""The words for units of time that ClickHouse reads, in any case, with and without an s."""

from __future__ import annotations

UNITS: dict[str, tuple[str, ...]] = {
    "microsecond": ("us", "u"),
    "millisecond": ("ms",),
    "second": ("ss", "s"),
    "minute": ("mi", "n"),
    "hour": ("hh", "h"),
    "day": ("dd", "d"),
    "week": ("ww", "wk"),
    "month": ("mm", "m"),
    "quarter": ("qq", "q"),
    "year": ("yyyy", "yy"),
}
WORDS = {
    word: unit for unit, short in UNITS.items() for word in (unit, f"{unit}s", f"sql_tsi_{unit}", *short)
}
BELOW_DAY = ("microsecond", "millisecond", "second", "minute", "hour")
DIGITS = {"millisecond": 3, "microsecond": 6}


def unit_of(word: object) -> str | None:
    """The unit that a word is, None if it is none."""
    return WORDS.get(word.lower()) if isinstance(word, str) else None
