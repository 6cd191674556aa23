"""Every row of the bench, in the environment that `python -m tests.bench` made."""

from __future__ import annotations

import sys
from pathlib import Path

import django

django.setup()

from tests.bench import rows_query  # noqa: E402
from tests.bench.stack import running  # noqa: E402
from tests.bench.table import rendered  # noqa: E402


def main(events: int, directory: Path) -> int:
    with running(directory) as stack:
        rows = rows_query.measure(stack, directory, events)
    print(rendered(rows))
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
