"""CAST(x AS T), CAST(x, 'T') and x::T: as the conversion functions do it."""

from __future__ import annotations

from sqlglot import exp

from analytics.hogql.calls import build, wrong
from analytics.hogql.functions.table import FUNCTIONS
from analytics.hogql.tree import Expr, Literal
from analytics.hogql.type_names import parse_type
from analytics.hogql.types import NULL, STRING, Type


def target(node: exp.Cast | exp.CastToStrType) -> Type:
    """The type that a cast names, by its type or in text."""
    to = node.args["to"]
    text = to.this if isinstance(node, exp.CastToStrType) else to.sql(dialect="clickhouse")
    return named(str(text), node)


def named(text: str, node: exp.Expr) -> Type:
    found = parse_type(text)
    if found is None:
        hint = "String, Bool, Int64, Float64, UUID, Date, DateTime, Array(…) and Nullable(…) are some."
        raise wrong(f"HogQL here has no type {text[:60]!r}.", node, hint, "type_mismatch")
    return found


def cast(expr: Expr, to: Type, node: exp.Expr) -> Expr:
    """The value as the type. For text that is none of it NULL, where ClickHouse throws."""
    if to.items:
        if expr.type == to:
            return expr
        raise wrong(f"{expr.type} cannot be cast to {to}.", node, "Cast its items with arrayMap.")
    if expr.type == NULL:
        if to.nullable:
            return Literal(None, to)
        raise wrong(f"NULL is no {to}.", node, f"Cast to Nullable({to}).", "type_mismatch")
    value = expr if expr.type.required() == to.required() else _converted(expr, to, node)
    return build("toNullable", [value], node) if to.nullable and not value.type.nullable else value


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
