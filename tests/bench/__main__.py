"""`python -m tests.bench [--size quick|full]`: servers of its own, one run, one table.

quick: 2 million events, a few minutes. full: 44 million, about half an hour and 20 GB of disk. With
`--data DIR` the servers' data stay there, and the next run with the same size asks without loading again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from agentry.stack.servers import running

AREAS = ("demo", "ingest", "load", "publish", "query", "pages", "million")
SIZES = {"quick": 2_000_000, "full": 44_000_000}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--size", choices=SIZES, default="quick")
    parser.add_argument("--only", choices=AREAS, action="append", help="these rows only")
    parser.add_argument("--data", type=Path, help="keep the data in this directory, and use what lies there")
    asked = parser.parse_args()
    events, areas = SIZES[asked.size], asked.only or AREAS
    with (
        kept(asked.data) if asked.data else tempfile.TemporaryDirectory(prefix="agentry-bench-") as name,
        running(Path(name) / "servers") as (database_url, valkey_url),
    ):
        # Django reads its settings once, when it is imported: so the rows run in a process that has them.
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "VALKEY_URL": valkey_url,
            "AGENTRY_DATA_DIR": name,
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        }
        args = [sys.executable, "-m", "tests.bench.run", str(events), name, *areas]
        return subprocess.run(args, env=environment).returncode


def kept(directory: Path) -> contextlib.nullcontext[str]:
    directory.mkdir(parents=True, exist_ok=True)
    return contextlib.nullcontext(str(directory.resolve()))


if __name__ == "__main__":
    sys.exit(main())
