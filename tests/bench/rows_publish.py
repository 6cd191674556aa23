"""Answers out: a published page from cache, against an empty view."""

from __future__ import annotations

from tests.bench import load
from tests.bench.questions import TOP_20
from tests.bench.rows_ingest import EMPTY
from tests.bench.stack import Running
from tests.bench.table import Row, interleaved

ROUNDS = 5


def measure(running: Running) -> list[Row]:
    return [page(running)]


def page(running: Running) -> Row:
    """The walkthrough's dashboard as a viewer opens it, the key in its cookie, over 16 connections."""
    body = {"recipe_id": "raw_hogql", "description": "Top 20", "params": {"query": TOP_20}}
    made = running.post("/v1/analytics/default/publish/", body, running.token)
    key = made["public_url"].partition("key=")[2]
    path, cookie = f"/q/{made['publication_id']}", {"Cookie": f"agentry_link={key}"}

    def pages() -> float:
        return load.run(load.Job(running.port, "GET", path, cookie)).only(200).per_second

    def empty() -> float:
        return (
            load.run(load.Job(running.port, "POST", EMPTY, running.headers(running.token)))
            .only(200)
            .per_second
        )

    ours, theirs = interleaved(ROUNDS, pages, empty)
    return Row(
        "published page from cache",
        f"{ours:,.0f} requests/s",
        f"empty view {theirs:,.0f}/s",
        ours / theirs,
        0.5,
        "more",
    )
