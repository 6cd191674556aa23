"""Properties of every kind, each value read by the property's type as ClickHouse reads it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from agentry.accounts.models import Project
from analytics.hogql.parse import parse
from analytics.hogql.project import tie_to_project
from analytics.hogql.resolve import resolve
from analytics.hogql.scope import Context
from tests.clickhouse import ask, same
from tests.hogql_answers import ours
from tests.hogql_events import NOW
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

# PostgreSQL's own reader takes the first four for times, and the next for January.
TIMES = [
    *(
        "now",
        "today",
        "infinity",
        "epoch",
        "01/02/2026",
        "15/01/2026",
        "Jan 15, 2026",
        "1768473000",
        "",
        "no",
    ),
    *("2026-01-15", "2026-01-15 10:30:00", "2026-01-15T10:30:00Z", "2026-01-15T10:30:00.1239+02:00"),
    *("2026-01-15 10:30", "2026-1-5", "2026-02-30", "2026-01-15 24:00:00", "20260115T103000", "99999-01-01"),
]
VALUES: list[Any] = [
    *("", "a b", "[1, 2]", '{"a":  1}', "ünï", "日本", "true", "null", "1.50", 'a"b\\c\n'),
    *(1, 0, -7, 2.5, 20.0, 0.1, 1e-7, 9007199254740993, True, False),
    *([], [1, 2], ["a b", "c,  d"], [None, "x"], [[1], {"k": [2.5, True]}], {}, {"a": {"b": " x : y "}}),
]


def read(project: Project, values: list[Any], type_: str) -> list[Any]:
    """Each value as the property `v` of an event of its own, read back by a query, in their order."""
    stored = [
        {"timestamp": NOW - timedelta(hours=1) + timedelta(seconds=place), "rest": {"v": value}}
        for place, value in enumerate(values)
    ]
    store(project.id, stored)
    text = "select properties.v as v from events order by timestamp"
    query = resolve(parse(text), Context(NOW, {"v": type_}))
    return [row[0] for row in ours(tie_to_project(query, project.id), project.id)]


def test_times(project: Project) -> None:
    """Of the type DateTime: all that parseDateTime64BestEffort reads, to the millisecond."""
    texts = ", ".join(f"'{value}'" for value in TIMES)
    _, kinds, theirs = ask(f"select parseDateTime64BestEffortOrNull(arrayJoin([{texts}]), 3, 'UTC')")
    found = zip(TIMES, read(project, TIMES, "DateTime"), theirs, strict=True)
    assert [(text, a, b[0]) for text, a, b in found if not same(a, b[0], kinds[0])] == []


def test_texts(project: Project) -> None:
    """Of the type String: an array or object is JSON without spaces, a number stands as it was sent."""
    found = read(project, VALUES, "String")
    wrong = []
    for value, text in zip(VALUES, found, strict=True):
        sent = json.dumps({"v": value}).replace("\\", "\\\\").replace("'", "\\'")
        read_as = "JSONExtractString" if isinstance(value, str) else "JSONExtractRaw"
        _, _, rows = ask(f"select {read_as}('{sent}', 'v')")
        if text != rows[0][0] and not (isinstance(value, float) and float(text) == value):
            wrong.append((value, text, rows[0][0]))
    assert wrong == []
