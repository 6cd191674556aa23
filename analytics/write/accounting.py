"""What became of every event that was received: the identity that always holds after a drain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentry import valkey
from analytics.engines import postgres_accounts
from analytics.ingest.stream import BACKLOGS, COUNTS


@dataclass
class Counts:
    """Events of one project. Each is counted on its own; that they add up is what shows that none is lost."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    dead_lettered: int = 0
    backlog: int = 0
    rejected: Counter[str] = field(default_factory=Counter)  # by reason

    @property
    def unaccounted(self) -> int:
        """0 after a drain. While events move, what is read first may be a batch behind what is read last."""
        answered = self.stored + self.duplicate + self.dead_lettered + self.backlog
        return self.received - answered - self.rejected.total()


def accounting(project_id: int) -> Counts:
    """Raises redis.RedisError or django.db.Error when Valkey or PostgreSQL does not answer."""
    accepted, written = at_accept(), postgres_accounts.totals(project_id)
    return combine(accepted, written)[project_id]


def at_accept() -> dict[tuple[int, str, str], int]:
    """(project, outcome, reason) → events, counted with each append: received, rejected, backlog."""
    pipeline = valkey.client().pipeline()
    pipeline.hgetall(COUNTS)
    pipeline.hgetall(BACKLOGS)
    totals, backlogs = pipeline.execute()
    counts = {(int(project), "backlog", ""): int(events) for project, events in backlogs.items()}
    for name, events in totals.items():
        project, outcome, reason = name.decode().split(":", 2)
        counts[int(project), outcome, reason] = int(events)
    return counts


def combine(*parts: Mapping[tuple[int, str, str], int]) -> defaultdict[int, Counts]:
    """Project → counts, from (project, outcome, reason) → events."""
    projects: defaultdict[int, Counts] = defaultdict(Counts)
    for part in parts:
        for (project_id, outcome, reason), events in part.items():
            counts = projects[project_id]
            if outcome == "rejected":
                counts.rejected[reason] += events
            else:
                setattr(counts, outcome, getattr(counts, outcome) + events)
    return projects
