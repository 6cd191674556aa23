"""What the page says about a state beside its rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from analytics.customers import questions
from analytics.customers.state import State
from analytics.customers.wording import long_day


def about(project: Project, state: State) -> Iterator[str]:
    """Where a window reaches further back than the data."""
    window = state.window
    if state.detailed:
        kept = query.events_from(datetime.now(UTC)).date()
        if window.first < kept:
            yield (
                f"Filters by plan, endpoint, method and status know the days from {long_day(kept)} on: "
                f"the days of the window before it are not counted."
            )
        elif window.before_first < kept:
            yield (
                f"Filters by plan, endpoint, method and status know the days from {long_day(kept)} on: "
                f"there is no whole window before to compare with."
            )
    if not window.named and (begins := _begins(project, state)) and window.first < begins:
        if window.last < begins:
            yield f"The first {state.event} is of {long_day(begins)}: {window.name} is older than that."
        else:
            yield f"The first {state.event} is of {long_day(begins)}: the window begins before it."


def how_it_rolls(state: State) -> str:
    """What a publication of this state shows tomorrow."""
    return f"{state.window.how_it_rolls} {lasting(state)}".strip()


def lasting(state: State) -> str:
    """Which of its customers are named once and for all; "" where tomorrow's are found tomorrow."""
    if state.flag:
        return f"A publication keeps to the customers that {state.flagged_now}."
    if state.called:
        return "A publication keeps to the customers that have such a name now."
    return ""


def _begins(project: Project, state: State) -> date | None:
    try:
        found = query.run(project, questions.begins(state.event)).rows
    except AgentryError:  # the page says it already
        return None
    return found[0][0] if found else None
