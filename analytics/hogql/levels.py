"""The levels: tables of rollups, each a set of dimensions and a bucket. Whole days of a question are answered
from the first level by the day that has what it looks at, whole hours from the first by the hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal as Choice

from analytics.hogql.storage import DETAILS

Bucket = Choice["day", "hour"]


@dataclass(frozen=True)
class Level:
    """One table: a row for each project, event, bucket, and value of these dimensions."""

    table: str
    bucket: Bucket
    dimensions: tuple[str, ...]

    @property
    def detailed(self) -> bool:
        """Whether the hours of `detail_gaps` are incomplete in it."""
        return not {*DETAILS}.isdisjoint(self.dimensions)


# Fewer dimensions never give more rows. Days are not made of hours: where customers are few, the hours of all
# together are more than the days of each.
LEVELS = (
    Level("usage_day", "day", ("customer_id",)),
    Level("usage_hour", "hour", ("customer_id",)),
    Level("usage_status_day", "day", ("customer_id", "status")),
    Level("usage_endpoint_hour", "hour", DETAILS),
    Level("usage_detail_day", "day", ("customer_id", *DETAILS)),
    Level("usage_detail_hour", "hour", ("customer_id", *DETAILS)),
)
DIMENSIONS = {"customer_id", *DETAILS}


def smallest(columns: Iterable[str], bucket: Bucket) -> Level:
    """The level of this bucket that has these columns."""
    needed = DIMENSIONS.intersection(columns)
    return next(level for level in LEVELS if level.bucket == bucket and needed.issubset(level.dimensions))
