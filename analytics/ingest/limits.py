"""How deep, how wide and how large an event's values may be."""

from __future__ import annotations

import sys
from typing import Any

from analytics.ingest.verdicts import Verdict

LEVELS = 32  # of objects and arrays inside each other; the event itself is the first
KEYS = 512  # of the properties, those of nested objects included
LARGEST = sys.float_info.max


def measure(sent: dict[str, Any]) -> None:
    """Raises Verdict `too_deep`, `too_many_keys` or `bad_number`."""
    keys = _keys(sent, 1) - len(sent)
    if keys > KEYS or len(sent) > KEYS:
        raise Verdict("too_many_keys", f"The event has more than {KEYS} keys.", "properties")


def _keys(value: dict[str, Any] | list[Any], level: int) -> int:
    """How many keys the objects of `value` have in all."""
    if level > LEVELS:
        raise Verdict("too_deep", f"The event has more than {LEVELS} levels.")
    if isinstance(value, list):
        return sum(_keys_of_one(item, level) for item in value if type(item) is not str)
    keys = len(value)
    name = ""
    try:
        for name, item in value.items():  # noqa: B007 (read in except)
            if type(item) is not str:
                keys += _keys_of_one(item, level)
    except Verdict as verdict:
        raise verdict.inside(name) from None
    return keys


def _keys_of_one(item: object, level: int) -> int:
    kind = type(item)
    if kind is dict or kind is list:
        return _keys(item, level + 1)  # type: ignore[arg-type]
    if (kind is int or kind is float) and not -LARGEST <= item <= LARGEST:  # type: ignore[operator]
        raise Verdict("bad_number", "A number is too large for a 64-bit float.")
    return 0
