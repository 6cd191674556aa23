"""Calls and comparisons: looked up in the function tables, arguments counted and typed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from sqlglot import exp

from analytics.hogql import aggregates, lambdas, tuples
from analytics.hogql.allow import place
from analytics.hogql.constants import fold
from analytics.hogql.errors import HogQLError, perhaps
from analytics.hogql.functions import decimals, table, time_moves
from analytics.hogql.functions.row import ArgumentError
from analytics.hogql.functions.table import FUNCTIONS, canonical
from analytics.hogql.moments import MOMENTS, beside_time, moment, unit_first
from analytics.hogql.scope import Scope
from analytics.hogql.tree import (
    Aggregate,
    Call,
    Case,
    Column,
    Compare,
    Expr,
    Lambda,
    Literal,
    Property,
    Window,
    children,
)
from analytics.hogql.types import FLOAT64, INT64, NULL, UINT8, UINT64, UUID, common
from analytics.hogql.zones import is_zone, known

Resolve = Callable[[exp.Expr], Expr]


def wrong(message: str, node: exp.Expr, hint: str, code: str = "wrong_arguments") -> HogQLError:
    line, column = place(node)
    return HogQLError(code, message, hint, line=line, column=column)


def call(node: exp.Anonymous | exp.ParameterizedAgg, scope: Scope, resolve: Resolve) -> Expr:
    """A function by its name: one of the special ones, or a row of the function table."""
    name = node.this if isinstance(node.this, str) else node.this.name
    arguments = list(node.expressions)
    parameters = list(node.args.get("params") or [])
    name = canonical(name)
    if parameters or (name not in FUNCTIONS and name not in table.SPECIAL.values()):
        known = [*table.names(), *aggregates.names()]
        shown = str(node.this)[:60]
        hint = perhaps(name, known, "docs/hogql.md lists the functions.")
        raise wrong(f"There is no function `{shown}`.", node, hint, "unknown_function")
    arguments = unit_first(name, arguments)
    if any(isinstance(argument, exp.Lambda) for argument in arguments):
        return build(name, lambdas.arguments(name, arguments, scope, resolve, node), node)
    args = [resolve(argument) for argument in arguments]
    if name in {"if", "multiIf"}:
        return _choice(args, node)
    if name.lower() in MOMENTS:
        return _moment(name, args, scope, node)
    return build(name, args, node)


def _moment(name: str, args: list[Expr], scope: Scope, node: exp.Expr) -> Expr:
    try:
        return moment(name, args, scope)
    except ArgumentError as error:
        raise wrong(error.message, node, error.hint) from None


# The operators between two tuples, part by part.
OF_TUPLES = {"plus": "tuplePlus", "minus": "tupleMinus"}
# A NULL written there makes a strict function NULL, of the type Nullable(Nothing); these keep their type.
THREE_VALUED = {"and", "or", "toBool"}


def build(name: str, args: list[Expr], node: exp.Expr) -> Expr:
    """A call of a function of the table, its arguments checked, folded where it is constant."""
    if args and args[0].type.items and name + table.OF_ARRAYS in FUNCTIONS:
        name += table.OF_ARRAYS
    if any(arg.type.is_decimal for arg in args):
        name, args = decimals.read(name, args)
    if name in OF_TUPLES and len(args) == 2 and all(arg.type.is_tuple for arg in args):
        name = OF_TUPLES[name]
    row = FUNCTIONS.get(name)
    if row is None:
        raise wrong(
            f"There is no function `{name}`.", node, "docs/hogql.md lists the functions.", "unknown_function"
        )
    fewest, most = row.takes_count()
    if len(args) < fewest or (most is not None and len(args) > most):
        takes = str(fewest) if fewest == most else f"{fewest} to {most}" if most else f"at least {fewest}"
        raise wrong(f"`{name}` takes {takes} arguments, not {len(args)}.", node, f"{name}: {row.doc}.")
    for index, arg in enumerate(args):
        check_kind(name, row.kinds_at(index), arg, node)
        bare = arg.type == NULL and not isinstance(arg, Lambda)
        if bare and not row.strict and {"array", "lambda"} >= {*row.kinds_at(index)}:
            message = f"`{name}` takes an array there, not NULL."
            raise wrong(message, node, "Write [] for an array without elements.", "type_mismatch")
    if row.strict and name not in THREE_VALUED and any(arg.type == NULL for arg in args):
        return Literal(None, NULL)
    try:
        rewritten = row.rewrite(args) if row.rewrite is not None else None
        if rewritten is not None:
            return rewritten
        type_ = row.result([arg.type for arg in args])
    except ArgumentError as error:
        raise wrong(error.message, node, error.hint, "type_mismatch") from None
    if name in {"plus", "minus"} and not _can_add(name, args):
        raise wrong(f"`{name}` does not take these two.", node, "Convert text with toFloat.", "type_mismatch")
    return fold(Call(name, tuple(args), type_))


KINDS: dict[str, Callable[[Expr], bool]] = {
    "any": lambda arg: True,
    "text": lambda arg: arg.type.name == "String",
    "number": lambda arg: arg.type.is_number,
    "int": lambda arg: arg.type.is_integer or arg.type.name == "Bool",
    "bool": lambda arg: arg.type.is_number,
    "decimal": lambda arg: arg.type.is_decimal,
    "time": lambda arg: arg.type.is_time,
    "moment": lambda arg: arg.type.is_moment,
    "moment64": lambda arg: arg.type.name.startswith("DateTime64"),
    "date": lambda arg: arg.type.name == "Date",
    "interval": lambda arg: arg.type.is_interval,
    "array": lambda arg: arg.type.is_array,
    "tuple": lambda arg: arg.type.is_tuple,
    "bytes": lambda arg: arg.type.name == "FixedString",
    "json": lambda arg: arg.type.name == "JSON",
    "lambda": lambda arg: isinstance(arg, Lambda),
    "const": lambda arg: isinstance(arg, Literal),
    "zone": lambda arg: isinstance(arg, Literal) and is_zone(arg.value),
}
KIND_WORDS = {
    "int": "a whole number",
    "array": "an array",
    "interval": "an interval",
    "bytes": "bytes",
    "bool": "a condition",
    "const": "a constant",
    "json": "JSON",
    "zone": "a time zone",
}
KIND_HINTS = {
    "int": "Convert it with toInt.",
    "bool": "Compare it with something.",
    "date": "Use toDate.",
    "interval": "For example `interval 1 day`.",
    "array": "An array is written [a, b].",
    "tuple": "A tuple is written (a, b).",
    "bytes": "Use the result of a hash such as MD5.",
    "json": "Use `properties`, or a text of JSON.",
    "number": "Convert it with toFloat.",
    "text": "Convert it with toString.",
    "time": "Use toDateTime.",
    "moment": "Use toDateTime.",
    "moment64": "Use toDateTime64(…, 3).",
    "const": "Write the value itself there.",
    "zone": "For example 'Europe/Berlin'.",
    "lambda": "For example `x -> x + 1`.",
}


def check_kind(function: str, kinds: list[str], arg: Expr, node: exp.Expr) -> None:
    if arg.type == NULL or any(KINDS[kind](arg) for kind in kinds):
        return
    wanted = " or ".join(KIND_WORDS.get(kind, f"a {kind}") for kind in kinds)
    message = f"`{function}` takes {wanted} there, not {arg.type}."
    hint = next(KIND_HINTS[kind] for kind in kinds if kind in KIND_HINTS)
    if "zone" in kinds and isinstance(arg, Literal) and isinstance(arg.value, str):
        message = f"There is no time zone {arg.value[:60]!r}."
        hint = perhaps(arg.value, sorted(known()), KIND_HINTS["zone"])
    raise wrong(message, node, hint, "type_mismatch")


def _can_add(name: str, args: list[Expr]) -> bool:
    types = [arg.type for arg in args]
    if any(type_.is_time or type_.is_interval for type_ in types):
        return time_moves.fits(name, types)
    return all(type_.is_number or type_ == NULL for type_ in types)


def contains_column(expr: Expr) -> bool:
    """Whether its value differs from row to row."""
    return isinstance(expr, Column | Property | Aggregate | Window) or any(
        map(contains_column, children(expr))
    )


def contains_aggregate(expr: Expr) -> bool:
    return isinstance(expr, Aggregate) or any(contains_aggregate(child) for child in children(expr))


def _choice(args: list[Expr], node: exp.Expr) -> Expr:
    """if(c, a, b) and multiIf(c1, a1, c2, a2, …, b)."""
    if len(args) < 3 or len(args) % 2 == 0:
        raise wrong(
            "`if` takes a condition and two values; `multiIf` pairs of them and a last value.",
            node,
            "For example if(a > 1, 'many', 'few').",
        )
    branches = tuple((require_bool(args[i], node), args[i + 1]) for i in range(0, len(args) - 1, 2))
    type_ = common([*(value.type for _, value in branches), args[-1].type])
    if type_ is None:
        raise wrong(
            "The branches give different types.", node, "Convert them with toString.", "type_mismatch"
        )
    return Case(branches, args[-1], type_)


def require_bool(expr: Expr, node: exp.Expr) -> Expr:
    if expr.type.is_number or expr.type == NULL:
        return expr
    raise wrong(
        f"A condition is true or false, not {expr.type}.", node, "Compare it with something.", "type_mismatch"
    )


def compare(op: str, left: Expr, right: Expr, node: exp.Expr) -> Expr:
    if left.type.is_tuple and len(left.type.items) == len(right.type.items):
        return tuples.compare(op, left, right, lambda o, a, b: compare(o, a, b, node))
    left, right = aligned(left, right, node), aligned(right, left, node)
    comparable(left, right, node)
    return Compare(cast(Any, op), left, right, UINT8)


def aligned(expr: Expr, other: Expr, node: exp.Expr) -> Expr:
    """A text literal beside a time, a number or a UUID is read as one, as in ClickHouse."""
    kind = other.type.required()
    if kind.is_time:
        expr = beside_time(expr, kind)
    if not isinstance(expr, Literal) or not isinstance(expr.value, str) or kind.name in {"String", "Nothing"}:
        return expr
    try:
        if kind == UUID:
            return Literal(str(uuid.UUID(expr.value)), UUID)
        if kind.is_integer:
            value = int(expr.value)
            return Literal(value, INT64 if value < 0 else UINT64)
        if kind == FLOAT64:
            return Literal(float(expr.value), FLOAT64)
    except ValueError:
        pass
    hint = "For example '2026-11-22 08:00:00', or `now() - interval 1 day`." if kind.is_time else ""
    message = f"The text {expr.value[:40]!r} cannot be read as {kind}."
    raise wrong(message, node, hint or "Compare it with a text, or convert it.", "type_mismatch")


def comparable(left: Expr, right: Expr, node: exp.Expr) -> None:
    if all(side.type.is_number or side.type.is_decimal for side in (left, right)):
        return
    if common([left.type, right.type]) is None:
        raise wrong(
            f"{left.type} and {right.type} cannot be compared.",
            node,
            "Convert one of them with toFloat, toString or toDateTime.",
            "type_mismatch",
        )
