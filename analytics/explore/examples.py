"""Questions to begin with, over the project's own event."""

from __future__ import annotations

from dataclasses import dataclass

from agentry.accounts.models import Project
from analytics.explore.asked import Asked


@dataclass(frozen=True)
class Example:
    title: str
    query: str

    @property
    def address(self) -> str:
        return Asked(self.query).address()


def examples(project: Project) -> list[Example]:
    return [Example(title, text) for title, text in QUESTIONS.items()]


QUESTIONS = {
    "Calls a day, 30 days": """select toDate(timestamp) as day, count() as calls
from events
where event = 'api_request' and timestamp >= today() - 29
group by day
order by day""",
    "Calls an hour, today and yesterday": """select toStartOfHour(timestamp) as hour, count() as calls
from events
where event = 'api_request' and timestamp >= yesterday()
group by hour
order by hour""",
    "Which endpoints answer with errors?": """select
    properties.endpoint as endpoint,
    countIf(properties.status >= 500) as server_errors,
    countIf(properties.status between 400 and 499) as client_errors,
    count() as calls
from events
where event = 'api_request' and timestamp >= today() - 6
group by endpoint
order by server_errors desc
limit 20""",
    "The latest events": """select timestamp, event, distinct_id, properties
from events
order by timestamp desc
limit 20""",
}
