"""`*`, `relation.*`, `* EXCEPT (a)`, `* REPLACE (a + 1 AS a)`: columns without their names."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from analytics.hogql import allow
from analytics.hogql.calls import wrong
from analytics.hogql.scope import Scope
from analytics.hogql.tree import Column, Expr, Output

Resolve = Callable[[exp.Expr], Expr]

PLAIN = re.compile(r"(?!.*\(\?)[\w^$|().*+?\[\]-]*")  # patterns that mean the same in Python as in RE2


def is_star(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "columns":
        return True
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def star(node: exp.Expr, scope: Scope, resolve: Resolve, taken: set[str]) -> list[Output]:
    """The columns a star stands for. One whose name is `taken` is called by its relation too."""
    if isinstance(node, exp.Anonymous):
        return _listed(node, scope, resolve)
    relation = node.table if isinstance(node, exp.Column) else ""
    inner = node.this if isinstance(node, exp.Column) else node
    allow.check(node)
    allow.check(inner)
    if not scope.sources:
        raise wrong("`*` needs a FROM.", node, "For example `select * from events limit 10`.")
    if relation and scope.source(relation) is None:
        raise wrong(
            f"There is no relation `{relation}`.",
            node,
            "Use a name or an alias from FROM.",
            code="unknown_table",
        )
    columns = _columns(scope, relation)
    known = {name for _, name, _ in columns}
    left_out = {column.name for column in inner.args.get("except_") or []}
    replaced = {item.alias: item.this for item in inner.args.get("replace") or []}
    if unknown := sorted((left_out | set(replaced)) - known):
        raise wrong(
            f"There is no column `{unknown[0]}` in the star.", node, "Leave it out.", code="unknown_column"
        )
    outputs = []
    for alias, name, column in columns:
        if name in left_out:
            continue
        shown = f"{alias}.{name}" if name in taken else name
        taken.add(shown)
        outputs.append(Output(shown, resolve(replaced[name]) if name in replaced else column))
    return outputs


def _listed(node: exp.Anonymous, scope: Scope, resolve: Resolve) -> list[Output]:
    """COLUMNS('pattern'): those whose names match; COLUMNS(a, b): these."""
    first = node.expressions[0] if len(node.expressions) == 1 else None
    if not (isinstance(first, exp.Literal) and first.args.get("is_string")):
        return [Output(item.name, resolve(item)) for item in node.expressions]
    try:
        pattern = re.compile(first.this if PLAIN.fullmatch(first.this) else "(")
    except re.error:
        raise wrong("This pattern cannot be read.", node, "For example `COLUMNS('^last_')`.") from None
    found = [Output(name, column) for _, name, column in _columns(scope, "") if pattern.search(name)]
    if not found:
        raise wrong(
            "No column's name matches this pattern.",
            node,
            "For example COLUMNS('^last_').",
            code="unknown_column",
        )
    return found


def _columns(scope: Scope, relation: str) -> list[tuple[str, str, Expr]]:
    """(relation, name, column) of every column, or of one relation's; ARRAY JOIN's in their arrays' place.
    What a USING names comes before all else that is joined."""
    inside = {name: source for source in scope.sources for name in source.replaces or ()}
    columns: list[tuple[str, str, Expr]] = []
    for source in scope.sources:
        if source.replaces is not None or relation not in {"", source.alias}:
            continue
        if not relation:
            named = [known for name in source.hidden for known in columns if known[1] == name]
            columns = named + [known for known in columns if known not in named]
        for name, type_ in source.columns.items():
            if (name in source.hidden and not relation) or name.startswith("\0"):
                continue
            owner = inside.get(name, source)
            plain = Column(owner.alias, name, owner.columns.get(name, type_))
            shown = plain if relation or owner is not source else scope.joined.get(name, plain)
            columns.append((source.alias, name, shown))
    return columns
