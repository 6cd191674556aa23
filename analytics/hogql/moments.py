"""The query's own moment: now(), today() … are constants, so that the planner sees them; and bare units."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from analytics.hogql.constants import cut, in_zone_of, parse_time
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.functions.time_units import unit_of
from analytics.hogql.functions.time_zones import zone_of
from analytics.hogql.scope import Scope
from analytics.hogql.tree import Call, Expr, Literal
from analytics.hogql.types import DATE, DATETIME, DATETIME64, Type
from analytics.hogql.zones import day_start, is_zone

# A date of one separator, with or without a time behind it.
_LOOSE = re.compile(
    r"\s*(\d{4})([-/.])(\d\d?)\2(\d\d?)(?:(?:T|\s+)(\d\d?)(?::(\d\d?)(?::(\d\d?)(\.\d*)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?\s*"
)
# By the name in lower case: names that give the query's moment, most arguments.
MOMENTS = {
    "now": 1,
    "now64": 2,
    "today": 0,
    "yesterday": 0,
    "utctimestamp": 0,
}
# Read without parentheses, as in standard SQL.
BARE_MOMENTS = {"current_date": "today", "current_timestamp": "now"}
UNIT_FIRST = {"dateDiff", "dateAdd", "dateSub", "age", "dateTrunc"}


def moment(name: str, args: list[Expr], scope: Scope) -> Expr:
    """now([zone]), now64([digits[, zone]]), today(), yesterday(), UTCTimestamp(). Raises ArgumentError."""
    name = name.lower()
    if len(args) > MOMENTS[name]:
        raise ArgumentError(f"`{name}` takes fewer arguments than {len(args)}.", f"Write `{name}()`.")
    now = scope.context.now
    if name in {"today", "yesterday"}:
        return Literal(now.date() - timedelta(days=name == "yesterday"), DATE)
    if name == "utctimestamp":
        return Literal(now.replace(microsecond=0), DATETIME)
    values = [arg.value if isinstance(arg, Literal) else None for arg in args]
    digits = values.pop(0) if name == "now64" and values else 3
    if not isinstance(digits, int) or not 0 <= digits <= 6:
        raise ArgumentError("`now64` takes 0 to 6 digits.", "For example `now64(3)`.")
    if values and not is_zone(values[0]):
        raise ArgumentError("This is no time zone.", "For example 'Europe/Berlin'.")
    zone = zone_of(args[-1]) if values else ""
    step = 10 ** (6 - digits)
    return Literal(
        now.replace(microsecond=now.microsecond // step * step), Type(f"DateTime64({digits})", zone=zone)
    )


def beside_time(expr: Expr, kind: Type) -> Expr:
    """What stands beside a time in a comparison, as ClickHouse reads it: text in the time's zone, whole
    numbers as seconds since 1970, a Date as that day's first moment in the zone. Else the expression itself.
    """
    if expr.type.required() == DATE and kind.zone:
        if isinstance(expr, Literal):
            return in_zone_of(expr, kind.zone)
        return Call("toDateTime", (expr,), Type("DateTime", expr.type.nullable, zone=kind.zone))
    value = expr.value if isinstance(expr, Literal) else None
    if isinstance(value, str):
        return _text_as_time(value, kind) or expr
    if isinstance(value, int) and not isinstance(value, bool) and kind.is_moment and 0 <= value < 1 << 32:
        return Literal(datetime.fromtimestamp(value, UTC), Type("DateTime", zone=kind.zone))
    return expr


def _as_iso(text: str) -> str:
    """2026/11/1 5:00 as ISO writes it, 2026-11-01 05:00:00; what is no such text as it is."""
    match = _LOOSE.fullmatch(text)
    if match is None:
        return text
    day = f"{match[1]}-{match[3]:0>2}-{match[4]:0>2}"
    if match[5] is None:
        return day
    clock = ":".join(f"{part or '':0>2}" for part in match.group(5, 6, 7))
    zone = match[9] or ""
    zone = "+00:00" if zone in {"Z", "UTC", "GMT"} else f"{zone}:00" if len(zone) == 3 else zone
    return f"{day} {clock}{(match[8] or '').rstrip('.')}{zone}"


def _text_as_time(text: str, kind: Type) -> Expr | None:
    digits = text.isascii() and text.isdigit()
    if digits and len(text) in {9, 10} and kind.is_moment:
        return Literal(datetime.fromtimestamp(int(text), UTC), Type("DateTime", zone=kind.zone))
    if digits and len(text) == 8:
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    found = parse_time(_as_iso(text), kind.zone)
    if isinstance(found, datetime):
        type_ = kind if kind.is_moment else DATETIME64
        return Literal(cut(found, type_.precision), type_)
    if found is None or not kind.is_moment:
        return None if found is None else Literal(found, DATE)
    return Literal(day_start(found, kind.zone), Type("DateTime", zone=kind.zone))


def unit_first(name: str, arguments: list[exp.Expr]) -> list[exp.Expr]:
    """dateDiff(DAY, a, b): a bare unit is the text 'DAY'."""
    first = arguments[0] if arguments else None
    if name not in UNIT_FIRST or len(arguments) < 3 or not isinstance(first, exp.Column):
        return arguments
    if len(first.parts) > 1 or unit_of(first.name) is None:
        return arguments
    return [exp.Literal.string(first.name), *arguments[1:]]
