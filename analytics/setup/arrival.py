"""Whether a project's first event has come, and what is in its way if it has not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis.exceptions import RedisError

from agentry import valkey
from agentry.accounts.models import Project
from analytics.engines import postgres_tail
from analytics.engines.postgres_tail import Stored
from analytics.health import trial
from analytics.health.reasons import REQUESTS
from analytics.ingest import refused
from analytics.ingest.stream import BACKLOGS, recent_rejects
from analytics.setup.suspects import KINDS, kind_of, masked

RECENT = timedelta(hours=1)


@dataclass(frozen=True)
class Trouble:
    """What was refused: one sentence, the reason's code, and when."""

    said: str
    code: str
    at: datetime


@dataclass(frozen=True)
class Arrival:
    """`event`: the newest stored one that an API sent, if it is newer than what one waits for. `queued`:
    events that are accepted and not written yet. `used`: when a key was last used. `known` False: Valkey does
    not answer. `tested`: there is an event, but only one that the Ingest page sent."""

    event: Stored | None
    trouble: Trouble | None
    queued: int
    used: datetime | None
    known: bool = True
    tested: bool = False

    @property
    def customer(self) -> str | None:
        """Whose event it is; what looks like a secret is masked."""
        customer_id = self.event.customer_id if self.event else None
        return masked(customer_id) if customer_id and self._kind else customer_id

    @property
    def warning(self) -> tuple[str, str] | None:
        """What the customer_id looks like, and what to send instead; None if it looks like one."""
        return KINDS[self._kind] if self._kind else None

    @property
    def _kind(self) -> str | None:
        customer_id = self.event.customer_id if self.event else None
        return kind_of(customer_id) if customer_id else None

    @property
    def token(self) -> str:
        """Another one when there is something new to say."""
        parts = (
            self.event and self.event.uuid,
            self.trouble and self.trouble.at,
            bool(self.queued),
            self.known,
            self.tested,
        )
        return "-".join(str(part) for part in parts).replace(" ", "-")


def arrival(project: Project, after: datetime | None) -> Arrival:
    event = _newest(project.pk, after, but=trial.EVENT)
    used = project.dsn_keys.exclude(last_used_at=None).order_by("-last_used_at").first()
    last_used = used.last_used_at if used else None
    if event is not None:
        return Arrival(event, None, 0, last_used)
    tested = _newest(project.pk, after) is not None
    try:
        return Arrival(None, _trouble(project.pk), _queued(project.pk), last_used, tested=tested)
    except RedisError:
        return Arrival(None, None, 0, last_used, known=False, tested=tested)


def _newest(project_id: int, after: datetime | None, but: str = "") -> Stored | None:
    newest = postgres_tail.newest(project_id, "", "", 1, but)
    return newest[0] if newest and (after is None or newest[0].timestamp > after) else None


def _trouble(project_id: int) -> Trouble | None:
    """The last refusal of the last hour: of an event, or of a request whole."""
    found = [
        Trouble(str(reject["message"]), str(reject["code"]), _moment(reject["at"]))
        for reject in recent_rejects(project_id)[:1]
    ]
    found += [
        Trouble(f"The body of a request is {REQUESTS.get(one.code, one.code)}.", one.code, _moment(one.at))
        for one in refused.of_project(project_id)
    ]
    last = max(found, key=lambda trouble: trouble.at, default=None)
    return last if last and last.at > datetime.now(UTC) - RECENT else None


def _queued(project_id: int) -> int:
    events: bytes | None = valkey.client().hget(BACKLOGS, str(project_id))  # type: ignore[assignment]
    return int(events or 0)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
