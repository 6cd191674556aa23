"""One file into one project: from the line where an earlier run stopped to the last."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, TextIO

from django.conf import settings

from agentry.accounts.models import Project
from analytics.imports.feed import Fed, feed
from analytics.imports.formats import Format, guess, reader
from analytics.imports.line import RawEvent, Reader
from analytics.imports.progress import Progress
from analytics.imports.remember import claim_clock, recall, resume, save_progress, set_clock
from analytics.imports.source import FileError, Line, Source, line_uuid
from analytics.ingest.batch import Batch, judge
from analytics.ingest.decode import Sent
from analytics.ingest.times import SECONDS_UNTIL, Clock, milliseconds
from analytics.ingest.verdicts import Verdict
from analytics.models import Import

BATCH_LINES = 1_000
EXAMPLES = 3  # of each reason
SAVE_SECONDS = 1.0
BLANK = b" \t\r\n"


class Mark(NamedTuple):
    """Where a batch of lines ends, and the numbers of those that are not blank."""

    lines: int
    chain: bytes
    position: int
    numbers: list[int]


@dataclass
class Report:
    """What became of a file. `known` has the counts, those of earlier runs that it went on from included;
    `examples` the first rejected lines of this run for each reason: number and sentence."""

    known: Import
    resumed_after: int = 0
    examples: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def import_file(
    project: Project,
    name: str,
    out: TextIO,
    *,
    format_: Format | None = None,
    customer_field: str | None = None,
    shift_to_now: bool = False,
) -> Report:
    """Import a file (`-`: standard input) and return when everything in it is stored.

    Whatever ends it, what was answered for is remembered, and the next run goes on from there. Raises
    FileError; AgentryError when Valkey, and DatabaseError when PostgreSQL stays away.
    """
    source = Source(name)
    try:
        if not source.head:
            return Report(Import(project=project))
        found = format_ or guess(source.head)
        if found is None:
            raise FileError(f"{name} has none of the known formats in its first lines: see --format.")
        if customer_field and found != "logpush":
            raise FileError(f"--customer-field is for Logpush; {name} has the format {found}.")
        read = reader(found, customer_field)
        known = recall(project, source, f"{found} {customer_field or ''}".strip())
        if shift_to_now:
            set_clock(known, source, read)
        with Progress(out, name, source.size) as progress:
            report = Report(known, resume(source, known, progress))
            known.finished_at = None
            save_progress(known)
            _run(source, read, report, progress)
        return report
    finally:
        source.close()


def _run(source: Source, read: Reader, report: Report, progress: Progress) -> None:
    known = report.known
    saved = time.monotonic()
    try:
        for fed in feed(_batches(source, read, known)):
            _note(report, fed)
            progress.at(fed.mark.position, known.lines)
            if time.monotonic() - saved > SAVE_SECONDS:
                save_progress(known)
                saved = time.monotonic()
        known.finished_at = datetime.now(UTC)
    finally:
        save_progress(known)


def _batches(source: Source, read: Reader, known: Import) -> Iterator[tuple[Mark, Batch]]:
    lines = source.lines()
    while batch_lines := list(islice(lines, BATCH_LINES)):
        clock = Clock.at(round(time.time() * 1000), settings.RETENTION_DAYS)
        full = [line for line in batch_lines if line.data is None or line.data.strip(BLANK)]
        batch = judge(known.project_id, (_sent(line, read, known) for line in full), clock)
        if batch.entries and not known.sent:
            claim_clock(known)
        last = batch_lines[-1]
        yield Mark(last.number, last.chain, source.position(), [line.number for line in full]), batch


def _sent(line: Line, read: Reader, known: Import) -> Sent:
    if line.data is None:
        return Sent(b"", Verdict("too_large", "The line is longer than any event may be."))
    try:
        return Sent(line.data, _placed(read(line.data), line, known))
    except Verdict as verdict:
        return Sent(line.data, verdict)


def _placed(raw: RawEvent, line: Line, known: Import) -> RawEvent:
    """With the time and the uuid that every run of this file gives it."""
    at = raw.get("timestamp")
    if at is None:
        raw["timestamp"] = round(known.started_at.timestamp() * 1000)
    else:
        moved = milliseconds(at, "timestamp") + known.shift_ms
        if moved < SECONDS_UNTIL:  # it would be read as seconds
            raise Verdict(
                "timestamp_out_of_window", "The timestamp is older than events are kept.", "timestamp"
            )
        raw["timestamp"] = moved
    if raw.get("uuid") is None:
        raw["uuid"] = line_uuid(line.chain)
    return raw


def _note(report: Report, fed: Fed[Mark]) -> None:
    known = report.known
    known.lines, known.chain = fed.mark.lines, fed.mark.chain
    known.stored += fed.stored
    known.duplicate += fed.duplicate
    known.dead_lettered += fed.dead_lettered
    reasons = fed.batch.reasons()
    # The writer refuses, too: a day that has been dropped while the event waited.
    reasons["outside_window"] = fed.batch.accepted - fed.stored - fed.duplicate - fed.dead_lettered
    for code, number in reasons.items():
        if number:
            known.rejected[code] = known.rejected.get(code, 0) + number
    for verdict in fed.batch.rejected:
        shown = report.examples.setdefault(verdict["code"], [])
        if len(shown) < EXAMPLES:
            shown.append((fed.mark.numbers[verdict["index"]], verdict["message"]))
