"""The stretch of time that a WHERE leaves: what an event must lie in to matter at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from analytics.hogql.constants import fold, instant
from analytics.hogql.thresholds import SECOND, SWAPPED, own_time, threshold
from analytics.hogql.tree import Call, Compare, Expr, In, Literal
from analytics.hogql.types import DATETIME64, UINT8

Bounds = tuple[datetime | None, datetime | None]
NONE: Bounds = (None, None)
DAY = timedelta(days=1)
# Functions that cut a time to the start of a bucket: how far the next start lies at most.
WIDTHS = {
    "toStartOfHour": timedelta(hours=1),
    "toDate": DAY,
    "toStartOfDay": DAY,
    "toMonday": 7 * DAY,
    "toStartOfWeek": 7 * DAY,
    "toStartOfMonth": 31 * DAY,
    "toStartOfQuarter": 92 * DAY,
    "toStartOfYear": 366 * DAY,
}


def bounds(where: Expr | None, alias: str) -> Bounds:
    """[since, until) that the ANDed conditions on the time imply; None where they leave it open."""
    conditions = where.args if isinstance(where, Call) and where.name == "and" else (where,)
    found = [_bound(condition, alias) for condition in conditions]
    return (
        max((low for low, _ in found if low), default=None),
        min((high for _, high in found if high), default=None),
    )


def beyond_bounds(where: Expr | None, alias: str) -> Expr | None:
    """What `bounds` does not say already, word for word: rows inside them need not be asked it again."""
    conditions = where.args if isinstance(where, Call) and where.name == "and" else (where,)
    rest = tuple(part for part in conditions if part is not None and not _is_said(part, alias))
    if len(rest) < 2:
        return rest[0] if rest else None
    return Call("and", rest, UINT8)


def _is_said(condition: Expr, alias: str) -> bool:
    if not isinstance(condition, Compare):
        return False
    if threshold(condition, alias) is not None:
        return True
    left, right = condition.left, condition.right
    if isinstance(left, Literal):
        left, right = right, left
    moment = instant(right) if isinstance(right, Literal) else None
    if moment is None or not isinstance(left, Call) or left.name not in WIDTHS or condition.op == "!=":
        return False
    time = left.args[0]
    # A bucket's own start; other moments are in no bucket, or are rounded.
    return own_time(time, alias) is not None and not time.type.zone and _start(left, moment) == moment


def _bound(condition: Expr | None, alias: str) -> Bounds:
    if isinstance(condition, Call) and condition.name == "and":
        return bounds(condition, alias)
    if isinstance(condition, In) and isinstance(condition.options, tuple) and not condition.negated:
        return _one_of(condition.needle, condition.options, alias)
    if not isinstance(condition, Compare):
        return NONE
    if found := threshold(condition, alias):
        return (found.moment, None) if found.after else (None, found.moment)
    op, left, right = condition.op, condition.left, condition.right
    if isinstance(left, Literal):
        op, left, right = SWAPPED[op], right, left  # type: ignore[assignment]
    return _of_bucket(left, op, right, alias) if isinstance(right, Literal) else NONE


def _one_of(needle: Expr, options: tuple[Expr, ...], alias: str) -> Bounds:
    """From the first of the options to the last."""
    found = [
        _of_bucket(needle, "=", option, alias) if isinstance(option, Literal) else NONE for option in options
    ]
    lows, highs = [low for low, _ in found if low], [high for _, high in found if high]
    return (min(lows), max(highs)) if found and len(lows) == len(highs) == len(found) else NONE


def _of_bucket(left: Expr, op: str, right: Literal, alias: str) -> Bounds:
    """`timestamp = constant`, and `toDate(timestamp) >= constant` and its like."""
    moment = instant(right)
    if moment is None:
        return NONE
    if own_time(left, alias) is not None:
        return (moment - SECOND, moment + SECOND) if op == "=" else NONE
    while isinstance(left, Call) and left.name == "toDateTime64":
        left = left.args[0]
    if not isinstance(left, Call) or left.name not in WIDTHS or own_time(left.args[0], alias) is None:
        return NONE
    width = WIDTHS[left.name]
    zoned = bool(left.args[0].type.zone)
    first = _start(left, moment)
    after = None if first is None else _start(left, first + width)
    if first is None or after is None or (zoned and width > DAY and right.type.name != "Date"):
        return NONE
    edge = first if first == moment else after
    slack = 2 * DAY if zoned else timedelta()  # the zone's buckets begin a day from UTC's at most
    return {
        ">": (after - slack, None),
        ">=": (edge - slack, None),
        "<": (None, edge + slack),
        "<=": (None, after + slack),
        "=": (first - slack, after + slack),
    }.get(op, NONE)


def _start(call: Call, moment: datetime) -> datetime | None:
    """Where UTC's bucket begins that holds the moment."""
    type_ = replace(call.type, zone="")
    start = fold(Call(call.name, (Literal(moment, DATETIME64), *call.args[1:]), type_))
    return instant(start) if isinstance(start, Literal) else None
