"""A comparison of an event's own time with a constant, as one threshold: the time is at or after a moment,
or before it. The time may stand there read in a zone, cut to seconds, or moved by a fixed span.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.hogql.constants import instant
from analytics.hogql.tree import Call, Column, Compare, Expr, Interval, Literal

MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
READ = {"toTimeZone", "toDateTime", "toDateTime64"}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAYS = {"day": 86_400, "week": 604_800}


@dataclass(frozen=True)
class Threshold:
    """`after`: the time is at or after the moment; else before it."""

    after: bool
    moment: datetime


def is_time(expr: Expr | None, alias: str) -> bool:
    """Whether it is the time of the events that are called `alias`."""
    return isinstance(expr, Column) and expr.source == alias and expr.name == "timestamp"


def own_time(expr: Expr, alias: str) -> Column | None:
    """The time of events that `expr` is, perhaps read in a zone or cut to seconds."""
    while isinstance(expr, Call) and expr.name in READ and expr.type.precision not in {1, 2}:
        expr = expr.args[0]
    return expr if isinstance(expr, Column) and is_time(expr, alias) else None


def threshold(compare: Compare, alias: str) -> Threshold | None:
    """What the comparison says of the time; None where it is no such comparison, or one for equality."""
    op, left, right = compare.op, compare.left, compare.right
    if isinstance(left, Literal):
        op, left, right = SWAPPED[op], right, left  # type: ignore[assignment]
    moment = instant(right) if isinstance(right, Literal) else None
    if moment is None or op in {"=", "!="}:
        return None
    shift = timedelta()
    while isinstance(left, Call) and left.name in {"plus", "minus"}:
        step = _span(left)
        if step is None:
            return None
        shift, left = shift + step, left.args[0]
    if own_time(left, alias) is None:
        return None
    step = SECOND if _cuts(left) else MILLISECOND
    moment -= shift
    floor = moment - (moment - datetime.min.replace(tzinfo=moment.tzinfo)) % step
    if op in {">", "<="} or floor < moment:
        floor += step
    return Threshold(op in {">", ">="}, floor)


def _cuts(expr: Expr) -> bool:
    """Whether the time is cut to seconds."""
    while isinstance(expr, Call):
        if expr.name != "toTimeZone" and expr.type.precision < 3:
            return True
        expr = expr.args[0]
    return False


def _span(call: Call) -> timedelta | None:
    """How far + or - moves a time, if that is always as far: days of a zone are not."""
    time, step = call.args
    if not time.type.is_moment:
        return None
    sign = -1 if call.name == "minus" else 1
    if isinstance(step, Literal) and isinstance(step.value, int):
        return timedelta(seconds=sign * step.value)
    if not isinstance(step, Interval):
        return None
    seconds = _SECONDS.get(step.unit) or (None if time.type.zone else _DAYS.get(step.unit))
    return None if seconds is None else timedelta(seconds=sign * step.count * seconds)
