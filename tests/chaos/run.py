"""One run of the proof: a stack, a client, kills, and what is found at the end."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import broken, check, load, meanwhile, small_disk, valkey
from tests.chaos.batches import Batch, Batches
from tests.chaos.client import Line, Sender, Senders, Tally
from tests.chaos.dead_letters import poison
from tests.chaos.kills import KINDS, Kill, kill, schedule
from tests.chaos.ledger import Ledger
from tests.chaos.outages import DISK_FULL, OUTAGES
from tests.memory import LIMITS, watched
from tests.stack import Stack

# Kills, events, poison.
WHOLE, SLICE = (160, 200_000, 1_000), (8, 20_000, 20)
PATIENCE = 3  # times as long as it may take it is waited for; once where it may never come
LEAST_HOLD = 2.0
ASK_SECONDS = 0.05  # between two questions whether all is well again


@dataclass(frozen=True)
class Plan:
    """What is asked of a run. `breakage` names one of `broken.BREAKAGES`."""

    seed: int
    kills: int
    events: int
    poison: int = 0  # events that PostgreSQL refuses, after the kills, in a hundred times as many
    kinds: tuple[str, ...] = tuple(KINDS)
    outages: tuple[str, ...] = tuple(OUTAGES)  # after the kills
    hold: int = 1  # which of an outage's two lengths: 0 is the slice's
    loads: bool = False  # after all that: a backlog, half the load and three times of it
    slack: float = 1.0  # times as long it may take on a machine that does other things too
    breakage: str = ""


@dataclass
class Report:
    """What a run found. `faults` is empty if the promise held; `healed` is kind → seconds from each kill."""

    plan: Plan
    faults: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    healed: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    skipped: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def expect_none(self, what: str, number: int) -> None:
        self.figures[what] = number
        if number:
            self.faults.append(f"{what}: {number:,}")


class Run:
    """The parts of a run while it lasts."""

    def __init__(self, plan: Plan, stack: Stack, directory: Path) -> None:
        self.plan, self.stack = plan, stack
        self.rng = random.Random(plan.seed)
        self.batches = Batches(random.Random(plan.seed + 1))
        self.path = directory / "ledger"
        self.ledger, self.tally = Ledger(self.path), Tally()
        self.report = Report(plan)
        self.senders = Senders(self._sender, plan.seed + 2)
        self.prober = self._sender()
        self.line = Line(stack.port, {"Authorization": f"Bearer {stack.facts['api_token']}"})

    def _sender(self) -> Sender:
        facts = self.stack.facts
        path = f"/v1/analytics/{facts['project']}/"
        return Sender(self.stack.port, path, facts["dsn"], self.ledger, self.tally)

    def rounds(self) -> None:
        """Traffic and a kill in the middle of it, again and again."""
        kills = schedule(self.rng, self.plan.kills, self.plan.kinds)
        share = self.plan.events // (len(kills) + len(self.plan.outages))
        for number, planned in enumerate(kills, 1):
            work = list(self.batches.new(share))
            self.senders.put(work)
            while self.senders.waiting > len(work) * (1 - planned.after):
                time.sleep(0.001)
            self._kill(number, planned)
        for name in self.plan.outages:
            if name not in self.report.skipped:
                self._outage(name, share)
        self.senders.put(self.batches.rest())
        self.senders.close()

    def _kill(self, number: int, planned: Kill) -> None:
        pid = kill(self.stack, planned.kind, self.rng)
        at = time.monotonic()
        self.report.killed[planned.kind] += 1
        line = f"kill {number}/{self.plan.kills}: {planned.kind} ({pid})"
        if planned.heals:
            seconds = self._heal(planned.kind, f"probe_{number}", at)
            self.report.healed[planned.kind].append(seconds)
            line += f", well again after {seconds:.1f} s"
        print(line, flush=True)

    def _outage(self, name: str, events: int) -> None:
        outage, refused = OUTAGES[name], self.batches.probe(f"refused_{name}")
        hold = outage.hold[self.plan.hold] or LEAST_HOLD
        self.senders.put(self.batches.new(events // 2))
        with outage.begin(self.stack):
            ends = time.monotonic() + hold
            self.senders.put(self.batches.new(events - events // 2))
            wrong = self._meanwhile(outage.server, refused)
            if name == "stopped":
                meanwhile.throw_bombs(self.stack, self.tally)
            time.sleep(max(ends - time.monotonic(), 0))
            if outage.server == "postgres" and not valkey.backlog(self.stack):
                wrong.append(f"nothing waited, so it was no outage: {dict(self.tally.counts)}")
        at = time.monotonic()
        seconds = self._heal(name, f"probe_{name}", at)
        if outage.server == "valkey":
            self.senders.put([refused])
        self.report.faults += [f"{name}: {fault}" for fault in wrong]
        self.report.killed[name] += 1
        self.report.healed[name].append(seconds)
        print(f"{name} for {hold:.0f} s, well again after {seconds:.1f} s", flush=True)

    def _meanwhile(self, server: str, refused: Batch) -> list[str]:
        if server == "postgres":
            return meanwhile.questions(self.stack)
        time.sleep(0.2)  # what was under way when it began is over
        return list(meanwhile.refusal(self.prober, refused, self.plan.slack))

    def _heal(self, kind: str, name: str, killed_at: float) -> float:
        """Seconds from the kill until a new event is queryable and no event from before it waits."""
        patience = within(kind) * (1 if self.plan.breakage else PATIENCE)
        deadline = killed_at + patience
        self.prober.send(self.batches.probe(name), longest_pause=0.1, seconds=patience)
        while not self._is_queryable(name) and time.monotonic() < deadline:
            time.sleep(ASK_SECONDS)
        while not self._is_caught_up(killed_at) and time.monotonic() < deadline:
            time.sleep(ASK_SECONDS)
        return time.monotonic() - killed_at

    def _is_queryable(self, name: str) -> bool:
        body = json.dumps({"query": f"select count() as calls from events where event = '{name}'"})
        path = f"/v1/analytics/{self.stack.facts['project']}/query/"
        with suppress(OSError, http.client.HTTPException):
            status, _, content = self.line.ask(
                "POST", path, body.encode(), **{"Content-Type": "application/json"}
            )
            if status == 200:
                return bool(json.loads(content)["rows"][0]["calls"])
            if status != 503:
                self.tally.fault(f"a query answered {status}: {content[:200]!r}")
        return False

    def _is_caught_up(self, killed_at: float) -> bool:
        with suppress(OSError, http.client.HTTPException):
            seen = check.metrics(self.stack)
            return seen["up"] == 2 and seen["lag_ms"] < 1000 * (time.monotonic() - killed_at)
        return False

    def judge(self) -> Report:
        """Wait for the drain and compare everything with everything."""
        report, counts = self.report, self.tally.counts
        if not check.await_drain(self.stack):
            report.faults.append("the backlog was not gone in time")
        report.figures |= {
            "events": self.batches.made + sum(map(len, report.healed.values())),
            "re-sent deliberately": self.batches.resent,
            "requests": counts["attempts"],
            "unanswered": counts["unanswered"],
            "answered 503": counts["unavailable"],
        }
        report.expect_none("batches given up", self.senders.unsent)
        for what, number in check.check_events(self.stack, self.path).items():
            report.expect_none(what, number)
        report.expect_none("dead letters", check.dead_letters(self.stack))
        if self.plan.poison:
            self._poison()
        if self.plan.loads:
            report.figures |= load.backlog(self.stack, self.plan.seed, self.tally)
            report.figures |= load.borne(self.stack, self.tally)
            check.await_drain(self.stack)
        report.expect_none("rollup cells that differ", check.check_rollups(self.stack))
        report.expect_none("unexpected answers", self.tally.faults.total())
        report.faults += self.tally.faults
        report.faults += check.check_accounts(self.stack, self.tally)
        if self.plan.outages and not self.plan.breakage:
            report.faults += self._emptied()
        report.faults += _slow(report)
        return report

    def _emptied(self) -> Iterator[str]:
        """A Valkey that begins with nothing: what was written stays, what comes is written."""
        valkey.emptied(self.stack)
        seconds = self._heal("valkey", "probe_emptied", time.monotonic())
        self.report.figures["ms from an empty Valkey on"] = round(seconds * 1000)
        with check.database(self.stack) as connection:
            query = "SELECT count(*) FROM events WHERE event = 'probe_emptied'"
            if connection.execute(query).fetchone() != (1,):
                yield "an emptied Valkey keeps events from being stored"

    def _poison(self) -> None:
        bad, events = self.plan.poison, self.plan.poison * 100
        seconds, wrong = poison(self.stack, events, bad, self.plan.seed)
        self.tally.add(sent=events, answered=events)
        self.report.faults += wrong
        self.report.figures |= {"poison": bad, "in events": events, "worked off in s": round(seconds)}


def within(kind: str) -> float:
    """Seconds in which all must be well again after such a kill or outage."""
    return KINDS[kind][1] if kind in KINDS else OUTAGES[kind].within


def _slow(report: Report) -> Iterator[str]:
    for kind, seconds in report.healed.items():
        if max(seconds) > within(kind) * report.plan.slack:
            yield f"{kind}: well again after {max(seconds):.1f} s only"


def prove(plan: Plan, directory: Path) -> Report:
    """Run a plan on a stack of its own in that directory. Raises AssertionError if the stack does not start
    or a killed part does not come back."""
    began = time.monotonic()
    with _stack(plan, directory) as (stack, skipped), watched(stack) as peaks:
        run = Run(plan, stack, directory)
        run.report.skipped = skipped
        run.rounds()
        report = run.judge()
        run.ledger.close()
    report.figures |= {f"most MB of {name}": round(peaks[name]) for name in LIMITS}
    if plan.outages:
        report.faults += peaks.over()
    report.seconds = time.monotonic() - began
    return report


@contextmanager
def _stack(plan: Plan, directory: Path) -> Iterator[tuple[Stack, list[str]]]:
    """The stack, and the outages that this machine does not let us make."""
    stack, skipped = Stack(directory / "data"), []
    with ExitStack() as mounts:
        if DISK_FULL in plan.outages and not mounts.enter_context(small_disk.mounted(stack)):
            skipped.append(DISK_FULL)
            print(f"NOT SHOWN: {DISK_FULL}. It needs root, and a machine that lets it mount.", flush=True)
        stack.start(**broken.environment(plan.breakage, directory))
        mounts.callback(stack.stop)
        stack.await_ready()
        broken.break_tables(plan.breakage, stack)
        yield stack, skipped
