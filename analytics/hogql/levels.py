"""The levels: tables of rollups, each a set of dimensions and a bucket. Whole days of a question are answered
from the first level by the day that has what it looks at, whole hours from the first by the hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal as Choice

from analytics.hogql.storage import DETAILS

Bucket = Choice["day", "hour"]
CUSTOMER = "customer_id"


@dataclass(frozen=True)
class Level:
    """One table: a row for each project, event, bucket, and value of these dimensions.

    `source` says from what a row can be computed anew: the raw events of its hour, or the level by the hour
    that a day is the sum of.
    """

    table: str
    bucket: Bucket
    dimensions: tuple[str, ...]
    source: str = "events"

    @property
    def column(self) -> str:
        return f'"{self.bucket}"'

    @property
    def of_customers(self) -> bool:
        """Whether each row is one customer's."""
        return CUSTOMER in self.dimensions

    @property
    def detailed(self) -> bool:
        """Whether the hours of `detail_gaps` are incomplete in it."""
        return not {*DETAILS}.isdisjoint(self.dimensions)


# Fewer dimensions never give more rows. Days are not made of hours: where customers are few, the hours of all
# together are more than the days of each.
LEVELS = (
    Level("usage_day", "day", (CUSTOMER,), "usage_hour"),
    Level("usage_hour", "hour", (CUSTOMER,)),
    Level("usage_status_day", "day", (CUSTOMER, "status"), "usage_detail_hour"),
    Level("usage_endpoint_hour", "hour", DETAILS),
    Level("usage_detail_day", "day", (CUSTOMER, *DETAILS), "usage_detail_hour"),
    Level("usage_detail_hour", "hour", (CUSTOMER, *DETAILS)),
)
DIMENSIONS = {CUSTOMER, *DETAILS}


def smallest(columns: Iterable[str], bucket: Bucket) -> Level:
    """The level of this bucket that has these columns."""
    needed = DIMENSIONS.intersection(columns)
    return next(level for level in LEVELS if level.bucket == bucket and needed.issubset(level.dimensions))
