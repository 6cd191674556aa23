"""The recipe of caps: who reaches the monthly cap, and when; the same days as on each customer's page."""

from __future__ import annotations

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics.customers.questions import literal
from analytics.models import Customer
from publications.recipes.params import EVENT, Values, top
from publications.recipes.recipe import Recipe

CAPS = 1_000  # in one question: the largest
# What the pace is made of: up to four whole weeks before today, as analytics/customers/one/runway.py has it.
RECENT = "day < today() and day >= today() - weeks * 7"


def cap_runway(project: Project, values: Values) -> str:
    """HogQL has no caps, so the project's stand in the question. Raises AgentryError 422 without any."""
    known = Customer.objects.filter(project=project, monthly_cap__gt=0)
    rows = known.order_by("-monthly_cap", "customer_id").values_list("customer_id", "monthly_cap")
    caps = list(rows[:CAPS])
    if not caps:
        message = "No customer of this project has a cap."
        hint = "Set a monthly cap on a customer's page, then look here again."
        raise AgentryError(422, "no_caps", message, hint)
    names = ", ".join(literal(name) for name, _ in caps)
    sizes = ", ".join(str(size) for _, size in caps)
    return f"""with
    [{names}] as customers,
    [{sizes}] as caps,
    toStartOfMonth(today()) as month,
    dateDiff('day', today(), addMonths(month, 1)) as days_left
select
    customer_id,
    round(100 * calls_this_month / monthly_cap, 1) as used_percent,
    calls_this_month,
    monthly_cap,
    if(span < 7, null, round(100 * (calls_this_month + arraySum(ahead)) / monthly_cap, 1))
        as month_end_percent,
    multiIf(
        calls_this_month >= monthly_cap, passed_on,
        span >= 7 and reached > 0, today() + toIntervalDay(reached - 1),
        null
    ) as cap_reached_on
from ({_ahead(values["event"], names)})
order by cap_reached_on, used_percent desc, customer_id
limit {values["top"]}"""


def _ahead(event: str, names: str) -> str:
    """Of each customer: the calls to expect on each day that is left of the month, today first."""
    return f"""
    select
        customer_id,
        caps[indexOf(customers, customer_id)] as monthly_cap,
        calls_this_month,
        passed_on,
        span,
        arrayMap(
            n -> greatest(0, weekly[toDayOfWeek(today() + n)] * 7 / span - if(n = 0, calls_today, 0)),
            range(days_left)
        ) as ahead,
        arrayFirstIndex(more -> calls_this_month + more >= monthly_cap, arrayCumSum(ahead)) as reached
    from ({_counted(event, names)})
"""


def _counted(event: str, names: str) -> str:
    """Of each customer: calls of the month, and of each weekday (Monday first) over `span` days; the day on
    which it passed its cap, if it did."""
    weekly = ",\n".join(
        f"                sumIf(calls, toDayOfWeek(day) = {number} and {RECENT})" for number in range(1, 8)
    )
    return f"""
        select
            customer_id,
            any(weeks) * 7 as span,
            sumIf(calls, day >= month) as calls_this_month,
            sumIf(calls, day = today()) as calls_today,
            minIf(day, month_so_far >= caps[indexOf(customers, customer_id)]) as passed_on,
            [
{weekly}
            ] as weekly
        from (
            select
                customer_id,
                day,
                calls,
                min(day) over (partition by customer_id) as first_day,
                sum(if(day >= month, calls, 0)) over (partition by customer_id order by day) as month_so_far,
                least(4, intDiv(dateDiff('day', first_day, today()), 7)) as weeks
            from usage
            where event = {event} and day <= today() and customer_id in ({names})
        )
        group by customer_id
    """


RECIPES = (
    Recipe(
        "cap_runway",
        "Cap runway",
        "Who has reached the monthly cap, or will at the pace of the last four weeks, and on which day.",
        (top(100), EVENT),
        cap_runway,
        note="The pace is the mean of each weekday over up to 28 complete days, as on a customer's page."
        " A publication keeps the caps of the day it was published.",
    ),
)
