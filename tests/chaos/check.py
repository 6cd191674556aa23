"""After the drain: ledger = table = rollups, and every event accounted for."""

from __future__ import annotations

import json
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos import ledger
from tests.chaos.client import Tally
from tests.rollup_truth import TABLES, differences
from tests.stack import Stack

DRAIN_SECONDS = 600.0  # poison takes its time
OUTCOMES = ("stored", "duplicate", "rejected", "dead_lettered", "backlog")
# What is wrong → how many, of what. All zero is the proof.
Faults = Counter[str]


def database(stack: Stack) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection to the stack's own PostgreSQL, as its processes have them."""
    url = json.loads((stack.data_dir / "running.json").read_text())["DATABASE_URL"]
    return psycopg.connect(url, autocommit=True, application_name="agentry-chaos")


def metrics(stack: Stack) -> dict[str, int]:
    """The counts of /metrics, summed over projects and reasons, by their last word: `received`, `backlog`, …

    Raises OSError while the web server is away."""
    request = urllib.request.Request(f"{stack.url}/metrics", headers={"User-Agent": "agentry-chaos/1"})
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read().decode()
    found: defaultdict[str, int] = defaultdict(int)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if family.name.startswith("agentry_events_"):
                found[family.name.removeprefix("agentry_events_")] += int(sample.value)
            elif family.name == "agentry_ingest_lag_seconds":
                found["lag_ms"] = max(found["lag_ms"], round(sample.value * 1000))
            elif family.name == "agentry_seconds_since_beat":
                found["beat_ms"] = round(sample.value * 1000)
            elif family.name == "agentry_up":
                found["up"] += int(sample.value)
    return found


def await_drain(stack: Stack) -> bool:
    """Whether the backlog was gone in time."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError):
            seen = metrics(stack)
            if seen["up"] == 2 and seen["backlog"] == 0 and seen["lag_ms"] == 0:
                return True
        time.sleep(0.2)
    return False


def check_events(stack: Stack, path: Path) -> Faults:
    """The ledger against the table: lost, doubled, and stored though it was never sent."""
    known = ledger.read(path)
    with database(stack) as connection:
        stored = Counter(str(name) for (name,) in connection.execute("SELECT uuid FROM events"))
    accepted = {name for name, status in known.items() if status == ledger.ACCEPTED}
    return Counter(
        {
            "lost": len(accepted - stored.keys()),
            "doubled": sum(rows > 1 for rows in stored.values()),
            "unknown": len(stored.keys() - known.keys()),
            "never accepted": len(known) - len(accepted),
        }
    )


def dead_letters(stack: Stack) -> int:
    with database(stack) as connection:
        return int((connection.execute("SELECT count(*) FROM dead_letters").fetchone() or (0,))[0])


def check_rollups(stack: Stack) -> int:
    """How many cells of all levels differ from the raw events."""
    with database(stack) as connection:
        return sum(len(connection.execute(differences(table)).fetchall()) for table in TABLES)


def check_accounts(stack: Stack, tally: Tally) -> Iterator[str]:
    """Sentences about accounts that do not add up: /metrics with itself, with the tables, with the client."""
    seen, counts = metrics(stack), tally.counts
    with database(stack) as connection:
        query = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM dead_letters)"
        rows, letters = connection.execute(query).fetchone() or (0, 0)
    parts = {outcome: seen[outcome] for outcome in OUTCOMES}
    if seen["received"] != sum(parts.values()) or seen["unaccounted"]:
        yield f"received {seen['received']} is not {parts}"
    if (rows, letters) != (seen["stored"], seen["dead_lettered"]):
        yield f"the tables have {rows} events and {letters} dead letters, /metrics {parts}"
    if not counts["answered"] <= seen["received"] <= counts["sent"]:
        yield f"received {seen['received']}, of {counts['sent']} sent and {counts['answered']} answered"
    if not counts["answered_bad"] <= seen["rejected"] <= counts["sent_bad"]:
        bad = f"{counts['sent_bad']} sent and {counts['answered_bad']} answered"
        yield f"rejected {seen['rejected']}, of {bad}"
