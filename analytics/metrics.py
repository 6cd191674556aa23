"""/metrics for Prometheus, read from both servers at each scrape. What does not answer is left out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate

import redis
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from agentry import valkey
from analytics.engines import postgres_accounts, postgres_letters
from analytics.ingest import refused
from analytics.ingest.stream import BACKLOG
from analytics.write import lag, pulse
from analytics.write.accounting import Counts, at_accept, combine
from analytics.write.reader import Reader

PROJECTS = 200  # with labels of their own, the busiest; the others are summed as "other"
OUTCOMES = ("received", "stored", "duplicate", "dead_lettered")


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Ingest())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Ingest(Collector):
    """One scrape: the accounting of every project, the backlog, ages and lags, and which servers answered."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("agentry_up", "Whether a server answered this scrape.", labels=["server"])
        parts = []
        try:
            shards = [*_shards(), *_requests(), *_pace()]
            parts.append(at_accept())
            up.add_metric(["valkey"], 1)
            yield from shards
        except redis.RedisError:
            up.add_metric(["valkey"], 0)
        try:
            parts.append(postgres_accounts.totals())
            letters = _letters()
            up.add_metric(["postgresql"], 1)
            yield letters
        except DatabaseError:
            up.add_metric(["postgresql"], 0)
        yield up
        # Of one server alone the numbers would not add up; each family is then left out, not shown as 0.
        yield from _events(combine(*parts), complete=len(parts) == 2)


def _shards() -> Iterator[Metric]:
    backlog = valkey.client().get(BACKLOG)
    events = GaugeMetricFamily("agentry_ingest_backlog_events", "Accepted events not yet in PostgreSQL.")
    events.add_metric([], int(backlog or 0))
    yield events
    limit = GaugeMetricFamily("agentry_ingest_backlog_limit_events", "At this backlog ingest answers 503.")
    limit.add_metric([], settings.BACKLOG_EVENTS)
    yield limit
    entries = GaugeMetricFamily("agentry_ingest_stream_entries", "Entries in the stream.", labels=["shard"])
    lag = GaugeMetricFamily(
        "agentry_ingest_lag_seconds", "Age of the oldest entry that is not yet written.", labels=["shard"]
    )
    for shard in range(settings.SHARDS):
        reader = Reader(shard)
        oldest = reader.oldest()
        entries.add_metric([str(shard)], reader.waiting())
        lag.add_metric([str(shard)], 0 if oldest is None else max(time.time() - oldest / 1000, 0))
    yield from (entries, lag)


def _requests() -> Iterator[Metric]:
    refusals = CounterMetricFamily(
        "agentry_requests_refused",
        "Requests with a valid key that were refused whole.",
        labels=["project", "code"],
    )
    found = refused.by_project()
    totals: Counter[int] = Counter()
    for (project_id, _), requests in found.items():
        totals[project_id] += requests
    shown = {project_id for project_id, _ in totals.most_common(PROJECTS)}
    summed: Counter[tuple[str, str]] = Counter()
    for (project_id, code), requests in found.items():
        summed[str(project_id) if project_id in shown else "other", code] += requests
    for labels, requests in summed.items():
        refusals.add_metric(labels, requests)
    yield refusals


def _pace() -> Iterator[Metric]:
    """How long events wait, and when somebody last worked behind the web."""
    buckets, seconds = lag.everywhere()
    waits = HistogramMetricFamily(
        "agentry_ingest_accept_to_queryable_seconds", "From the append of an event to the commit of its row."
    )
    bounds = [*(str(float(bound)) for bound in lag.BOUNDS), "+Inf"]
    waits.add_metric([], list(zip(bounds, accumulate(buckets), strict=True)), seconds)
    yield waits
    drains = GaugeMetricFamily(
        "agentry_ingest_seconds_since_drain", "Since a worker last looked at a shard.", labels=["shard"]
    )
    beat = GaugeMetricFamily("agentry_seconds_since_beat", "Since beat last ticked and a worker heard it.")
    for name, ago in pulse.seconds_since().items():
        if ago is not None and name == "beat":
            beat.add_metric([], ago)
        elif ago is not None:
            drains.add_metric([name.partition(":")[2]], ago)
    yield from (drains, beat)


def _letters() -> Metric:
    letters = GaugeMetricFamily(
        "agentry_dead_letters_waiting", "Dead letters neither replayed nor discarded.", labels=["project"]
    )
    ranked = Counter(postgres_letters.waiting_by_project()).most_common()
    for project_id, waiting in ranked[:PROJECTS]:
        letters.add_metric([str(project_id)], waiting)
    if len(ranked) > PROJECTS:
        letters.add_metric(["other"], sum(waiting for _, waiting in ranked[PROJECTS:]))
    return letters


def _events(projects: dict[int, Counts], *, complete: bool) -> Iterable[Metric]:
    families = {
        outcome: CounterMetricFamily(f"agentry_events_{outcome}", f"Events {outcome}.", labels=["project"])
        for outcome in OUTCOMES
    }
    rejected = CounterMetricFamily(
        "agentry_events_rejected", "Events rejected.", labels=["project", "reason"]
    )
    backlog = GaugeMetricFamily("agentry_events_backlog", "Events that wait.", labels=["project"])
    unaccounted = GaugeMetricFamily(
        "agentry_events_unaccounted",
        "received - stored - duplicate - rejected - dead_lettered - backlog: 0 when nothing moves.",
        labels=["project"],
    )
    for project, counts in _bounded(projects).items():
        for outcome, family in families.items():
            family.add_metric([project], getattr(counts, outcome))
        for reason, events in counts.rejected.items():
            rejected.add_metric([project, reason], events)
        backlog.add_metric([project], counts.backlog)
        unaccounted.add_metric([project], counts.unaccounted)
    if complete:
        return [*families.values(), rejected, backlog, unaccounted]
    return [
        family for family in (*families.values(), rejected, backlog) if any(s.value for s in family.samples)
    ]


def _bounded(projects: dict[int, Counts]) -> dict[str, Counts]:
    ranked = sorted(projects, key=lambda project: -projects[project].received)
    shown = {str(project): projects[project] for project in ranked[:PROJECTS]}
    if len(ranked) > PROJECTS:
        other = Counts()
        for project in ranked[PROJECTS:]:
            counts = projects[project]
            for outcome in (*OUTCOMES, "backlog"):
                setattr(other, outcome, getattr(other, outcome) + getattr(counts, outcome))
            other.rejected.update(counts.rejected)
        shown["other"] = other
    return shown
