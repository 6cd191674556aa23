"""The page of a publication: a table made for reading, from a query's result."""

from __future__ import annotations

import secrets

from django.template.loader import render_to_string

from analytics.customers import thresholds
from analytics.query import Result
from publications.table import ROWS, table
from publications.visit import Shared


def render(shared: Shared, result: Result) -> tuple[bytes, bytes]:
    """The page before and after the place where the answer's age stands."""
    age = secrets.token_hex(16)
    html = render_to_string(
        "publication.html",
        {
            "shared": shared,
            "team": shared.project.team,
            "result": result,
            "table": table(result, thresholds.of(shared.project)),
            "rows_left": max(len(result.rows) - ROWS, 0),
            "age": age,
        },
    )
    before, _, after = html.partition(age)
    return before.encode(), after.encode()


def age_words(seconds: float) -> str:
    """The age of an answer: it stands in the page that says as of when it is."""
    whole = max(int(seconds), 0)
    return "just now" if whole < 2 else f"{whole} s ago"
