"""What one can filter by: an event's most frequent values, remembered for some minutes."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache
from redis.exceptions import RedisError

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from analytics.customers import questions
from analytics.customers.state import DETAILS, FLAGS, STATUSES, State
from analytics.engines import postgres_figures as usage
from analytics.health import trial

OFFERED = 50  # values of a list; where there are more one types, with these as suggestions
EVENTS = 50
SECONDS = 600
SOON = 10  # seconds: what has nothing yet may have something at any moment
CALLED = {"plan": "plan", "endpoint": "endpoint", "method": "method", "status": "status", "flag": "flag"}


@dataclass(frozen=True)
class Filter:
    """`typed`: there are more values than `values`, so it is a field and not a list."""

    name: str
    chosen: str
    values: list[str]
    typed: bool = False

    @property
    def any(self) -> str:
        return f"Any {CALLED[self.name]}"


def offered(project: Project, state: State) -> list[Filter]:
    """The page's filters. What is chosen is always in its list, whether or not it is frequent."""
    found = [_of_values(project, state, name) for name in DETAILS]
    statuses = Filter("status", state.status, [*STATUSES])
    return [*found, statuses, Filter("flag", state.flag, [*FLAGS])]


def events(project: Project, state: State) -> list[str]:
    """The project's events by name; the one that is shown is among them, a test event only then."""
    known = [name for name in usage.events(project.pk, EVENTS) if name != trial.EVENT]
    return known if state.event in known else [state.event, *known]


def _of_values(project: Project, state: State, name: str) -> Filter:
    chosen = getattr(state, name)
    values = _remembered(project, f"{name} {state.event}", questions.values(state.event, name, OFFERED + 1))
    typed, values = len(values) > OFFERED, values[:OFFERED]
    return Filter(name, chosen, values if not chosen or chosen in values else [chosen, *values], typed)


def _remembered(project: Project, what: str, hogql: str) -> list[str]:
    """The first column of an answer. Without an answer there is nothing to offer, and the page goes on."""
    key = f"filters:{project.pk}:{sha256(what.encode()).hexdigest()[:24]}"
    try:
        known: list[str] | None = cache.get(key)
        if known is not None:
            return known
        known = [row[0] for row in query.run(project, hogql).rows]
        cache.set(key, known, SECONDS if known else SOON)
    except AgentryError:
        return []
    except RedisError:
        return [row[0] for row in query.run(project, hogql).rows]
    return known
