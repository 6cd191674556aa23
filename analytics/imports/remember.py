"""Which file this is, how far it has come before, and on which clock it goes in."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from datetime import UTC, datetime

from agentry.accounts.models import Project
from analytics.imports.line import Reader
from analytics.imports.source import FileError, Source
from analytics.ingest.times import milliseconds
from analytics.ingest.verdicts import Verdict
from analytics.models import Import


def recall(project: Project, source: Source, reading: str) -> Import:
    """The import of a file that began with the same bytes, or a new one. Its progress is gone if the lines
    were read in another way."""
    known = _known(project, source.head)
    if known is None:
        known = Import(project=project, source=_digest(source.head), head_bytes=len(source.head))
        known.started_at = datetime.now(UTC)
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


def resume(source: Source, known: Import) -> int:
    """Go to where an earlier run stopped; gives the number of lines passed over.

    A finished file that has not grown is read again from its start, and so is a pipe: what is stored already
    will be counted as duplicate."""
    unfinished = known.finished_at is None
    if known.lines and source.seekable and source.skip_to(known.lines, bytes(known.chain)):
        if unfinished or not source.at_end():
            return known.lines
        source.rewind()
    forget_progress(known)
    return 0


def forget_progress(known: Import) -> None:
    known.lines = known.stored = known.duplicate = known.dead_lettered = 0
    known.chain, known.rejected, known.finished_at = b"", {}, None


def shift(source: Source, read: Reader) -> int:
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
