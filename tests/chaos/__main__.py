"""`python -m tests.chaos [--slice] [--seed N]`: the proof that an event answered with 2xx is stored once.

160 kills and 200,000 events, then outages of PostgreSQL (ten minutes stopped, its disk full, …) and of Valkey
(stopped, full, down, …): about 25 minutes. With `--slice` 8 kills, 20,000 events and some short outages: two
minutes. Exit status 1 if anything was lost, doubled or not accounted for, if it took too long until all was
well again, or if web or worker took too much memory. A seed repeats whom it kills and after which batch; what
the machine does in between, nobody repeats.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos import broken, outages
from tests.chaos.kills import KINDS
from tests.chaos.run import SLICE, WHOLE, Plan, prove
from tests.chaos.table import rendered


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--slice", action="store_true", help=f"{SLICE[0]} kills, {SLICE[1]:,} events")
    parser.add_argument("--seed", type=int, help="repeat the schedule of an earlier run")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--events", type=int)
    parser.add_argument("--poison", type=int, help="of a hundred times as many events")
    parser.add_argument("--only", choices=KINDS, action="append", help="kill these only")
    parser.add_argument("--outage", choices=outages.OUTAGES, action="append", help="these only")
    parser.add_argument("--broken", choices=broken.BREAKAGES, default="", help="see the proof fail")
    asked = parser.parse_args()
    kills, events, poison = SLICE if asked.slice else WHOLE
    plan = Plan(
        seed=asked.seed if asked.seed is not None else random.randrange(10**6),
        kills=asked.kills or kills,
        events=asked.events or events,
        kinds=tuple(asked.only or KINDS),
        outages=_outages(asked),
        hold=0 if asked.slice else 1,
        loads=not (asked.slice or asked.only),
        poison=poison if asked.poison is None else asked.poison,
        breakage=asked.broken,
    )
    print(f"seed {plan.seed}: {plan.kills} kills, {plan.events:,} events", flush=True)
    directory = Path(tempfile.mkdtemp(prefix="agentry-chaos-"))
    report = prove(plan, directory)
    print(rendered(report))
    if report.faults:
        print(f"The ledger and what the processes said are kept in {directory}")
        return 1
    shutil.rmtree(directory)
    return 0


def _outages(asked: argparse.Namespace) -> tuple[str, ...]:
    if asked.outage:
        return tuple(asked.outage)
    if asked.only:
        return ()
    return outages.SLICE if asked.slice else tuple(outages.OUTAGES)


if __name__ == "__main__":
    sys.exit(main())
