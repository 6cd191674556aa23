"""Which file this is, how far it has come before, and on which clock it goes in."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from datetime import UTC, datetime

from agentry.accounts.models import Project
from analytics.imports.line import Reader
from analytics.imports.progress import Progress
from analytics.imports.source import FileError, Source
from analytics.ingest.times import milliseconds
from analytics.ingest.verdicts import Verdict
from analytics.models import Import

PROGRESS = (
    "reading",
    "finished_at",
    "lines",
    "chain",
    "stored",
    "duplicate",
    "dead_lettered",
    "rejected",
)


def recall(project: Project, source: Source, reading: str) -> Import:
    """The import of a file that began with the same bytes, or a new one. Its progress is gone if the lines
    were read in another way."""
    known = _known(project, source.head)
    if known is None:
        known, _ = Import.objects.get_or_create(
            project=project,
            source=_digest(source.head),
            defaults={
                "head_bytes": len(source.head),
                "reading": reading,
                "started_at": datetime.now(UTC),
            },
        )
    if known.reading != reading:
        known.reading = reading
        forget_progress(known)
    return known


def _known(project: Project, head: bytes) -> Import | None:
    sizes = Import.objects.filter(project=project, head_bytes__range=(1, len(head)))
    for size in sizes.values_list("head_bytes", flat=True).distinct().order_by("-head_bytes"):
        found = Import.objects.filter(project=project, source=_digest(head[:size]), head_bytes=size).first()
        if found:
            return found
    return None


def _digest(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()


def resume(source: Source, known: Import, progress: Progress) -> int:
    """Go to where an earlier run stopped; gives the number of lines passed over.

    A finished file that has not grown is read again from its start, and so is a pipe: what is stored already
    will be counted as duplicate."""
    unfinished = known.finished_at is None
    if known.lines and source.seekable and source.skip_to(known.lines, bytes(known.chain), progress.at):
        if unfinished or not source.at_end():
            return known.lines
        source.rewind()
    forget_progress(known)
    return 0


def forget_progress(known: Import) -> None:
    known.lines = known.stored = known.duplicate = known.dead_lettered = 0
    known.chain, known.rejected, known.finished_at = b"", {}, None


def save_progress(known: Import) -> None:
    """All but the clock, which another process that imports the same file may be setting."""
    known.save(update_fields=PROGRESS)


def set_clock(known: Import, source: Source, read: Reader) -> None:
    """Fix the shift, unless events of the file have been sent. Raises FileError."""
    if not known.sent:
        unsent = Import.objects.filter(pk=known.pk, sent=False)
        unsent.update(shift_ms=_shift(source, read))
        known.refresh_from_db(fields=["shift_ms", "sent"])


def claim_clock(known: Import) -> None:
    """Before the first event is sent: from now on the shift stands. Raises FileError if another process has
    just given the file another one: with both, every line would be stored twice."""
    unsent = Import.objects.filter(pk=known.pk, shift_ms=known.shift_ms)
    if not unsent.update(sent=True):
        raise FileError("Another process has begun to import this file. Wait for it, then run again.")
    known.sent = True


def _shift(source: Source, read: Reader) -> int:
    """Milliseconds that move the latest of the file's last lines to now. Raises FileError."""
    if not source.seekable:
        raise FileError(f"{source.name} is a pipe: --shift-to-now needs a file, to read its end first.")
    times = []
    for line in source.tail():
        with suppress(Verdict):
            times.append(milliseconds(read(line).get("timestamp"), "timestamp"))
    if not times:
        raise FileError(f"No line at the end of {source.name} has a time: --shift-to-now cannot move it.")
    return round(time.time() * 1000) - max(times)
