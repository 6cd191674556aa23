"""Imported by the processes of a stack that is to break its promise: each patch says something too early."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from celery.signals import worker_process_init
from django.core.signals import request_started

VARIABLE = "AGENTRY_CHAOS_BREAKAGE"


def acknowledge_first(**_: Any) -> None:
    """In a writer: the entries leave the stream, and then they are written."""
    drain: Any = import_module("analytics.write.drain")

    def write(reader: Any, runs: list[list[Any]], deadline: Any) -> None:
        outcomes = {entry.id: drain.Outcome(entry.events) for run in runs for entry in run}
        drain._acknowledge(reader, runs, outcomes, deadline)
        drain.batch.write(reader.shard, runs)

    drain._write = write


def answer_first(**_: Any) -> None:
    """In a web process, at each request: the answer goes, and then the events are appended."""
    endpoint: Any = import_module("analytics.ingest.endpoint")
    if hasattr(endpoint, "later"):
        return
    append, endpoint.later = endpoint.keep, ThreadPoolExecutor(32)

    stream: Any = import_module("analytics.ingest.stream")

    def slowly(batch: Any, limits: Any) -> None:
        time.sleep(0.3)  # a kill finds something answered and not appended
        append(batch, limits)

    def append_later(batch: Any, limits: Any, waiting: bool = False) -> Any:
        if waiting:
            return append(batch, limits, waiting)
        endpoint.later.submit(slowly, batch, limits)
        return stream.Receipt(0, [], False)

    endpoint.keep = append_later


PATCHES: dict[str, tuple[Any, Callable[..., None]]] = {
    "ack": (worker_process_init, acknowledge_first),
    "answer": (request_started, answer_first),
}
if breakage := os.environ.get(VARIABLE):
    signal, patch = PATCHES[breakage]
    signal.connect(patch, weak=False)
