"""The customers page of a project with a million customers: only their rollups are made, not their events."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from agentry.accounts.models import Project
from analytics.customers import standing
from analytics.customers.state import EVENT
from analytics.models import Standings
from tests.bench.pages import Page, signed_in, timed, visited
from tests.bench.stack import Running, database
from tests.bench.table import Row

MILLION, QUICK = 1_000_000, 50_000
SLUG = "million"
VISIT_MS = 400
# Each customer calls on one day of each span, so that eight spans make 176 days; who has the number n calls
# about 1 / n of what the first does.
SPANS, SPAN_DAYS = 8, 22
DAYS = """
INSERT INTO usage_day (project_id, event, day, customer_id, first_at, last_at, calls,
                       latency_ms_count, bytes_count, latency_ms_sum, bytes_sum)
SELECT %(project)s, %(event)s, day, 'customer_' || number, day + time '09:00', day + time '17:30',
       1 + 500000 * random() / number, 0, 0, 0, 0
FROM (SELECT number, %(today)s::date - (%(from)s + abs(hashint8(number * 8 + %(span)s)) %% %(days)s) AS day
      FROM generate_series(1, %(customers)s) AS number) AS drawn
ORDER BY day
"""
HOURS = """
INSERT INTO usage_hour (project_id, event, "hour", customer_id, first_at, last_at, calls,
                        latency_ms_count, bytes_count, latency_ms_sum, bytes_sum)
SELECT project_id, event, day + time '09:00', customer_id, first_at, last_at, calls, 0, 0, 0, 0
FROM usage_day WHERE project_id = %(project)s
"""
PAGES = [
    Page("a million customers", ["customers", "customers?window=7", "customers?window=90"]),
    Page(
        "a million customers, sorted, searched, by flag, last",
        [
            "customers?sort=-change",
            "customers?sort=-trend&window=90",
            "customers?sort=-last",
            "customers?search=4711",
            "customers?flag=dropped",
            "customers?page=1000000",
            "customers?page=1000000&sort=change",
        ],
        True,
    ),
]


def measure(running: Running, full: bool) -> list[Row]:
    """A million customers if `full`, else some that are not judged."""
    project, new = Project.objects.get_or_create(team=running.team, name="Million", slug=SLUG)
    if new:
        with database() as connection:
            generate(connection, project.pk, MILLION if full else QUICK)
    standing.keep(Standings.objects.get_or_create(project=project, event=EVENT)[0])  # as the worker does
    session, root = signed_in(running), f"/t/{running.team.slug}/{SLUG}"
    return [timed(page, visited(running.port, session, root, page), VISIT_MS, full) for page in PAGES]


def generate(connection: psycopg.Connection, project_id: int, customers: int) -> None:
    values = {"project": project_id, "event": EVENT, "customers": customers, "days": SPAN_DAYS}
    values |= {"today": datetime.now(UTC).date()}
    for span in range(SPANS):
        connection.execute(DAYS, values | {"span": span, "from": span * SPAN_DAYS})
    connection.execute(HOURS, values)
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM (ANALYZE) usage_day, usage_hour")
