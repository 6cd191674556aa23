"""The walkthrough's first question over the demo, through the API."""

from __future__ import annotations

import time
from statistics import median

from agentry.accounts.models import Project
from analytics.demo import load_demo
from analytics.models import Import
from tests.bench.questions import TOP_20
from tests.bench.stack import Running
from tests.bench.table import Row

DEMO = "demo"


def measure(running: Running) -> list[Row]:
    project = Project.objects.create(team=running.team, name="Demo", slug=DEMO)
    began = time.perf_counter()
    load_demo(project)
    took = time.perf_counter() - began
    events = Import.objects.get(project=project).stored
    asked = median(running.seconds(TOP_20, DEMO) for _ in range(20)) * 1000
    return [
        Row("loading the demo", f"{took:.1f} s", f"{events:,} events", took, 30, "less"),
        Row("walkthrough top-20 over the demo", f"{asked:.1f} ms", "through the API", asked, 50, "less"),
    ]
