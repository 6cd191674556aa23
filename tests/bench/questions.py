"""What is asked of Agentry and of ClickHouse over the same rows; `reach` is a share of ClickHouse's time."""

from __future__ import annotations

from dataclasses import dataclass

BY_DAY, BY_HOUR = 0.2, 0.7
TOP_20 = """
select properties.customer_id as customer_id, count() as total_calls,
       count(distinct toDate(timestamp)) as active_days, max(timestamp) as last_call_at
from events where event = 'api_request' and timestamp > now() - interval 30 day
group by customer_id order by total_calls desc limit 20
"""


@dataclass(frozen=True)
class Question:
    name: str
    hogql: str
    reach: float = BY_DAY


QUESTIONS = [
    Question("walkthrough top-20", TOP_20),
    Question(
        "walkthrough daily series",
        """
select properties.customer_id as customer_id, toDate(timestamp) as day, count() as calls
from events where event = 'api_request' and timestamp > now() - interval 30 day
  and properties.customer_id in ('acme_corp', 'wayne_ent', 'stark_ind', 'umbrella_co', 'initech_llc')
group by customer_id, day order by customer_id, day
""",
    ),
    Question(
        "one customer by endpoint",
        """
select properties.endpoint as endpoint, count() as calls
from events where properties.customer_id = 'acme_corp' and timestamp > now() - interval 30 day
group by endpoint order by calls desc, endpoint
""",
    ),
    Question(
        "error rate of each customer",
        """
select properties.customer_id as customer, count() as calls,
       countIf(properties.status >= 500) / count() as rate
from events where timestamp > now() - interval 30 day
group by customer order by rate desc, customer limit 50
""",
    ),
    Question(
        "dropped by half, 7 days to 7 days",
        """
select customer, this_week, last_week from (
    select properties.customer_id as customer, countIf(timestamp >= now() - interval 7 day) as this_week,
           countIf(timestamp < now() - interval 7 day) as last_week
    from events where timestamp >= now() - interval 14 day group by customer)
where this_week < 0.99 * last_week order by customer
""",
    ),
    Question(
        "grown by 30%, month to month",
        """
select customer, this_month, last_month, round(100 * (this_month / last_month - 1), 1) as percent from (
    select properties.customer_id as customer,
           countIf(timestamp >= toStartOfMonth(now())) as this_month,
           countIf(timestamp < toStartOfMonth(now())) as last_month
    from events where timestamp >= toStartOfMonth(now()) - interval 1 month group by customer)
where this_month > 1.3 * last_month order by percent desc, customer limit 100
""",
    ),
    Question(
        "active days, and customers by them",
        """
select days, count() as customers, sum(calls) as calls from (
    select properties.customer_id as customer, uniq(toDate(timestamp)) as days, count() as calls
    from events where timestamp > now() - interval 30 day group by customer)
group by days order by days
""",
    ),
    Question(
        "weekly deltas",
        """
select customer, week, calls, calls - lagInFrame(calls) over (partition by customer order by week) as delta
from (select properties.customer_id as customer, toMonday(timestamp) as week, count() as calls
      from events group by customer, week) order by customer, week limit 5000
""",
    ),
    Question(
        "sparkline arrays",
        """
select customer, groupArray(calls) as spark from (
    select properties.customer_id as customer, toDate(timestamp) as day, count() as calls
    from events where timestamp >= now() - interval 14 day group by customer, day order by customer, day)
group by customer order by customer
""",
    ),
    Question(
        "several conditional counts",
        """
select count() as calls, countIf(properties.method = 'GET') as gets,
       countIf(properties.plan = 'scale' and properties.status < 400) as scale,
       sumIf(properties.bytes, properties.method = 'POST') as posted,
       uniqExactIf(properties.customer_id, properties.status >= 500) as hurt
from events where timestamp > now() - interval 30 day
""",
    ),
    Question(
        "hour of day for the top five",
        """
select properties.customer_id as customer, toHour(timestamp) as hour, count() as calls
from events where timestamp > now() - interval 30 day and properties.customer_id in (
    select customer from (select properties.customer_id as customer, count() as n
                          from events group by customer order by n desc limit 5))
group by customer, hour order by customer, hour
""",
        BY_HOUR,
    ),
    Question(
        "endpoints by hour of day (hourly details)",
        """
select properties.endpoint as endpoint, toHour(timestamp) as hour, count() as calls
from events where event = 'api_request' and timestamp > now() - interval 30 day
group by endpoint, hour order by endpoint, hour
""",
        BY_HOUR,
    ),
]
