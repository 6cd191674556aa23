"""Which property lies in which column of `events`, and its text in a row.

A column takes a value only if it gives back exactly the JSON value that was sent; everything else stays in
`rest`. JSON has one kind of number, so 12 and 12.0 are the same value and either may lie in `latency_ms`; an
integer beyond 2^53 may not, because a float's shortest digits need not be its own.
"""

from __future__ import annotations

from typing import Any

from analytics.ingest.event import NULL, NUMBER_COLUMNS, TEXT_COLUMNS, escaped

INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)
FLOAT_INTEGERS = range(-(2**53), 2**53 + 1)
TYPED_NAMES = 1_000  # names an entry reports
NAME_CHARS = 200  # a longer name does not fit an index row
_COLUMNS = frozenset((*TEXT_COLUMNS, *NUMBER_COLUMNS))


def take_text(rest: dict[str, Any], name: str) -> str:
    """Take a property out of `rest` if it is a string."""
    value = rest.get(name)
    if type(value) is not str:
        return NULL
    del rest[name]
    return escaped(value)


def take_integer(rest: dict[str, Any], name: str, within: range) -> int | str:
    """Take a property out of `rest` if it is an integer (True is none) of that range."""
    value = rest.get(name)
    if type(value) is not int or value not in within:
        return NULL
    del rest[name]
    return value


def take_float(rest: dict[str, Any], name: str) -> float | str:
    """Take a property out of `rest` if it is a float or an integer that every reader of floats gives back."""
    value = rest.get(name)
    if type(value) is float or (type(value) is int and value in FLOAT_INTEGERS):
        del rest[name]
        return value
    return NULL


def note_types(rest: dict[str, Any], types: dict[str, str]) -> None:
    """Add the types of properties not seen before to `types`, name → Numeric, Boolean or String.

    null says nothing; a column's type is its own."""
    for name, value in rest.items():
        if name not in types and value is not None:
            _note(name, value, types)


def _note(name: str, value: object, types: dict[str, str]) -> None:
    if len(types) >= TYPED_NAMES or len(name) > NAME_CHARS or name in _COLUMNS:
        return
    kind = type(value)
    types[name] = "Boolean" if kind is bool else "Numeric" if kind in (int, float) else "String"
