"""Recipes about customers: who calls most, who grows, who drops, who is new."""

from __future__ import annotations

from agentry.accounts.models import Project
from publications.recipes.params import EVENT, Values, Whole, at_least, days, top
from publications.recipes.recipe import Recipe


def top_customers(project: Project, values: Values) -> str:
    return f"""select
    customer_id,
    sum(calls) as total_calls,
    round(100 * sum(calls) / sum(sum(calls)) over (), 1) as share_percent,
    count() as active_days,
    max(last_call_at) as last_call_at
from usage
where event = {values["event"]} and day > today() - {values["days"]} and day <= today()
group by customer_id
order by total_calls desc, customer_id
limit {values["top"]}"""


def dropped(project: Project, values: Values) -> str:
    return _changed(
        values,
        "calls_before - calls_now as calls_lost",
        f"calls_now * 100 < calls_before * {100 - values.number('percent')}",
    )


def growing(project: Project, values: Values) -> str:
    return _changed(
        values,
        "calls_now - calls_before as calls_gained",
        f"calls_now * 100 > calls_before * {100 + values.number('percent')}",
    )


def _changed(values: Values, difference: str, condition: str) -> str:
    length = values.number("days")
    return f"""select
    customer_id,
    {difference},
    calls_before,
    calls_now,
    round(100 * (calls_now / calls_before - 1), 1) as change_percent,
    last_call_at
from (
    select
        customer_id,
        sumIf(calls, day >= today() - {length} and day < today()) as calls_now,
        sumIf(calls, day < today() - {length}) as calls_before,
        max(last_call_at) as last_call_at
    from usage
    where event = {values["event"]} and day >= today() - {2 * length} and day <= today()
    group by customer_id
)
where calls_before >= {max(1, values.number("minimum"))} and {condition}
order by {difference.rpartition(" ")[2]} desc, customer_id
limit {values["top"]}"""


def new_customers(project: Project, values: Values) -> str:
    return f"""select
    customer_id,
    sum(calls) as total_calls,
    count() as active_days,
    min(first_call_at) as first_call,
    max(last_call_at) as last_call
from usage
where event = {values["event"]} and day <= today()
group by customer_id
having min(day) > today() - {values["days"]} and total_calls >= {values["minimum"]}
order by first_call desc, customer_id
limit {values["top"]}"""


MORE = Whole("percent", "More than", 30, 1, 100_000, "% more")
LESS = Whole("percent", "More than", 50, 1, 99, "% less")
BEFORE = at_least(100, "Before at least")
RECIPES = (
    Recipe(
        "top_customers",
        "Top customers",
        "Who calls most, and which share of all calls is theirs.",
        (days(30), top(20), EVENT),
        top_customers,
    ),
    Recipe(
        "growing",
        "Growing customers",
        "Who calls far more than in as many days before: ready for a bigger plan.",
        (
            days(30),
            MORE,
            at_least(100, "Before at least"),
            top(50),
            EVENT,
        ),
        growing,
        note="Complete days against as many before; today is in neither.",
    ),
    Recipe(
        "dropped",
        "Dropped customers",
        "Who calls far less than in as many days before: the first sign of churn.",
        (
            days(7),
            LESS,
            at_least(100, "Before at least"),
            top(50),
            EVENT,
        ),
        dropped,
        note="Complete days against as many before; today is in neither.",
    ),
    Recipe(
        "new_customers",
        "New customers",
        "Who called for the first time, the latest first.",
        (days(30), at_least(1), top(100), EVENT),
        new_customers,
        note="The first call ever counted: totals by day are kept for 25 months.",
    ),
)
