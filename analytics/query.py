"""query.run: the one function that everything that asks a question goes through."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import DatabaseError

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics.engines import catalog, postgres
from analytics.hogql.compiler import Compiled, compile_query
from analytics.hogql.errors import HogQLError
from analytics.hogql.plan import Facts, Part
from analytics.hogql.scope import Context
from analytics.progress import complete_through
from analytics.slots import slot
from analytics.values import python_rows

Source = Literal["rollup", "raw", "both"]


@dataclass(frozen=True)
class Column:
    """A result column: its name and its HogQL type, such as `String`, `UInt64`, `Nullable(Float64)`."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """An answer: `rows` are tuples in the order of `columns`, values are Python's (datetime, date, int, …).

    `as_of` is when it was asked; `complete_through` the moment up to which every accepted event is in it;
    `events_from` the oldest raw day kept; `plan` says where the rows came from and why.
    """

    columns: list[Column]
    rows: list[tuple[Any, ...]]
    truncated: bool
    source: Source
    as_of: datetime
    complete_through: datetime
    events_from: datetime
    elapsed_ms: float
    plan: dict[str, Any] = field(default_factory=dict)


def run(project: Project, hogql: str, *, limit: int | None = None, rollups: bool = True) -> Result:
    """Answer one HogQL query over one project's events.

    `limit` is the most rows (settings.QUERY_ROWS by default); `rollups` False reads raw events only.
    Raises AgentryError: 400 not HogQL or not allowed, 413 too long, 422 the data do not fit, 429 too many at
    once, 503 no database, 504 too slow.
    """
    started = time.perf_counter()
    most = settings.QUERY_ROWS if limit is None else min(limit, settings.QUERY_ROWS)
    now = datetime.now(UTC)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    complete = complete_through(now)
    compiled = _compile(project, hogql, now, most + 1, rollups=rollups)
    with slot(project.id):
        rows = postgres.fetch(compiled.statement, project.id, most + 1)
    return Result(
        columns=[Column(name, str(type_)) for name, type_ in compiled.columns],
        rows=python_rows(rows[:most], [type_ for _, type_ in compiled.columns]),
        truncated=len(rows) > most,
        source=_source(compiled.parts),
        as_of=now,
        complete_through=complete,
        events_from=events_from(now),
        elapsed_ms=(time.perf_counter() - started) * 1000,
        plan={"parts": [part.as_json() for part in compiled.parts]},
    )


def check(project: Project, hogql: str) -> None:
    """Compile without running. Raises AgentryError 400 or 413."""
    _compile(project, hogql, datetime.now(UTC), 1, rollups=True)


def events_from(now: datetime) -> datetime:
    """Where `events` begins on every plan: midnight, retention days ago. Maintenance drops nothing newer."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=settings.RETENTION_DAYS)


def _compile(project: Project, hogql: str, now: datetime, most_rows: int, *, rollups: bool) -> Compiled:
    if not isinstance(hogql, str):
        raise AgentryError(
            400, "wrong_type", "`query` is a text.", 'Send {"query": "select count() from events"}.'
        )
    try:
        context = Context(now, catalog.property_types(project.id))
        facts = Facts(
            now, events_from(now), lambda low, high: catalog.detail_gaps(project.id, low, high), rollups
        )
        return compile_query(hogql, project.id, context, facts, most_rows)
    except HogQLError as error:
        raise AgentryError(
            error.status, error.code, error.message, error.hint, line=error.line, column=error.column
        ) from None
    except DatabaseError:
        raise AgentryError(
            503,
            "unavailable",
            "The database does not answer right now.",
            "Try again in a moment.",
            retry_after=5,
        ) from None


def _source(parts: list[Part]) -> Source:
    levels = {level for part in parts for level in part.levels}
    if "events" not in levels and levels:
        return "rollup"
    return "raw" if levels <= {"events"} else "both"
