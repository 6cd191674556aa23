"""Documents that are made from code say what the code does."""

from __future__ import annotations

from analytics.hogql.document import DOCUMENT, document


def test_the_hogql_page_is_made_from_the_function_table() -> None:
    """After a change of the tables: python -m analytics.hogql.document"""
    assert DOCUMENT.read_text(encoding="utf-8") == document()
