"""Every row of the bench, in the environment that `python -m tests.bench` made."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import django

django.setup()

from tests.bench import million, pages, rows_demo, rows_ingest, rows_load, rows_publish, rows_query  # noqa: E402
from tests.bench.stack import running  # noqa: E402
from tests.bench.table import Row, rendered  # noqa: E402


def main(events: int, directory: Path, areas: list[str]) -> int:
    rows: list[Row] = []
    with running(directory) as stack:
        measures = {
            "demo": lambda: rows_demo.measure(stack),
            "ingest": lambda: rows_ingest.measure(stack),
            "load": lambda: rows_load.measure(stack),
            "publish": lambda: rows_publish.measure(stack),
            "million": lambda: million.measure(stack, events >= rows_query.FULL),
            "pages": lambda: pages.measure(stack, directory, events),
            "query": lambda: rows_query.measure(stack, directory, events),
        }
        for area in areas:
            rows += measures[area]()
    print(f"{events:,} events, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(rendered(rows))
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
