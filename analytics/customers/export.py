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
from analytics.answer import cell, json_value, moment
from analytics.customers import naming, questions, reading, rows, table
from analytics.customers.reading import Reading
from analytics.customers.rows import Row
from analytics.customers.state import State
from analytics.customers.table import EXPORTED
from analytics.query import Result

CHUNK = 500  # customers of a piece: as many names must fit into one question


def csv_file(project: Project, state: State) -> Iterator[bytes]:
    """UTF-8, CRLF. Text that a spreadsheet would run as a formula gets a leading '."""
    head = _csv_lines([[column.name for column in EXPORTED]])
    for piece in _pieces(reading.begin(project, state)):
        yield head + _csv_lines([map(_csv_value, table.cells(row)) for row in piece])
        head = b""
    if head:
        yield head


def json_file(project: Project, state: State) -> Iterator[bytes]:
    """The shape of a query's answer."""
    names, count = [column.name for column in EXPORTED], 0
    source = reading.begin(project, state)
    head = b'{"rows":['  # with the first rows: what goes wrong at once is then an answer, not a torn file
    for piece in _pieces(source):
        texts = [_json(dict(zip(names, map(_json_value, table.cells(row)), strict=True))) for row in piece]
        yield head + ",".join(texts).encode()
        head, count = b",", count + len(texts)
    yield (b"" if count else head) + b"]," + _json(_about(reading.answer(source, []), count))[1:].encode()


def _pieces(source: Reading) -> Iterator[list[Row]]:
    """The rows from the first on. Each piece is asked for when the one before has been sent; a customer that
    another has overtaken meanwhile is not sent twice."""
    sent: set[str | None] = set()
    only = reading.only_of(source)
    totals = reading.totals(source, only)
    source.state = state = replace(source.state, page=1, size=settings.QUERY_ROWS)
    while True:
        customers = reading.customers(source, only, totals)
        new = [each for each in customers if each.customer_id not in sent]
        for start in range(0, len(new), CHUNK):
            piece = new[start : start + CHUNK]
            names = [each.customer_id for each in piece]
            daily = source.ask(questions.series(state, names, largest=False))
            called = naming.of(source.project, names)
            yield rows.made(state, piece, totals, source.series(daily, piece), {}, called, len(sent) + 1)
            sent.update(names)
        if len(customers) < state.size:
            return
        source.state = state = replace(state, page=state.page + 1)


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
