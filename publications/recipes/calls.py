"""Recipes about calls: by endpoint, hour, status, version of the SDK, and how long they take."""

from __future__ import annotations

from agentry.accounts.models import Project
from publications.recipes.params import CUSTOMER, EVENT, Values, Whole, at_least, days, top
from publications.recipes.recipe import Recipe

KEPT = 90  # days: single events are kept for no longer, unless the server says so


def endpoint_split(project: Project, values: Values) -> str:
    return f"""{_largest(values)}select
    properties.customer_id as customer_id,
    properties.endpoint as endpoint,
    count() as total_calls,
    round(100 * count() / sum(count()) over (partition by customer_id), 1) as share_percent
from events
where {_window(values)}
    and {_whose(values)}
group by customer_id, endpoint
order by sum(count()) over (partition by customer_id) desc, customer_id, total_calls desc, endpoint
limit {values["endpoints"]} by customer_id"""


def hour_of_day(project: Project, values: Values) -> str:
    return f"""{_largest(values)}select
    properties.customer_id as customer_id,
    toHour(timestamp) as hour,
    count() as total_calls,
    round(100 * count() / sum(count()) over (partition by customer_id), 1) as share_percent
from events
where {_window(values)}
    and {_whose(values)}
group by customer_id, hour
order by sum(count()) over (partition by customer_id) desc, customer_id, hour"""


def error_rate(project: Project, values: Values) -> str:
    return f"""select
    properties.customer_id as customer_id,
    round(100 * countIf(properties.status >= 400) / count(), 2) as error_percent,
    countIf(properties.status >= 400 and properties.status < 500) as client_errors,
    countIf(properties.status >= 500) as server_errors,
    count() as total_calls
from events
where {_window(values)}
group by customer_id
having total_calls >= {values["minimum"]}
order by error_percent desc, total_calls desc, customer_id
limit {values["top"]}"""


def sdk_versions(project: Project, values: Values) -> str:
    return f"""select
    properties.sdk_version as sdk_version,
    count() as total_calls,
    round(100 * count() / sum(count()) over (), 1) as share_percent,
    uniq(properties.customer_id) as customers,
    max(timestamp) as last_seen_at
from events
where {_window(values)}{_of_customer(values)}
group by sdk_version
order by total_calls desc, sdk_version
limit {values["top"]}"""


def latency_by_endpoint(project: Project, values: Values) -> str:
    return f"""select
    properties.endpoint as endpoint,
    round(quantile(0.95)(properties.latency_ms), 1) as p95_ms,
    round(quantile(0.5)(properties.latency_ms), 1) as median_ms,
    round(quantile(0.99)(properties.latency_ms), 1) as p99_ms,
    round(avg(properties.latency_ms), 1) as mean_ms,
    count(properties.latency_ms) as timed_calls
from events
where {_window(values)}{_of_customer(values)}
    and properties.latency_ms is not null
group by endpoint
having timed_calls >= {max(1, values.number("minimum"))}
order by p95_ms desc, endpoint
limit {values["top"]}"""


def _window(values: Values) -> str:
    """Whole days, today so far among them: that is what rollups answer."""
    last = values.number("days") - 1
    since = f"today() - {last}" if last else "today()"
    return f"event = {values['event']} and timestamp >= {since} and timestamp < today() + 1"


def _of_customer(values: Values) -> str:
    return f"\n    and properties.customer_id = {values['customer']}" if values.has("customer") else ""


def _whose(values: Values) -> str:
    if values.has("customer"):
        return f"properties.customer_id = {values['customer']}"
    return "properties.customer_id in (select customer_id from largest)"


def _largest(values: Values) -> str:
    """The customers with the most calls of the window, as a name of WITH."""
    if values.has("customer"):
        return ""
    return f"""with largest as (
    select customer_id
    from usage
    where event = {values["event"]} and day > today() - {values["days"]} and day <= today()
        and customer_id is not null
    group by customer_id
    order by sum(calls) desc, customer_id
    limit {values["top"]}
)
"""


RECIPES = (
    Recipe(
        "endpoint_split",
        "Endpoint split",
        "Which endpoints the largest customers call, or one customer.",
        (
            days(30, KEPT),
            top(10, most=100),
            Whole("endpoints", "Endpoints of each", 10, 1, 100),
            CUSTOMER,
            EVENT,
        ),
        endpoint_split,
        chart="heat",
    ),
    Recipe(
        "hour_of_day",
        "Hour of day",
        "When the largest customers call, or one customer: bursty or steady? Hours are UTC.",
        (days(14, KEPT), top(5, most=50), CUSTOMER, EVENT),
        hour_of_day,
        chart="heat",
    ),
    Recipe(
        "error_rate",
        "Error rate",
        "Whose calls fail: 4xx and 5xx out of all calls.",
        (days(7, KEPT), at_least(100), top(50), EVENT),
        error_rate,
    ),
    Recipe(
        "sdk_versions",
        "SDK versions in use",
        "Which versions of your SDK still call, and how many customers use each.",
        (days(2, KEPT), top(50, "Versions"), CUSTOMER, EVENT),
        sdk_versions,
        slow=True,
        note="From the property sdk_version of single events: a long window takes its time.",
    ),
    Recipe(
        "latency_by_endpoint",
        "Latency by endpoint",
        "How long each endpoint takes: median, 95th and 99th percentile.",
        (days(2, KEPT), at_least(20, "Timed at least"), top(50, "Endpoints"), CUSTOMER, EVENT),
        latency_by_endpoint,
        slow=True,
        note="Exact percentiles of single events: a long window takes its time.",
    ),
)
