"""Calls → ClickHouse text. Most functions are ClickHouse's own, by the same name; a row's `clickhouse` says
where a template does; here is what depends on the types of the arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.hogql.functions.table import FUNCTIONS, OF_ARRAYS
from analytics.hogql.print_call import fill
from analytics.hogql.tree import Call, Expr, Literal, Property
from analytics.hogql.types import JSON

if TYPE_CHECKING:
    from analytics.hogql.print_clickhouse_expression import Expressions

_TIME = re.compile(r"(toDateTime|parseDateTime(64)?BestEffort|fromUnixTimestamp64)")


def call_text(printer: Expressions, call: Call) -> str:
    """The call in ClickHouse's SQL."""
    special = SPECIAL.get(call.name)
    if special is not None and (text := special(printer, call)):
        return text
    if _TIME.match(call.name) and call.type.is_moment:
        return _time(printer, call)
    args = [part for arg in call.args for part in _arguments(printer, arg)]
    if call.name.startswith(("makeDateTime", "parseDateTime")) and call.type.zone:
        args.append(printer.text(call.type.zone))
    template = FUNCTIONS[call.name].clickhouse
    if template:
        return fill(template, args)
    return f"{call.name.removesuffix(OF_ARRAYS)}({', '.join(args)})"


def _arguments(printer: Expressions, arg: Expr) -> list[str]:
    """One argument; a property that a JSON function reads is two or more: all properties, and its path."""
    if isinstance(arg, Property) and arg.type == JSON:
        return [printer.column(arg), *(printer.text(str(key)) for key in arg.path)]
    return [printer.value(arg)]


def _time(printer: Expressions, call: Call) -> str:
    """A conversion to a time: its digits and its zone stand in its type."""
    name = call.name
    if call.args[0].type.name == "String" and "Or" not in name and call.type.nullable:
        name += "OrNull"
    args = [printer.value(call.args[0])]
    if "64" in name and not name.startswith("from"):
        args.append(str(call.type.precision))
    return f"{name}({', '.join([*args, printer.text(call.type.zone or 'UTC')])})"


def _or_null(printer: Expressions, call: Call) -> str:
    """Text that is not of the type is NULL here, where ClickHouse's own function throws."""
    if not call.args or call.args[0].type.name != "String":
        return ""
    return f"{call.name}OrNull({', '.join(map(printer.value, call.args))})"


def _logic(printer: Expressions, call: Call) -> str:
    return f"{call.name}({', '.join(map(printer.condition, call.args))})"


def _alike(printer: Expressions, call: Call) -> str:
    """All arguments as the type of the result."""
    if not call.type.is_number:
        return ""
    return f"{call.name}({', '.join(printer.as_type(arg, call.type) for arg in call.args)})"


def _concat(printer: Expressions, call: Call) -> str:
    """NULL is ''."""
    parts = [
        f"ifNull(toString({printer.value(arg)}), '')"
        if arg.type.nullable
        else f"toString({printer.value(arg)})"
        for arg in call.args
    ]
    return f"concat({', '.join(parts)})"


def _reduced(printer: Expressions, call: Call) -> str:
    """The aggregate's parameters stand with its name, in one text."""
    name, *rest = call.args
    parameters = ", ".join(str(arg.value) for arg in rest if isinstance(arg, Literal))
    arrays = [printer.value(arg) for arg in rest if arg.type.is_array]
    asked = str(name.value if isinstance(name, Literal) else "") + (f"({parameters})" if parameters else "")
    return f"arrayReduce({', '.join([printer.text(asked), *arrays])})"


NUMBERS = [f"{kind}{bits}" for kind in ("Int", "UInt") for bits in (8, 16, 32, 64)]
SPECIAL: dict[str, Callable[[Expressions, Call], str]] = {
    **{f"to{name}": _or_null for name in (*NUMBERS, "Float32", "Float64", "UUID", "Date", "Date32")},
    "toBool": lambda printer, call: (
        f"accurateCastOrNull({printer.value(call.args[0])}, 'Bool')"
        if call.args[0].type.name == "String"
        else ""
    ),
    **dict.fromkeys(("and", "or", "not", "xor"), _logic),
    **dict.fromkeys(("greatest", "least", "coalesce", "ifNull"), _alike),
    "concat": _concat,
    "arrayReduce": _reduced,
    "array": lambda printer, call: (
        f"CAST([], {printer.text(str(call.type))})"
        if not call.args and call.type.item.name != "Nothing"
        else ""
    ),
}
