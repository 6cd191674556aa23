"""The bits of whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.hogql.functions.row import Function, first
from analytics.hogql.functions.widths import bits_of, wrapped
from analytics.hogql.tree import Call
from analytics.hogql.types import UINT8, UINT64, Type, integer

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions

OPERATORS = {"bitAnd": "&", "bitOr": "|", "bitXor": "#", "bitHammingDistance": "#"}
SHIFTS = {"bitShiftLeft": "<<", "bitShiftRight": ">>"}
LONG_SHIFTS = {"bitShiftLeft": "hogql_shift_left", "bitShiftRight": "hogql_shift_right"}


def _widest(types: list[Type]) -> Type:
    return integer(max(type_.bits for type_ in types), any(type_.is_signed for type_ in types))


def _same(types: list[Type]) -> Type:
    return UINT8 if types[0].name == "Bool" else first(types)


def _both(printer: Expressions, call: Call) -> str:
    texts = [printer.number(arg) for arg in call.args]
    left, right = (bits_of(text, arg.type) for text, arg in zip(texts, call.args, strict=True))
    return _as_wide(f"{left} {OPERATORS[call.name]} {right}", call, texts)


def _as_wide(sql: str, call: Call, texts: list[str]) -> str:
    """Bits as the result's type; a UInt64 beyond a bigint is numeric if an argument is."""
    if call.type.required() == UINT64:
        return f"hogql_unsigned_like(coalesce({', '.join(texts)}), {sql})"
    return f"({wrapped(sql, call.type)})"


def _not(printer: Expressions, call: Call) -> str:
    text = printer.number(call.args[0])
    return _as_wide(f"~ {bits_of(text, call.args[0].type)}", call, [text])


def _shift(printer: Expressions, call: Call) -> str:
    """Shifted out of the type's width nothing is left. A negative distance gives NULL."""
    value, distance = (printer.number(arg) for arg in call.args)
    if call.args[0].type.required() == call.type.required() == UINT64:
        moved = f"{LONG_SHIFTS[call.name]}({value}, {distance})"
    else:
        moved = wrapped(f"({value})::bigint {SHIFTS[call.name]} ({distance})::integer", call.type)
    return f"(CASE WHEN {distance} >= {call.args[0].type.bits} THEN 0 WHEN {distance} >= 0 THEN {moved} END)"


def _test(printer: Expressions, call: Call) -> str:
    """Places outside the type give NULL."""
    value, *places = (bits_of(printer.number(arg), arg.type) for arg in call.args)
    bits = call.args[0].type.bits
    tests = [
        f"(CASE WHEN {place} BETWEEN 0 AND {bits - 1} THEN ({value} >> ({place})::integer) & 1 END) = 1"
        for place in places
    ]
    return "(" + (" OR " if call.name == "bitTestAny" else " AND ").join(tests) + ")"


def _count(printer: Expressions, call: Call) -> str:
    """How many bits are set, in the argument's own width; of a distance, in all 64."""
    texts = [bits_of(printer.number(arg), arg.type) for arg in call.args]
    if call.name == "bitHammingDistance":
        return f"bit_count(({texts[0]} # {texts[1]})::bit(64))"
    own = (
        wrapped(texts[0], integer(call.args[0].type.bits, signed=False))
        if call.args[0].type.bits < 64
        else texts[0]
    )
    return f"bit_count(({own})::bit(64))"


ROWS = [
    Function("bitAnd", "int int", _widest, _both, "bitwise and"),
    Function("bitOr", "int int", _widest, _both, "bitwise or"),
    Function("bitXor", "int int", _widest, _both, "bitwise exclusive or"),
    Function("bitNot", "int", _same, _not, "all bits turned"),
    Function("bitShiftLeft", "int int", _widest, _shift, "bits moved up"),
    Function("bitShiftRight", "int int", _widest, _shift, "bits moved down"),
    Function("bitTest", "int int", UINT8, _test, "is the bit at a place (from 0) set?", condition=True),
    Function("bitTestAll", "int int+", UINT8, _test, "are the bits at all places set?", condition=True),
    Function("bitTestAny", "int int+", UINT8, _test, "is a bit at one of the places set?", condition=True),
    Function("bitCount", "int", UINT8, _count, "how many bits are set"),
    Function("bitHammingDistance", "int int", UINT8, _count, "how many bits differ"),
]
