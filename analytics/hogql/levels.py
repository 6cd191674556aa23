"""The levels: tables of rollups, each a set of dimensions and a bucket. A question is answered from the first
that has what it looks at.
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


# The smaller, the earlier. That of all customers together has at most the rows of the details of one; that of
# statuses a handful a customer, where the details have one an endpoint.
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
    """The level for whole buckets of this width that has these columns; days may be made of hours."""
    needed = DIMENSIONS.intersection(columns)
    return next(
        level for level in LEVELS if level.bucket in {bucket, "hour"} and needed.issubset(level.dimensions)
    )
