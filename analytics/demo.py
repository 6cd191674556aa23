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
from analytics.models import Customer, Import

SOURCE = "demo-2"  # another number when the events change: an unfinished demo of before cannot go on
READING = "demo"
BATCH_EVENTS = 1_000


def load_demo(project: Project) -> None:
    """Load the demo into a project, once: not beside one of a version before. Interrupted, the next call goes
    on with the `now` of the first and stores nothing twice."""
    if Import.objects.filter(project=project, reading=READING).exclude(finished_at=None).exists():
        return
    known, _ = Import.objects.get_or_create(
        project=project, source=SOURCE, defaults={"reading": READING, "started_at": datetime.now(UTC)}
    )
    demo = Demo(known.started_at)
    with Progress(sys.stderr, "demo", len(demo), unit=" events") as progress:
        for fed in feed(_batches(demo, known)):
            known.lines = fed.mark
            known.stored += fed.stored
            known.duplicate += fed.duplicate
            known.save()
            progress.at(known.lines, known.lines)
    for customer_id, monthly_cap in demo.caps().items():
        Customer.objects.update_or_create(
            project=project, customer_id=customer_id, defaults={"monthly_cap": monthly_cap}
        )
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
