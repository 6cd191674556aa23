"""Numbers, dates and ages as people read them. UTC throughout; minus is U+2212."""

from __future__ import annotations

from datetime import date, datetime

MINUS = "\u2212"
MOVES = 0.1  # a change from here on has a colour


def number(value: int) -> str:
    """18420000 → "18,420,000"."""
    return f"{value:,}".replace("-", MINUS)


def short(value: int) -> str:
    """A figure's size at a glance: 44000000 → "44.0 M", 9842 → "9,842"."""
    for size, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if abs(value) >= size:
            return f"{value / size:,.1f} {unit}".replace("-", MINUS)
    return number(value)


def plural(count: int, noun: str) -> str:
    """2, "day" → "2 days"."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def signed_percent(ratio: float | None, digits: int = 1) -> str:
    """0.031 → "+3.1%", -0.5 → "−50.0%", None → "" (nothing to compare with)."""
    if ratio is None:
        return ""
    text = f"{abs(ratio) * 100:,.{digits}f}"
    if not float(text.replace(",", "")):
        return f"{text}%"
    return f"{'+' if ratio > 0 else MINUS}{text}%"


def signed(value: int) -> str:
    """A change: 1200 → "+1,200", -3 → "−3", 0 → "0"."""
    return f"+{number(value)}" if value > 0 else number(value)


def tone(ratio: float) -> str:
    """The class of a change's colour: only what moves has one."""
    return "up" if ratio >= MOVES else "down" if ratio <= -MOVES else "soft"


def percent(ratio: float) -> str:
    """A share: 0.4186 → "41.9%", and what is more than none never reads as none."""
    return "<0.1%" if 0 < ratio < 0.0005 else f"{ratio * 100:,.1f}%"


def whole_percent(ratio: float) -> str:
    """A share at a glance: 0.4186 → "42%"; less than all never reads as all, nor more than none as none."""
    if 0 < ratio < 0.005:
        return "<1%"
    return f"{min(ratio, 0.99) if ratio < 1 else ratio:,.0%}"


def day(value: date) -> str:
    """date(2026, 5, 4) → "4 May"."""
    return f"{value.day} {value:%b}"


def long_day(value: date) -> str:
    """date(2026, 5, 4) → "4 May 2026"."""
    return f"{value.day} {value:%b} {value.year}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago: minutes and hours that have passed, from 24 hours on days to the nearest."""
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86_400:
        return f"{int(seconds // 3600)} h ago"
    return f"{plural(days_since(moment, now), 'day')} ago"


def days_since(moment: datetime, now: datetime) -> int:
    """To the nearest day, as people count: 39 hours are 2 days."""
    return round((now - moment).total_seconds() / 86_400)
