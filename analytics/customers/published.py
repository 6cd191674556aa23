"""What the customers page publishes: the rows it shows, asked anew whenever somebody opens the link."""

from __future__ import annotations

from datetime import timedelta

from analytics.customers import questions
from analytics.customers.questions import COLUMNS, Names
from analytics.customers.state import State
from analytics.customers.trend import THRESHOLDS
from analytics.customers.window import latest_beginning


def published(state: State, only: Names | None = None) -> str:
    """The page's rows in the page's order, with what a stranger needs to judge them.

    `daily_calls`, pairs of a day and its calls, are what the public page draws, and where they are all calls
    of a customer it says the trend by them; those that pass a filter are named `daily`.
    """
    change = questions.change(state, state.days)
    order = {"change": change, "trend": questions.change(state, questions.week(state))}
    by = order.get(state.sort, COLUMNS[state.sort])
    columns = f"""
    round(100 * {_comparable(state, change)}, 1) as change_percent,
    row_number() over ({questions.ordered_by(state, by)}) as rank"""
    ranked = questions.ranking(state, columns, by, only)
    head = f"with ranked as (\n{ranked}\n)\nselect\n    rank, "
    shown = "customer_id, total_calls, change_percent, active_days, last_call_at"
    today = state.window.today
    if state.window.last < today:
        return f"{head}{shown}\nfrom ranked\norder by rank"
    days = questions.details if state.detailed else questions.usage
    few = ["customer_id in (select customer_id from ranked)"]
    daily = "daily" if state.detailed else "daily_calls"
    return f"""{head}ranked.{shown}, {daily}
from ranked
left join (
    select customer_id, arraySort(groupArray((day, calls))) as {daily}
    from {days(state, today - timedelta(days=THRESHOLDS.horizon), today, few)}
    group by customer_id
) as days on days.customer_id = ranked.customer_id
order by rank"""


def _comparable(state: State, change: str) -> str:
    """NULL where the project began too late within the days before: as `Window.compares` has it."""
    first = f"select day from {questions.usage(state, state.window.before_first, state.window.last, [])}"
    began = f"({first}\n    order by day limit 1)"
    latest = latest_beginning(state.window.before_first, state.days)
    return f"if({began} <= {state.window.day(latest)}, {change}, null)"
