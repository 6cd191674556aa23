"""The walkthrough's two queries, word for word."""

from __future__ import annotations

TOP_20 = """
select
properties.customer_id as customer_id,
count() as total_calls,
count(distinct toDate(timestamp)) as active_days,
max(timestamp) as last_call_at
from events
where event = 'api_request' and timestamp > now() - interval 30 day
group by customer_id
order by total_calls desc
limit 20
"""
DAILY = """
select
properties.customer_id as customer_id,
toDate(timestamp) as day,
count() as calls
from events
where event = 'api_request'
and timestamp > now() - interval 30 day
and properties.customer_id in ('acme_corp', 'wayne_ent', 'stark_ind', 'umbrella_co', 'initech_llc')
group by customer_id, day
order by customer_id, day
"""
