"""`make prove`: a slice of it, and that it fails when the promise is broken on purpose."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.chaos import ledger, outages
from tests.chaos.batches import Batches
from tests.chaos.kills import KINDS, schedule
from tests.chaos.run import PATIENCE, SLICE, Plan, prove
from tests.chaos.table import rendered

# The same kills in every run, as with hypothesis; AGENTRY_HUNT=1 and `make prove` draw others.
SEED = random.randrange(10**6) if "AGENTRY_HUNT" in os.environ else 7
BREAKAGES = {
    "answer": ("lost", ("web worker", "web parent"), 4, 10_000),
    "ack": ("lost", ("celery parent", "celery child", "backend", "postmaster"), 4, 10_000),
    "dedupe": ("doubled", ("beat",), 1, 2_000),
}


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_whatever_is_killed_nothing_is_lost_doubled_or_unaccounted(tmp_path: Path) -> None:
    report = prove(Plan(SEED, *SLICE, outages=outages.SLICE, hold=0, slack=PATIENCE), tmp_path)
    print(rendered(report))
    assert report.faults == []
    assert report.killed == dict.fromkeys([*KINDS, *outages.SLICE], 1)


@pytest.mark.stack
@pytest.mark.timeout(600)
@pytest.mark.parametrize("breakage", BREAKAGES)
def test_the_proof_fails_where_the_promise_is_broken(tmp_path: Path, breakage: str) -> None:
    found, kinds, kills, events = BREAKAGES[breakage]
    report = prove(Plan(1, kills, events, kinds=kinds, outages=(), breakage=breakage), tmp_path)
    assert report.figures[found] > 0, rendered(report)
    assert report.faults


def test_a_seed_repeats_its_kills_and_its_events() -> None:
    first, second = (schedule(random.Random(7), 40, list(KINDS)) for _ in range(2))
    assert first == second != schedule(random.Random(8), 40, list(KINDS))
    assert {kind: sum(kill.kind == kind for kill in first) for kind in KINDS} == dict.fromkeys(KINDS, 5)
    first_sent, second_sent = (
        [batch.uuids for batch in Batches(random.Random(7)).new(500)] for _ in range(2)
    )
    assert first_sent == second_sent


def test_a_quarter_of_the_events_is_sent_again() -> None:
    batches = Batches(random.Random(7))
    sent = [name for batch in (*batches.new(20_000), *batches.rest()) for name in batch.uuids]
    assert (batches.made, len(set(sent))) == (20_000, 20_000)
    assert len(sent) - 20_000 == batches.resent
    assert 0.22 < batches.resent / batches.made < 0.30


def test_the_ledger_owes_what_was_accepted_once(tmp_path: Path) -> None:
    book = ledger.Ledger(tmp_path / "ledger")
    for status, *names in (
        ("sent", "a", "b", "c"),
        ("accepted", "a"),
        ("ambiguous", "a", "b"),
        ("sent", "a"),
    ):
        book.write(status, names)
    book.close()
    assert ledger.read(tmp_path / "ledger") == {"a": "accepted", "b": "ambiguous", "c": "sent"}
