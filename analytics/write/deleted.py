"""What a batch does for a customer, or a project, whose data are being deleted.

Asked for at one moment of Valkey's clock, which also numbers the stream's entries: what was appended before
it is dropped, what was appended after it is stored and noted, so that the deletion passes it over.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from analytics.engines import postgres_deletions as sql
from analytics.write.reader import Received

REASON = "customer_deleted"


@dataclass(frozen=True)
class Deletion:
    """One customer's. `entries` are the numbers of the batch's entries that are older than it."""

    id: int
    project_id: int
    customer: str
    goes_on: bool
    entries: list[int]

    def drop(self, cursor: CursorWrapper) -> int:
        return sql.drop(cursor, self.project_id, self.customer, self.entries) if self.entries else 0

    def keep(self, cursor: CursorWrapper) -> None:
        if self.goes_on:
            sql.keep(cursor, self.id, self.project_id, self.customer)


def asked(
    cursor: CursorWrapper, entries: Sequence[Received], projects: Collection[int]
) -> tuple[list[Deletion], set[int]]:
    """The deletions that concern a batch: customers', and the projects that are gone."""
    if not projects:
        return [], set()
    found = sql.asked(cursor, projects, min(entry.id[0] for entry in entries))
    customers = [
        Deletion(
            id_,
            project_id,
            customer,
            goes_on,
            [number for number, entry in enumerate(entries) if entry.id[0] <= cutoff_ms],
        )
        for id_, project_id, customer, cutoff_ms, goes_on in found
        if customer is not None
    ]
    return customers, {project_id for _, project_id, customer, _, _ in found if customer is None}
