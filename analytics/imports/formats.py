"""Which format a file has, and the reader of each."""

from __future__ import annotations

from typing import Literal

from analytics.imports import combined, logpush
from analytics.imports.line import RawEvent, Reader
from analytics.ingest.verdicts import Verdict

Format = Literal["combined", "ndjson", "logpush"]
FORMATS: tuple[Format, ...] = ("combined", "ndjson", "logpush")
LINES_LOOKED_AT = 50


def guess(head: bytes) -> Format | None:
    """The format that the first lines have, by majority; None if none of them says."""
    votes: list[Format | None] = [vote(line) for line in head.splitlines()[:LINES_LOOKED_AT]]
    return max(FORMATS, key=votes.count) if any(votes) else None


def vote(line: bytes) -> Format | None:
    if combined.LINE.fullmatch(line.decode("utf-8", "replace")):
        return "combined"
    try:
        record = logpush.parse_object(line)
    except Verdict:
        return None
    if "event" in record:
        return "ndjson"
    return None if logpush.KNOWN_BY.isdisjoint(record) else "logpush"


def reader(name: Format, customer_field: str | None) -> Reader:
    if name == "logpush":
        return logpush.reader(customer_field or "ClientIP")
    return combined.read if name == "combined" else ndjson


def ndjson(line: bytes) -> RawEvent:
    """An event as the ingest endpoint takes it. `sent_at` is about a request's clock and a file has none: it
    would move a historic event to now. Raises Verdict."""
    record = logpush.parse_object(line)
    record.pop("sent_at", None)
    return record
