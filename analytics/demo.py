"""The demo: the walkthrough's customers over 60 days that end now, through the path of every other event."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from django.conf import settings

from agentry.accounts.models import Project
from analytics.demo_calls import Demo
from analytics.imports.feed import feed
from analytics.imports.progress import Progress
from analytics.ingest.batch import Batch, judge
from analytics.ingest.decode import Sent
from analytics.ingest.times import Clock
from analytics.models import Import

SOURCE = "demo-1"  # another number when the events change: an unfinished demo of before cannot go on
BATCH_EVENTS = 1_000


def load_demo(project: Project) -> None:
    """Load the demo into a project, once. Interrupted, the next call goes on with the `now` of the first and
    stores nothing twice."""
    known, _ = Import.objects.get_or_create(
        project=project, source=SOURCE, defaults={"reading": "demo", "started_at": datetime.now(UTC)}
    )
    if known.finished_at:
        return
    demo = Demo(known.started_at)
    with Progress(sys.stderr, "demo", len(demo), unit=" events") as progress:
        for fed in feed(_batches(demo, known)):
            known.lines = fed.mark
            known.stored += fed.stored
            known.duplicate += fed.duplicate
            known.save()
            progress.at(known.lines, known.lines)
    known.finished_at = datetime.now(UTC)
    known.save()


def _batches(demo: Demo, known: Import) -> Iterator[tuple[int, Batch]]:
    """The events that are not answered for, with the number of those up to each batch's end. What is older
    than events are kept is passed over."""
    done = known.lines
    events = islice(demo.events(), done, None)
    while batch := list(islice(events, BATCH_EVENTS)):
        clock = Clock.at(round(time.time() * 1000), settings.RETENTION_DAYS)
        done += len(batch)
        kept = (Sent(b"", event) for event in batch if event["timestamp"] >= clock.oldest)
        yield done, judge(known.project_id, kept, clock)
