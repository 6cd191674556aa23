"""How all customers of a project stand, kept for the page: everybody's flag, and the figures of many.

A task keeps them up to date for pages that are opened; how old they are is said wherever they show.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from agentry.accounts.models import Project
from analytics.customers import hourly, questions, thresholds
from analytics.customers.anew import TASK
from analytics.customers.state import EVENT, State
from analytics.customers.trend import THRESHOLDS, Flag, Thresholds, Trend, trend
from analytics.engines import postgres_figures as usage
from analytics.engines import postgres_standings as sql
from analytics.ingest.wake import tell
from analytics.models import Customer, Standings
from analytics.progress import complete_through

MANY = 10_000  # customers from which on the page shows kept figures, not only kept flags
FRESH = timedelta(minutes=10)  # older flags of a few customers are made anew instead
ASKED = timedelta(minutes=10)  # so often it is noted that somebody looks
LOOKED_AT = timedelta(days=1)  # so long after that they are kept up to date,
EVERY = timedelta(minutes=1)  # at most so often,
SHARE = 10  # and for a tenth of the time;
SELDOM = timedelta(hours=6)  # nobody looks: so often,
FORGOTTEN = timedelta(days=30)  # and no more after so long
HOURS_MOST = 5_000  # customers whose hours are looked at
BUSY = 1_000  # customers of yesterday: a project that should not wait for its first visitor
NAMED_MOST = 1_000  # customers that one question can name


@dataclass(frozen=True)
class Judged:
    """A customer and its flag by each of some thresholds; `shown` where its days alone show why."""

    row: tuple[Any, ...]
    trends: list[Trend]
    by_hours: bool


def of(project: Project, event: str) -> Standings | None:
    """The standings of a project, None while there are none; that somebody looks is noted."""
    now = timezone.now()
    kept, new = Standings.objects.get_or_create(project=project, event=event)
    if new or now - kept.asked_at > ASKED:
        Standings.objects.filter(pk=kept.pk).update(asked_at=now)
        tell(TASK)
    return kept if kept.as_of else None


def due(now: datetime) -> list[Standings]:
    """Whose turn it is, the longest overdue first."""
    found = []
    for kept in Standings.objects.select_related("project").filter(asked_at__gt=now - FORGOTTEN):
        age = now - kept.as_of if kept.as_of else FORGOTTEN
        pause = max(EVERY, SHARE * timedelta(milliseconds=kept.took_ms))
        if kept.outdated or age >= (pause if now - kept.asked_at < LOOKED_AT else SELDOM):
            found.append((age, kept))
    return [kept for _, kept in sorted(found, key=lambda each: each[0], reverse=True)]


def begin(now: datetime) -> None:
    """Make standings for projects that have calls, so that their first visitor need not wait."""
    for project in Project.objects.exclude(standings__event=EVENT):
        if usage.calls_of(project.pk, EVENT, now.date() - timedelta(days=1), BUSY) == BUSY:
            Standings.objects.get_or_create(project=project, event=EVENT)


def answers(kept: Standings | None, state: State) -> bool:
    """Whether the page shows kept figures: of many customers, in a window that they are kept for."""
    many = kept is not None and kept.as_of is not None and kept.customers > MANY
    return many and state.window.named in usage.WINDOWS and not state.detailed


def judges(kept: Standings | None, state: State) -> bool:
    """Whether flags are judged while the page is made: of few customers, who may have called since."""
    return not answers(kept, state) and (kept is None or kept.customers <= questions.WATCHED)


def is_fresh(kept: Standings, now: datetime) -> bool:
    assert kept.as_of is not None
    if kept.outdated:
        return kept.customers > MANY  # figures, too, are kept of so many: they are shown as of then
    if kept.customers > questions.WATCHED:
        return True
    return now - kept.as_of <= max(FRESH, 2 * SHARE * timedelta(milliseconds=kept.took_ms))


def keep(kept: Standings) -> bool:
    """Bring standings up to date; False if somebody else is at it."""
    started = time.monotonic()
    now = datetime.now(UTC)
    complete = complete_through(now)
    limits = [thresholds.of(kept.project)]
    with transaction.atomic():
        if not sql.claim(kept.pk):
            return False
        judged = judge(kept.project, kept.event, now, limits)
        sql.replace(kept.project_id, kept.event, ([_standing(each) for each in piece] for piece in judged))
        totals = _totals(kept, now.date())
        Standings.objects.filter(pk=kept.pk).update(
            totals=totals,
            customers=totals["90"]["customers"],
            as_of=now,
            complete_through=complete,
            took_ms=round((time.monotonic() - started) * 1000),
        )
    return True


def judge(
    project: Project,
    event: str,
    now: datetime,
    limits: Sequence[Thresholds],
    only: Sequence[str] | None = None,
) -> Iterator[list[Judged]]:
    """Everybody, or only these, by each of these thresholds, in pieces. Runs in a transaction."""
    today = now.date()
    days = [today - timedelta(days=ago) for ago in range(usage.HORIZON + 1)]
    caps = caps_of(project, event)
    left = HOURS_MOST
    least = min(each.quiet_hours for each in limits)
    for rows in usage.figures(project.pk, event, today, only):
        asked = [row[0] for row in rows if row[0] is not None and _hours_matter(row, now, least)][:left]
        left -= len(asked)
        hours = usage.hours(project.pk, event, hourly.since(now), asked) if asked else {}
        yield [_judged(row, now, days, limits, caps.get(row[0]), hours.get(row[0], [])) for row in rows]


def caps_of(project: Project, event: str) -> dict[str | None, int]:
    """The monthly caps of a project's customers: they are of its API calls."""
    if event != EVENT:
        return {}
    capped = Customer.objects.filter(project=project, monthly_cap__gt=0)
    return {each.customer_id: each.monthly_cap or 0 for each in capped.only("customer_id", "monthly_cap")}


def _hours_matter(row: tuple[Any, ...], now: datetime, least: int) -> bool:
    *_, last_at, agos, calls = row
    return hourly.worth_asking(zip(agos or (), calls or (), strict=True), last_at, now, least)


def _judged(
    row: tuple[Any, ...],
    now: datetime,
    days: list[date],
    limits: Sequence[Thresholds],
    cap: int | None,
    hours: list[datetime],
) -> Judged:
    *_, last_at, agos, calls = row
    pairs = [(days[ago], count) for ago, count in zip(agos or (), calls or (), strict=True)]
    trends = [trend(pairs, last_at, now, each, cap=cap, hours=hours) for each in limits]
    return Judged(row, trends, bool(hours) and trends[0] != trend(pairs, last_at, now, limits[0], cap=cap))


def _standing(each: Judged) -> sql.Standing:
    found = each.trends[0]
    return (*each.row[:-2], found.flag, found.reason if each.by_hours else None)


def _totals(kept: Standings, today: date) -> dict[str, Any]:
    since = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=THRESHOLDS.horizon)
    place = kept.project_id, kept.event
    found: dict[str, Any] = {"flags": sql.flags_since(*place, since)}
    for days in usage.WINDOWS:
        first = usage.first_day(*place, today - timedelta(days=2 * days)) or today
        sums, flags = sql.totals(*place, days), sql.flags(*place, days)
        found[str(days)] = sums | {"flags": flags, "first": first.isoformat()}
    return found


def trend_of(
    project: Project,
    event: str,
    customer: str | None,
    days: Mapping[date, int],
    last: datetime,
    now: datetime,
) -> Trend:
    """One customer's flag, the same as on the page of all."""
    kept = sql.reasons(project.pk, event, [customer]).get(customer)
    if kept is not None and kept[2] == last:
        return Trend(cast(Flag, kept[0]), kept[1])
    cap = caps_of(project, event).get(customer)
    return trend(days.items(), last, now, thresholds.of(project), cap=cap)


def counted(kept: Standings) -> Counter[Flag]:
    """The flags of all who have called within the horizon of trend."""
    return Counter(cast("dict[Flag, int]", kept.totals["flags"]))
