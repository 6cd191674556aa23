"""The function table: every scalar function and operator, by its name, and how names may be written."""

from __future__ import annotations

from analytics.hogql.functions import (
    arithmetic,
    array_changes,
    array_more,
    array_runs,
    array_sets,
    arrays,
    convert,
    decimals,
    encodings,
    hashes,
    higher_order,
    json,
    likes,
    list_text,
    logic,
    regex_changes,
    regexes,
    text,
    text_ends,
    text_parts,
    text_search,
    time_buckets,
    time_convert,
    time_format,
    time_intervals,
    time_made,
    time_moves,
    time_parts,
    time_spans,
    time_zones,
    tuples,
    urls,
)
from analytics.hogql.functions.row import Function

FAMILIES: dict[str, list[Function]] = {
    "Arithmetic": arithmetic.ROWS + decimals.ROWS,
    "Conditions": logic.ROWS,
    "Text": text.ROWS + text_ends.ROWS + text_parts.ROWS,
    "Search in text": text_search.ROWS,
    "Regular expressions": likes.ROWS + regexes.ROWS + regex_changes.ROWS,
    "URLs": urls.ROWS,
    "Hashes": hashes.ROWS,
    "Encodings": encodings.ROWS,
    "Conversions": convert.ROWS,
    "JSON": json.ROWS,
    "Parts of a time": time_parts.ROWS,
    "Text and numbers as times": time_convert.ROWS + time_made.ROWS,
    "Times cut to buckets": time_buckets.ROWS + time_intervals.ROWS,
    "Times as text": time_format.ROWS,
    "Times moved": time_moves.ROWS,
    "Between times": time_spans.ROWS,
    "Time zones": time_zones.ROWS,
    "Arrays": arrays.ROWS + array_changes.ROWS + array_sets.ROWS + array_more.ROWS + list_text.ROWS,
    "Arrays, with a lambda": higher_order.ROWS + array_runs.ROWS,
    "Tuples": tuples.ROWS,
}
# A function of text that also takes an array is another row, by this name.
OF_ARRAYS = " of arrays"
FUNCTIONS: dict[str, Function] = {row.name: row for rows in FAMILIES.values() for row in rows}

# Read by calls.py itself: `if` and `multiIf` are Case; `now`, `today`, `yesterday` the query's own moment.
SPECIAL = {
    "if": "if",
    "multiif": "multiIf",
    "casewithoutexpression": "multiIf",
    "casewithoutexpr": "multiIf",
    "now": "now",
    "today": "today",
    "yesterday": "yesterday",
    "now64": "now64",
    "utctimestamp": "UTCTimestamp",
    "utc_timestamp": "UTCTimestamp",
    "current_timestamp": "now",
    "localtimestamp": "now",
    "localtime": "now",
    "current_date": "today",
    "curdate": "today",
}
_EXACT = {name: row.name for row in FUNCTIONS.values() for name in (row.name, *row.aliases)}
_ANY_CASE = {name.lower(): row.name for row in FUNCTIONS.values() for name in row.any_case} | SPECIAL


def canonical(name: str) -> str:
    """The table's name for what the user wrote: case folded where ClickHouse folds it, aliases followed."""
    return _EXACT.get(name) or _ANY_CASE.get(name.lower(), name)


def names() -> list[str]:
    """Every name that may be written."""
    return [name for name in (*_EXACT, *SPECIAL.values()) if " " not in name]
