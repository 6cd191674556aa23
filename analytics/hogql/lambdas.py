"""Lambdas: their parameters are the elements of the arrays beside them."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from analytics.hogql.allow import check, place
from analytics.hogql.errors import HogQLError
from analytics.hogql.scope import Scope
from analytics.hogql.tree import Aggregate, Call, Column, Expr, Lambda, Literal, Window, children
from analytics.hogql.types import UINT8, Type

Resolve = Callable[[exp.Expr], Expr]

# A source that no query can name: NUL is refused before parsing. Told apart by how many lambdas are around,
# so that the same text gives the same tree wherever an alias is read.
ALIAS = "\0lambda"


def arguments(name: str, nodes: list[exp.Expr], scope: Scope, resolve: Resolve, node: exp.Expr) -> list[Expr]:
    """A call's arguments, where one is a lambda over the arrays among the others. Raises HogQLError."""
    values = [None if isinstance(argument, exp.Lambda) else resolve(argument) for argument in nodes]
    items = [value.type.item for value in values if value is not None and value.type.is_array]
    if name == "arrayFold" and len(values) > 2 and (start := values[-1]) is not None:
        arrays = [value.type.item for value in values[1:-1] if value is not None and value.type.is_array]
        items = [start.type, *arrays]  # what is carried along, then the elements
    if not items:
        raise _wrong("A lambda goes with an array.", node, "For example `arrayMap(x -> x + 1, [1, 2])`.")
    return [
        _lambda(argument, items, scope, resolve) if value is None else value
        for argument, value in zip(nodes, values, strict=True)
    ]


def _lambda(node: exp.Expr, items: list[Type], scope: Scope, resolve: Resolve) -> Lambda:
    check(node)
    alias = f"{ALIAS}{scope.lambdas}"
    names = [parameter.name for parameter in node.expressions]
    columns = tuple(Column(alias, f"x{index}", type_) for index, type_ in enumerate(items))
    bound = _bound(names, columns, node)
    outer = scope.variables
    scope.variables = {**outer, **bound}
    scope.lambdas += 1
    try:
        body = resolve(node.this)
    finally:
        scope.variables = outer
        scope.lambdas -= 1
    if _is_too_much(body):
        raise _wrong(
            "A lambda holds no windows, no arrayJoin, and no aggregates of its parameters.",
            node,
            "Compute them in a subquery.",
        )
    return Lambda(alias, columns, body, body.type)


def _bound(names: list[str], columns: tuple[Column, ...], node: exp.Expr) -> dict[str, Expr]:
    """What each parameter means: an element of each array, or the parts of the one array's tuples."""
    if len(set(names)) < len(names):
        raise _wrong("Two parameters of the lambda have one name.", node, "Call one of them otherwise.")
    if len(names) == len(columns):
        return dict(zip(names, columns, strict=True))
    parts = columns[0].type.items
    if len(columns) == 1 and columns[0].type.is_tuple and len(parts) == len(names):
        return {
            name: Call("tupleElement", (columns[0], Literal(index, UINT8)), type_)
            for index, (name, type_) in enumerate(zip(names, parts, strict=True), start=1)
        }
    message = f"The lambda takes {len(names)} parameters, but there are {len(columns)} arrays."
    raise _wrong(message, node, "Each array is one parameter: arrayMap((x, y) -> x + y, a, b).")


def _is_too_much(expr: Expr) -> bool:
    """An aggregate, computed before, may stand in a lambda, but not be made of its parameters."""
    if isinstance(expr, Window) or (isinstance(expr, Call) and expr.name == "arrayJoin"):
        return True
    if isinstance(expr, Aggregate):
        return any(map(_has_parameter, children(expr)))
    return any(map(_is_too_much, children(expr)))


def _has_parameter(expr: Expr) -> bool:
    if isinstance(expr, Column):
        return expr.source.startswith(ALIAS)
    return any(map(_has_parameter, children(expr)))


def _wrong(message: str, node: exp.Expr, hint: str) -> HogQLError:
    line, column = place(node)
    return HogQLError("wrong_arguments", message, hint, line=line, column=column)
