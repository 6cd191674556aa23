"""All rows of the page's table, on whatever page they are, as CSV and JSON: made while they are sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings

from agentry.accounts.models import Project
from analytics import query
from analytics.answer import cell, json_value, moment
from analytics.customers import questions, rows, table
from analytics.customers.rows import Row
from analytics.customers.table import EXPORTED, Table
from analytics.query import Result

CHUNK = 500  # customers of a piece: as many names must fit into one question


def csv_file(project: Project, shown: Table) -> Iterator[bytes]:
    """UTF-8, CRLF. Text that a spreadsheet would run as a formula gets a leading '."""
    yield _csv_lines([[column.name for column in EXPORTED]])
    for piece in _pieces(project, shown, []):
        yield _csv_lines([map(_csv_value, table.cells(row)) for row in piece])


def json_file(project: Project, shown: Table) -> Iterator[bytes]:
    """The shape of a query's answer."""
    names, count, parts = [column.name for column in EXPORTED], 0, [shown.answer]
    yield b'{"rows":['
    for piece in _pieces(project, shown, parts):
        texts = [_json(dict(zip(names, map(_json_value, table.cells(row)), strict=True))) for row in piece]
        yield (b"," if count else b"") + ",".join(texts).encode()
        count += len(texts)
    yield b"]," + _json(_about(table.answer([], parts), count))[1:].encode()


def _pieces(project: Project, shown: Table, parts: list[Result]) -> Iterator[list[Row]]:
    """The rows from the first on. Each piece is asked for when the one before has been sent; a customer that
    another has overtaken meanwhile is not sent twice."""
    sent: set[str | None] = set()
    state = replace(shown.state, page=1, size=settings.QUERY_ROWS)
    while True:
        ranked = query.run(project, questions.ranked(state, shown.only))
        parts.append(ranked)
        customers = rows.customers(ranked)
        new = [each for each in customers if each.customer_id not in sent]
        for start in range(0, len(new), CHUNK):
            piece = new[start : start + CHUNK]
            names = [each.customer_id for each in piece]
            parts.append(query.run(project, questions.series(state, names, largest=False)))
            series = rows.series(parts[-1], piece, parts[-1].as_of)
            yield rows.made(state, piece, shown.totals, series, {}, len(sent) + 1)
            sent.update(names)
        if len(customers) < state.size:
            return
        state = replace(state, page=state.page + 1)


def _about(answer: Result, count: int) -> dict[str, Any]:
    return {
        "columns": [{"name": column.name, "type": column.type} for column in answer.columns],
        "row_count": count,
        "truncated": False,
        "source": answer.source,
        "as_of": moment(answer.as_of),
        "complete_through": moment(answer.complete_through),
        "events_from": moment(answer.events_from),
        "elapsed_ms": round(answer.elapsed_ms, 1),
    }


def _csv_lines(lines: Sequence[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()


def _csv_value(value: Any) -> Any:
    return cell(_json_value(value))


def _json_value(value: Any) -> Any:
    return json_value(value, "DateTime64(3)")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
