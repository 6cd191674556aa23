"""The levels of rollups in one place, for whoever treats them all alike: pruning and deleting.

(Which of them answers a question is the planner's, how each is raised the writer's.)
"""

from __future__ import annotations

from dataclasses import dataclass

CUSTOMER = "customer_id"
DETAIL = ("endpoint", "method", "status", "plan")


@dataclass(frozen=True)
class Level:
    """One table of rollups. `keys` are its columns beside project, event and bucket; `source` says from what
    a row can be computed anew: the raw events of its hour, or the level by the hour that a day is the sum of.
    `gaps`: it has no complete rows for hours that detail_gaps marks."""

    table: str
    bucket: str  # "hour" or "day"
    keys: tuple[str, ...]
    source: str = "events"
    gaps: bool = False

    @property
    def column(self) -> str:
        return f'"{self.bucket}"'

    @property
    def of_customers(self) -> bool:
        """Whether each row is one customer's. Rows of all customers together must be computed anew."""
        return CUSTOMER in self.keys


# Days stand behind the hours that they are computed from.
LEVELS = (
    Level("usage_detail_hour", "hour", (CUSTOMER, *DETAIL), gaps=True),
    Level("usage_hour", "hour", (CUSTOMER,)),
    Level("usage_detail_day", "day", (CUSTOMER, *DETAIL), "usage_detail_hour", gaps=True),
    Level("usage_day", "day", (CUSTOMER,), "usage_hour"),
)
DETAILS = LEVELS[0]  # from which rows of all customers are computed where no raw events are left
