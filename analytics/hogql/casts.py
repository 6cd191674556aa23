"""CAST(x AS T), CAST(x, 'T') and x::T: as the conversion functions do it."""

from __future__ import annotations

import re

from sqlglot import exp

from analytics.hogql.calls import build, wrong
from analytics.hogql.functions.table import FUNCTIONS
from analytics.hogql.lambdas import ALIAS
from analytics.hogql.tree import Call, Column, Expr, Lambda, Literal
from analytics.hogql.tuples import elements
from analytics.hogql.type_names import parse_type
from analytics.hogql.types import NULL, STRING, Type

_NAMED = re.compile(r"[(,]\s*[A-Za-z_]\w*\s+[A-Z]")  # Tuple(n Int64)


def target(node: exp.Cast | exp.CastToStrType) -> Type:
    """The type that a cast names, by its type or in text."""
    to = node.args["to"]
    text = to.this if isinstance(node, exp.CastToStrType) else to.sql(dialect="clickhouse")
    return named(str(text), node)


def named(text: str, node: exp.Expr) -> Type:
    if _NAMED.search(text):
        raise wrong(
            "A tuple has no names here.", node, "Write the types of its items only; read them as .1, .2 …"
        )
    found = parse_type(text)
    if found is None:
        hint = "String, Bool, Int64, Float64, UUID, Date, DateTime, Array(…) and Nullable(…) are some."
        raise wrong(f"HogQL here has no type {text[:60]!r}.", node, hint, "type_mismatch")
    return found


def cast(expr: Expr, to: Type, node: exp.Expr) -> Expr:
    """The value as the type. For text that is none of it NULL, where ClickHouse throws."""
    if to.items:
        return expr if expr.type == to else _items_cast(expr, to, node)
    if expr.type == NULL:
        if to.nullable:
            return Literal(None, to)
        raise wrong(f"NULL is no {to}.", node, f"Cast to Nullable({to}).", "type_mismatch")
    value = expr if expr.type.required() == to.required() else _converted(expr, to, node)
    return build("toNullable", [value], node) if to.nullable and not value.type.nullable else value


def _items_cast(expr: Expr, to: Type, node: exp.Expr) -> Expr:
    """Arrays and tuples: each item is cast."""
    if expr.type.name != to.name or (to.is_tuple and len(to.items) != len(expr.type.items)):
        message = f"{expr.type} cannot be cast to {to}."
        raise wrong(message, node, "Cast to a type of as many items.", "type_mismatch")
    if to.is_tuple:
        parts = [cast(part, item, node) for part, item in zip(elements(expr), to.items, strict=True)]
        return build("tuple", parts, node)
    if isinstance(expr, Call) and expr.name == "array":
        return Call("array", tuple(cast(item, to.item, node) for item in expr.args), to)
    alias = f"{ALIAS}_cast{_depth(to)}"
    item = Column(alias, "x0", expr.type.item)
    return Call("arrayMap", (Lambda(alias, (item,), cast(item, to.item, node), to.item), expr), to)


def _depth(type_: Type) -> int:
    return 1 + max(map(_depth, type_.items), default=0)


def _converted(expr: Expr, to: Type, node: exp.Expr) -> Expr:
    name = f"to{to.required().name}"
    if to.name.startswith("DateTime64("):
        digits = Literal(to.precision, Type("UInt8"))
        zone = [Literal(to.zone, STRING)] if to.zone else []
        return build("toDateTime64", [expr, digits, *zone], node)
    if to.name == "DateTime" and to.zone:
        return build(name, [expr, Literal(to.zone, STRING)], node)
    if to.nullable and expr.type.name == "String" and f"{name}OrNull" in FUNCTIONS:
        name = f"{name}OrNull"
    return build(name, [expr], node)
