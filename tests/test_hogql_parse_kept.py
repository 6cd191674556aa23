"""Trees of texts are kept, so no pass may change one: a second question with the same text finds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlglot import exp

from analytics.hogql.compiler import compile_query
from analytics.hogql.errors import HogQLError
from analytics.hogql.parse import KEPT_LENGTH, parse
from analytics.hogql.plan import Facts
from analytics.hogql.scope import Context
from tests.hogql_events import ALL_TYPES
from tests.test_hogql_differential import QUERIES

NOW = datetime(2026, 5, 16, 13, 42, tzinfo=UTC)


def compiled(text: str, now: datetime = NOW) -> str:
    facts = Facts(now, now - timedelta(days=90), lambda low, high: [], True)
    try:
        found = compile_query(text, 1, Context(now, ALL_TYPES), facts, 100).statement
    except HogQLError as error:
        return f"{error.message} {error.line} {error.column}"
    return f"{found.sql} {found.parameters}"


def whole(tree: exp.Query) -> list[tuple[int, int, str]]:
    """Every node of it, with its parent: a node that is put into another tree gets another parent."""
    return [(id(node), id(node.parent), type(node).__name__) for node in tree.walk()]


def test_compiling_leaves_the_tree_as_it_was() -> None:
    kept = [text for text in QUERIES if len(text) <= KEPT_LENGTH]
    assert len(kept) > 800
    for text in kept:
        tree = parse(text)
        before, shown = whole(tree), repr(tree)
        first = compiled(text)
        assert parse(text) is tree
        assert compiled(text) == first
        assert (whole(tree), repr(tree)) == (before, shown), text


def test_only_the_text_is_kept_not_its_clock() -> None:
    text = "select count() from events where timestamp > now() - interval 1 day"
    assert compiled(text) != compiled(text, NOW + timedelta(days=1))


def test_what_is_refused_is_refused_again() -> None:
    for _ in range(2):
        assert compiled("select count( from events").startswith("This cannot be read as HogQL")
