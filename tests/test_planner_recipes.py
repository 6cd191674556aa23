"""The questions of the recipes: answered from rollups, and as raw events answer them."""

from __future__ import annotations

import pytest

from agentry.accounts.models import Project
from tests.test_planner import answers, by_text, same, stored  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

RECIPES = {
    "split by endpoint": """
        select properties.customer_id as customer, properties.endpoint as endpoint, count() as calls,
               round(count() / sum(count()) over (partition by customer), 4) as share
        from events where event = 'api_request' and timestamp > now() - interval 30 day
        group by customer, endpoint order by customer, calls desc, endpoint""",
    "hour of day for the top five": """
        with top as (
            select properties.customer_id as customer from events where event = 'api_request'
            group by customer order by count() desc, customer limit 5)
        select properties.customer_id as customer, toHour(timestamp) as hour, count() as calls
        from events where event = 'api_request' and timestamp >= now() - interval 14 day
          and properties.customer_id in (select customer from top)
        group by customer, hour order by customer, hour""",
    "error rate": """
        select properties.customer_id as customer, count() as calls,
               countIf(properties.status >= 500) / count() as server_errors,
               countIf(properties.status between 400 and 499) as client_errors,
               avg(properties.status >= 400) as rate
        from events where timestamp >= now() - interval 7 day
        group by customer having calls > 2 order by rate desc, customer""",
    "changed from week to week": """
        select customer, this_week, last_week, this_week / last_week - 1 as change from (
            select properties.customer_id as customer,
                   countIf(timestamp >= now() - interval 7 day) as this_week,
                   countIf(timestamp >= now() - interval 14 day and timestamp < now() - interval 7 day)
                       as last_week
            from events where event = 'api_request' and timestamp >= now() - interval 14 day
            group by customer)
        where last_week > 0 and this_week < 1.5 * last_week order by change, customer""",
    "grown by more than 30 %": """
        with toStartOfMonth(now()) as month
        select properties.customer_id as customer,
               countIf(timestamp >= month) as this_month,
               countIf(timestamp < month and timestamp >= month - interval 1 month) as month_before,
               if(month_before = 0, null, this_month / month_before - 1) as growth
        from events where timestamp >= month - interval 1 month
        group by customer having growth > -0.9 order by customer""",
    "weekly deltas": """
        select customer, week, calls, calls - lag(calls) over (partition by customer order by week) as delta
        from (select properties.customer_id as customer, toStartOfWeek(timestamp, 1) as week, count() as calls
              from events group by customer, week) order by customer, week""",
    "sparkline arrays": """
        select customer, groupArray(calls) as spark, arraySum(groupArray(calls)) as total from (
            select properties.customer_id as customer, toDate(timestamp) as day, count() as calls
            from events where timestamp >= toStartOfDay(now()) - interval 13 day
            group by customer, day order by customer, day)
        group by customer order by customer""",
    "sparklines without gaps": """
        select customer, arrayMap(d -> ifNull(arrayFirst(p -> p.1 = d, pairs).2, 0), days) as spark from (
            select customer, groupArray((day, calls)) as pairs,
                   arrayMap(n -> toDate('2026-11-08') + n, range(14)) as days
            from (select properties.customer_id as customer, toDate(timestamp) as day, count() as calls
                  from events where timestamp >= toDate('2026-11-08') group by customer, day)
            group by customer) order by customer""",
    "active days": """
        select properties.customer_id as customer, uniq(toDate(timestamp)) as days,
               min(timestamp) as first, max(timestamp) as last, dateDiff('day', first, last) as span
        from events where event = 'api_request' group by customer order by customer""",
    "several conditional counts": """
        select count() as calls, countIf(properties.method = 'GET') as gets,
               countIf(properties.plan = 'pro' and properties.status < 400) as pro,
               sumIf(properties.bytes, properties.method = 'POST') as posted,
               uniqIf(properties.customer_id, properties.status >= 500) as hurt,
               maxIf(timestamp, properties.endpoint = '/a') as last_a
        from events where timestamp between now() - interval 20 day and now()""",
    "share of the total": """
        select properties.customer_id as customer, count() as calls,
               calls / (select count() from events where event = 'api_request') as share
        from events where event = 'api_request' group by customer order by calls desc, customer limit 10""",
    "top three endpoints of each customer": """
        select properties.customer_id as customer, properties.endpoint as endpoint, count() as calls
        from events group by customer, endpoint
        order by customer, calls desc, endpoint limit 3 by customer""",
    "this week beside last": """
        select a.customer as customer, a.calls as now_calls, b.calls as before_calls from (
            select properties.customer_id as customer, count() as calls from events
            where timestamp >= now() - interval 7 day group by customer) a
        left join (
            select properties.customer_id as customer, count() as calls from events
            where timestamp < now() - interval 7 day group by customer) b on a.customer = b.customer
        order by customer""",
    "status classes": """
        select intDiv(toInt(ifNull(properties.status, 0)), 100) * 100 as class, count() as calls
        from events group by class order by class""",
    "latency by endpoint": """
        select properties.endpoint as endpoint, avg(properties.latency_ms) as mean,
               sum(properties.latency_ms) / count(properties.latency_ms) as same
        from events group by endpoint order by endpoint""",
    "how busy each weekday is": """
        select toDayOfWeek(timestamp) as weekday, count() / uniq(toDate(timestamp)) as calls_a_day
        from events group by weekday order by weekday""",
    "new customers": """
        select toDate(first) as day, count() as new from (
            select properties.customer_id as customer, min(timestamp) as first from events group by customer)
        group by day order by day""",
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_answered_from_rollups(stored: Project, name: str) -> None:  # noqa: F811
    on, off, plan = answers(stored, RECIPES[name])
    assert all(part.levels != ("events",) for part in plan.parts), [part.reason for part in plan.parts]
    assert on and same(by_text(on), by_text(off)), (on, off)
