"""What a name in an expression is: an alias, a column, a property of events, a constant of WITH."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from analytics.hogql.allow import place
from analytics.hogql.calls import build, wrong
from analytics.hogql.errors import HogQLError, perhaps
from analytics.hogql.scope import FIXED_TYPES, Around, Scope, Source
from analytics.hogql.tree import Column, Expr, Literal, Property
from analytics.hogql.types import BOOL, DATETIME64, FLOAT64, STRING, UINT8, Type
from analytics.hogql.walk import sources

Resolve = Callable[[exp.Expr], Expr]

PROPERTY_TYPES: dict[str, Type] = {
    "String": STRING.or_null(),
    "Numeric": FLOAT64.or_null(),
    "Boolean": BOOL.or_null(),
    "DateTime": DATETIME64.or_null(),
}


def column(node: exp.Column, scope: Scope, resolve: Resolve) -> Expr:
    """`name`, `relation.name`, `properties.a.b` or `relation.properties.a.b`."""
    path = [name for part in node.parts for name in _steps(part)]
    if (found := _element(path, node, scope, resolve)) is not None:
        return found
    if len(path) == 1 and (found := _alias(path[0], scope, resolve)) is not None:
        return found
    if len(path) == 1 and path[0] in scope.joined:
        return scope.joined[path[0]]
    source, rest = _source(path, scope)
    if source is not None and source.is_events and rest[0] == "properties" and len(rest) > 1:
        steps = [step for part in node.parts for step in _places(part)]
        return property_of(steps[len(path) - len(rest) + 1 :], source, scope)
    if source is not None and len(rest) == 1 and rest[0] in source.columns:
        return Column(source.alias, rest[0], source.columns[rest[0]])
    if scope.around is not None:
        return _around(node, path, scope, scope.around)
    raise unknown_column(node, path, scope)


def _around(node: exp.Column, path: list[str], scope: Scope, around: Around) -> Expr:
    """The name in the SELECT around this subquery, if it has it."""
    try:
        found = around.resolve(node)
    except HogQLError:
        raise unknown_column(node, path, scope) from None
    twice = sorted(around.aliases & {source.alias for source in scope.sources})
    if sources(found) and twice:
        message = f"`{twice[0][:60]}` is a relation of the subquery and of the SELECT around it."
        raise wrong(message, node, "Give one of them another name.", "duplicate_name")
    return found


def _steps(part: exp.Expr) -> list[str]:
    """`t.2.1` is read as `t` and the number 2.1, `t.1.name` as `t` and the name `1.name`."""
    return [part.name] if part.args.get("quoted") or not _NUMBERED.match(part.name) else part.name.split(".")


def _places(part: exp.Expr) -> list[str | int]:
    """The same with numbers as such: properties.tags.1 is the first of the array `tags`."""
    if part.args.get("quoted"):
        return [part.name]
    return [int(step) if step.isdigit() else step for step in _steps(part)]


_NUMBERED = re.compile(r"[0-9]+(\.|$)")


def _element(path: list[str], node: exp.Expr, scope: Scope, resolve: Resolve) -> Expr | None:
    """A parameter of a lambda, and elements of tuples: `x`, `x.1`, `name.1`, `relation.name.1.2`."""
    known = len(path)
    while known > 1 and path[known - 1].isdigit():
        known -= 1
    if path[0] in scope.variables and known == 1:
        return element(scope.variables[path[0]], path[1:], node)
    if known == len(path) or "properties" in path[:2]:
        return None
    inner = resolve(exp.column(*reversed([exp.to_identifier(name, quoted=True) for name in path[:known]])))
    return element(inner, path[known:], node)


def element(value: Expr, steps: list[str], node: exp.Expr) -> Expr:
    """`value.1.2`: elements of a tuple by position; of an array of tuples, the array of them."""
    for step in steps:
        value = build("tupleElement", [value, Literal(int(step), UINT8)], node)
    return value


def _source(path: list[str], scope: Scope) -> tuple[Source | None, list[str]]:
    """The relation that a path starts in, and the path inside it."""
    named = scope.source(path[0]) if len(path) > 1 else None
    if named is not None and (path[1] in named.columns or scope.holding(path[0]) is None):
        return named, path[1:]
    if path[0] == "properties" and len(path) > 1:
        return scope.events(), path
    return scope.holding(path[0]), path


def _alias(name: str, scope: Scope, resolve: Resolve) -> Expr | None:
    """The expression an alias stands for. Inside its own definition the name means the column."""
    definition = scope.aliases.get(name) or scope.constants.get(name)
    if definition is None or name in scope.resolving:
        return None
    scope.resolving.append(name)
    try:
        return resolve(definition)
    finally:
        scope.resolving.pop()


def bracket(node: exp.Bracket | exp.Dot, scope: Scope, resolve: Resolve) -> Expr:
    """`properties['a-b']` with further brackets and dots behind it; `array[n]`, `value.1`."""
    if (found := _property(node, scope)) is not None:
        return found
    inner = resolve(node.this)
    if isinstance(node, exp.Dot):
        steps = node.expression.name.split(".")
        if not all(step.isdigit() for step in steps):
            raise wrong(f"{inner.type} has no part `{node.expression.name}`.", node, "A tuple's are .1, .2 …")
        return element(inner, steps, node)
    if len(node.expressions) != 1 or not (inner.type.is_array or inner.type.is_tuple):
        raise _not_a_property(node)
    index = resolve(node.expressions[0])
    return build("arrayElement" if inner.type.is_array else "tupleElement", [inner, index], node)


def _property(node: exp.Expr, scope: Scope) -> Property | None:
    """The property of events that brackets and dots name, if they do."""
    path: list[str | int] = []
    inner: exp.Expr = node
    while isinstance(inner, exp.Bracket | exp.Dot):
        found = _places(inner.expression) if isinstance(inner, exp.Dot) else _index(inner)
        if not found:
            return None
        path[:0] = found
        inner = inner.this
    if not isinstance(inner, exp.Column) or inner.parts[0].name in scope.variables:
        return None
    path[:0] = [step for part in inner.parts for step in _places(part)]
    source, rest = _source([str(step) for step in path], scope)
    if source is None or not source.is_events or rest[0] != "properties" or len(rest) < 2:
        return None
    return property_of(path[len(path) - len(rest) + 1 :], source, scope)


def _index(node: exp.Bracket) -> list[str | int]:
    """['name'], [2] or [-1]; [] for any other."""
    index = node.expressions[0] if len(node.expressions) == 1 else None
    negative = isinstance(index, exp.Neg)
    index = index.this if isinstance(index, exp.Neg) else index
    if not isinstance(index, exp.Literal) or (negative and index.is_string):
        return []
    if index.is_string:
        return [str(index.this)]
    return [int(index.this) * (-1 if negative else 1)] if index.this.isdigit() else []


def property_of(steps: list[str | int], source: Source, scope: Scope) -> Property:
    """A property by its project's type; a nested path is text."""
    name = str(steps[0])
    known = FIXED_TYPES.get(name) or scope.context.property_types.get(name, "String")
    kind = known if len(steps) == 1 else "String"
    return Property(source.alias, (name, *steps[1:]), PROPERTY_TYPES[kind])


def output_name(node: exp.Expr, text: str) -> str:
    """The name of an unaliased result column: the last part of a name, else the text as written."""
    last = node.this if isinstance(node, exp.Column) else None
    if isinstance(node, exp.Dot):
        last = node.expression
    if isinstance(node, exp.Bracket):
        last = node.expressions[0] if node.expressions[0].is_string else None
    return text if last is None or last.is_number else str(last.name)


def _not_a_property(node: exp.Expr) -> HogQLError:
    line, column = place(node)
    return HogQLError(
        "clause_not_allowed",
        "Brackets read a property by its name, or an element of an array by its place.",
        "For example `properties['sdk-version']` or `splitByChar('/', properties.endpoint)[2]`.",
        line=line,
        column=column,
    )


def unknown_column(node: exp.Expr, path: list[str], scope: Scope) -> HogQLError:
    if len(path) == 1 and path[0] in scope.resolving:
        raise wrong(
            f"The alias `{path[0]}` is defined by itself.", node, "Name a column in it.", "unknown_column"
        )
    known = [*scope.columns, *scope.aliases, *scope.variables]
    if scope.events() is not None:
        known += [f"properties.{name}" for name in (*FIXED_TYPES, *scope.context.property_types)]
    columns = ", ".join(scope.columns) or "none"
    otherwise = f"The columns here are {columns}; properties are read as `properties.name`."
    line, column = place(node)
    return HogQLError(
        "unknown_column",
        f"There is no column `{'.'.join(path)[:100]}` here.",
        _nearest(path, known, otherwise),
        line=line,
        column=column,
    )


def _nearest(path: list[str], known: list[str], otherwise: str) -> str:
    """What the name may have meant: as it is written, or as a property without its `properties.`."""
    keys = [name.removeprefix("properties.") for name in known if name.startswith("properties.")]
    plain = [name for name in known if not name.startswith("properties.")]
    written = perhaps(path[-1], plain, "") or (perhaps(path[0], ["properties"], "") if path[1:] else "")
    return written or perhaps(path[-1], keys, "").replace("`", "`properties.", 1) or otherwise
