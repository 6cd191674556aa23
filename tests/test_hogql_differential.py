"""Two printers, one meaning: the same queries over the same events get the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.hogql_answers import difference
from tests.hogql_events import PROJECT, clear, load

pytestmark = pytest.mark.django_db

# Queries end with `;`. Above one whose text means something else in ClickHouse stands `-- printed`: there a
# comparison with NULL is NULL, and so on; its meaning is compared as the ClickHouse printer says it.
FILES = sorted((Path(__file__).parent / "queries").glob("*.sql"))
TEXTS = [text.strip() for file in FILES for text in file.read_text().split(";\n")]
QUERIES = [text for text in TEXTS if text]


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """A project id with the events in it. Nothing here writes, so one load serves the module."""
    with django_db_blocker.unblock():
        load()
        yield PROJECT
        clear()


@pytest.mark.parametrize("text", QUERIES)
def test_whole_queries(loaded: int, text: str) -> None:
    found = difference(text, loaded, verbatim="-- printed" not in text)
    assert not found, found
