"""What other thresholds would change: flags before and after, of everybody or of the largest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, get_args

from django.db import transaction

from agentry.accounts.models import Project
from analytics.customers import standing
from analytics.customers.one.address import page_of
from analytics.customers.state import EVENT
from analytics.customers.trend import Flag, Thresholds, Trend
from analytics.engines import postgres_standings as sql
from analytics.models import Standings

LARGEST = 2_000  # customers of a project that has too many to look at everybody
LISTED = 100  # changes that are named
FLAGS: tuple[Flag, ...] = get_args(Flag)


class Count(NamedTuple):
    flag: str
    before: int
    after: int

    @property
    def more(self) -> int:
        return self.after - self.before


class Change(NamedTuple):
    customer: str | None
    page: str
    before: Trend
    after: Trend


@dataclass(frozen=True)
class Comparison:
    """`compared` customers, all of them or the largest; `changes` are the largest of the `changed`."""

    compared: int
    all_compared: bool
    counts: list[Count]
    changed: int
    changes: list[Change]


def compare(project: Project, before: Thresholds, after: Thresholds) -> Comparison:
    """Flags of the customers that called within the horizon, as the page counts them."""
    now = datetime.now(UTC)
    since = now - timedelta(days=before.horizon)
    only = _largest(project)
    counts: tuple[Counter[Flag], Counter[Flag]] = (Counter(), Counter())
    found: list[tuple[int, Change]] = []
    with transaction.atomic():
        for piece in standing.judge(project, EVENT, now, [before, after], only):
            for each in piece:
                customer, last_at = each.row[0], each.row[-3]
                if last_at < since:
                    continue
                one, other = each.trends
                counts[0][one.flag] += 1
                counts[1][other.flag] += 1
                if one.flag != other.flag:
                    change = Change(customer, page_of(project, customer), one, other)
                    found.append((sum(each.row[-1] or ()), change))
    found.sort(key=lambda each: -each[0])
    return Comparison(
        compared=counts[0].total(),
        all_compared=only is None,
        counts=[Count(flag, counts[0][flag], counts[1][flag]) for flag in FLAGS],
        changed=len(found),
        changes=[change for _, change in found[:LISTED]],
    )


def _largest(project: Project) -> list[str] | None:
    """None: everybody can be looked at."""
    kept = Standings.objects.filter(project=project, event=EVENT, customers__gt=standing.MANY).first()
    return None if kept is None else sql.largest(project.pk, EVENT, LARGEST)
