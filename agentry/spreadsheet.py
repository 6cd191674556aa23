"""What a spreadsheet does with a CSV file: it runs some of the text as formulas. One rule for every file."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def inert(text: str) -> str:
    """The text, with a leading ' where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
